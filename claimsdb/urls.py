"""The whole URL map."""

from django.contrib import admin
from django.urls import include, path, re_path

from claims.api.root import not_found
from claims.views import home

urlpatterns = [
    path("", home, name="home"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("claims.api.urls")),
    re_path("^api(/|$)", not_found),
]
handler400 = "claims.api.root.bad_request"
handler500 = "claims.api.root.server_error"
