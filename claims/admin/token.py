"""Tokens: staff create and revoke their own; administrators see and revoke all."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from claims.accounts.tokens import DEFAULT_DAYS, MAX_DAYS, check_name, create_token
from claims.admin.base import RecordAdmin, RecordForm
from claims.desk.roles import sees_all
from claims.models import Token


class TokenForm(RecordForm):
    """A new token for the current user."""

    #: the owner of the token: always the current user
    user: AbstractBaseUser
    days = forms.IntegerField(
        label="Valid for", min_value=1, max_value=MAX_DAYS, initial=DEFAULT_DAYS, help_text="Number of days from now."
    )

    class Meta:
        model = Token
        fields = ["name"]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for the name of another token of the same user."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "name" in cleaned:
            check_name(self.user, cleaned["name"])
        return cleaned


@admin.register(Token)
class TokenAdmin(RecordAdmin):
    form = TokenForm
    list_display = ["name", "user", "prefix", "created", "expiry", "last_used"]
    list_display_links = None
    related = ("user",)
    ordering = ["-id"]
    search_fields = ["name", "user__username"]
    # Django's own history, since no trigger keeps old versions of tokens
    object_history_template = "admin/object_history.html"
    history_view = admin.ModelAdmin.history_view

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Token]:
        found = super().get_queryset(request)
        return found if sees_all(request.user, Token) else found.filter(user=request.user.pk)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Creating a token

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "days"] if obj is None else self.list_display

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create the token, and keep its secret on `obj` for the one page that shows it."""
        token, obj.secret = create_token(request.user, form.cleaned_data["name"], form.cleaned_data["days"])
        obj.pk, obj.user, obj.expiry = token.pk, token.user, token.expiry

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the token. It is not a message, since those are kept in a cookie or the session until shown.

        All pages of the admin have `Cache-Control: no-store`.
        """
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token “{obj}”",
            "opts": self.opts,
            "token": obj,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/claims/token/made.html", context)
