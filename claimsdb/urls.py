"""The URLs of the site."""

from django.contrib import admin
from django.urls import include, path, re_path

from claims.public.favicon import favicon
from claims.public.home import home
from claims.rest.errors import not_found

urlpatterns = [
    path("", home, name="home"),
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("api/v1/", include("claims.api.urls")),
    re_path("^api(/|$)", not_found),
]
handler400 = "claims.rest.errors.bad_request"
handler500 = "claims.rest.errors.server_error"
