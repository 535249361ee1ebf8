"""Tokens, with which programs sign in. Users create and revoke their own; administrators can revoke all."""

from collections.abc import Mapping
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from claims.accounts.tokens import DEFAULT_DAYS, MAX_DAYS, create_token
from claims.desk.roles import sees_all
from claims.models import Token
from claims.models.lookup import MAX_ID, unknown
from claims.models.visibility import Sight, sight_of
from claims.rest.authentication import HashedTokenAuthentication, PasswordAuthentication
from claims.rest.filters import RecordFilterSet, refuse_unknown
from claims.rest.listings import Listing
from claims.rest.orders import Order
from claims.rest.pages import KeysetPagination
from claims.rest.strict import StrictSerializer


class TokenSerializer(serializers.ModelSerializer[Token]):
    """A token, without the token itself, which is not stored."""

    user = serializers.CharField(source="user.username", read_only=True)
    prefix = serializers.CharField(read_only=True, help_text="The first characters of the token, to recognise it by.")

    class Meta:
        model = Token
        fields = ["id", "name", "user", "prefix", "created", "expiry", "last_used"]
        read_only_fields = fields


class NewTokenSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100, help_text="What it is for; unique per user.")
    days = serializers.IntegerField(
        min_value=1, max_value=MAX_DAYS, default=DEFAULT_DAYS, help_text="How many days it is valid."
    )


class MadeTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True, help_text="The token itself, shown only now.")

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class TokenFilterSet(RecordFilterSet):
    user = filters.CharFilter(field_name="user__username", max_length=150, label="The username.")

    class Meta:
        model = Token
        fields: list[str] = []


def _tokens(values: Mapping[str, Any]) -> QuerySet[Token]:
    """The tokens that match the filters, and of `owner` only if that is given."""
    filtered = {name: value for name, value in values.items() if name != "owner"}
    tokens = TokenFilterSet.narrow(Token.objects.all(), filtered, Sight())
    return tokens.filter(user=values["owner"]) if "owner" in values else tokens


class TokenViewSet(viewsets.GenericViewSet[Token]):
    permission_classes = [IsAuthenticated]
    serializer_class = TokenSerializer
    filterset_class = TokenFilterSet

    def get_authenticators(self) -> list[Any]:
        """Name and password are accepted only to create a token."""
        by_password = [PasswordAuthentication()] if getattr(self.request, "method", None) == "POST" else []
        return [HashedTokenAuthentication(), *by_password, SessionAuthentication()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        lists = self.action == "list"
        refuse_unknown(request, [*KeysetPagination.parameters, *TokenFilterSet.base_filters] if lists else [])

    def get_queryset(self) -> QuerySet[Token]:
        return _tokens(self._own()).select_related("user")

    def _own(self) -> dict[str, Any]:
        return {} if sees_all(self.request.user, Token) else {"owner": self.request.user.pk}

    def get_object(self) -> Token:
        """The token of the URL. Raises Http404, also for other users' tokens."""
        key = self.kwargs["key"]
        token = self.get_queryset().filter(pk=key).first() if key <= MAX_ID else None
        if token is None:
            raise Http404(unknown(Token, key))
        return token

    def get_orders(self) -> dict[str, Order]:
        return {"newest": Order((), descending=True), "oldest": Order(())}

    def list(self, request: Request) -> Response:
        """Your own tokens; for administrators, those of all users."""
        values = TokenFilterSet.read(request.query_params, sight_of(request.user)) | self._own()
        pages: Any = self.paginator
        ids = pages.ids(request, Listing(Token, _tokens, values, self.get_orders(), default_order="newest"))
        found = self.get_queryset().in_bulk(ids)
        rows = TokenSerializer([found[pk] for pk in ids if pk in found], many=True).data
        return pages.get_paginated_response(rows)

    def retrieve(self, request: Request, key: int) -> Response:
        """One token, without the token itself."""
        return Response(TokenSerializer(self.get_object()).data)

    @extend_schema(
        request=NewTokenSerializer,
        responses={201: MadeTokenSerializer},
        parameters=[OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201], description="Its URL.")],
    )
    def create(self, request: Request) -> Response:
        """Creates a token for yourself. Authenticate by another token, a session, or name and password (HTTP Basic)."""
        if "HTTP_IDEMPOTENCY_KEY" in request.META:
            message = "Not supported here: the response contains a secret, so it is not stored. Leave the header out."
            raise ValidationError({"Idempotency-Key": [ErrorDetail(message, "not_taken")]})
        body = NewTokenSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        token, secret = create_token(request.user, **body.validated_data)
        token.token = secret
        address = request.build_absolute_uri(reverse("api:tokens-detail", args=[token.pk]))
        headers = {"Location": address, "Cache-Control": "no-store"}
        return Response(MadeTokenSerializer(token).data, status.HTTP_201_CREATED, headers=headers)

    def destroy(self, request: Request, key: int) -> Response:
        """Revokes a token at once."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
