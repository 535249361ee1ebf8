"""The whole URL map."""

from django.contrib import admin
from django.urls import path

from claimsdb.health import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health", health),
]
