"""The measured URLs."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bench.stock.views import ActorViewSet, ClaimViewSet

router = SimpleRouter()
router.register("claims", ClaimViewSet, "claim")
router.register("actors", ActorViewSet, "actor")

urlpatterns = [path("api/v1/", include(router.urls))]
