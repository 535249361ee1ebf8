"""Addresses of the API that are none."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


@extend_schema(exclude=True)
class NotFoundView(APIView):
    """Answers 404 with a problem, whatever the method."""

    authentication_classes = ()
    permission_classes = ()
    http_method_names = APIView.http_method_names

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is nothing at this address; /api/v1/ lists what there is.")


not_found = NotFoundView.as_view()
