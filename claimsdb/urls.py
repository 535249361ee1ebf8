"""The whole URL map."""

from django.contrib import admin
from django.urls import include, path

from claims.views import home

urlpatterns = [
    path("", home, name="home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("claims.api.urls")),
]
handler400 = "claims.api.root.bad_request"
handler404 = "claims.api.root.page_not_found"
handler500 = "claims.api.root.server_error"
