"""Permissions of the API: applies the table in claims.desk.roles to methods, records and members of bodies."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from claims.desk.roles import Role, locked_fields, refusal, refused, role_of

VERB_OF = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
#: the verbs of actions, whatever their method. Contributors, who prepare records, can ask what a release would do
ACTIONS = {
    "merge": "merge",
    "release": "add",
    "do_release": "release",
    "withhold": "release",
    "submit": "submit",
    "send_back": "return",
    "publish": "publish",
    "withdraw": "withdraw",
}
#: actions that change a record, and so need a precondition
CHANGES = frozenset(ACTIONS) - {"release"}


class NotYours(exceptions.PermissionDenied):
    """403, with an entry for each member of the body that the user may not write."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {reasons[0]}" for name, reasons in list(errors.items())[:3]))
        self.errors = {
            name: [exceptions.ErrorDetail(reason, "permission_denied") for reason in reasons]
            for name, reasons in errors.items()
        }


def verb_of(request: Request, view: Any) -> str:
    return ACTIONS.get(getattr(view, "action", None) or "") or VERB_OF.get(str(request.method), "view")


class RolePermission(BasePermission):
    """Refuses unauthenticated requests with 401, all others with 403 and the reason."""

    def has_permission(self, request: Request, view: Any) -> bool:
        meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
        method = None if request.method is None else request.method.lower()
        has_method = method is None or (method in view.http_method_names and hasattr(view, method))
        if meta is None or not has_method:
            # a page about the API, or an unsupported method: a 405 only for users who can read
            return role_of(request.user) > Role.OUTSIDER
        return self._allows(request, view, meta.model)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return self._allows(request, view, obj)

    def _allows(self, request: Request, view: Any, what: Any) -> bool:
        self.message = refusal(request.user, verb_of(request, view), what)
        return self.message is None


def locked_in(serializer: Any) -> frozenset[str]:
    """The fields of a serializer's record that the user may not write."""
    request = serializer.context.get("request")
    return locked_fields(request.user, serializer.Meta.model, serializer.instance) if request else frozenset()


def check_body(serializer: Any, data: Any) -> None:
    """Raises NotYours (403) if a body adds rows that the user may not add, or names fields locked for them.

    Read-only fields have nothing to do with roles: the serializer itself refuses them (400).
    """
    request = serializer.context.get("request")
    if request is None or not isinstance(data, Mapping):
        return
    if serializer.root is not serializer:
        why = refusal(request.user, "add", serializer.Meta.model)
        if why is not None:
            raise NotYours({serializer.parent.field_name: [why]})
    fields = serializer.fields
    named = [name for name in locked_in(serializer) if name in data and name in fields and not fields[name].read_only]
    if named:
        raise NotYours({name: ["Your role may not set this field. Leave it out."] for name in sorted(named)})


def check_row_permissions(serializer: Any, field: str, verb: str, rows: Sequence[Model] | QuerySet[Any]) -> None:
    """Raises NotYours (403) if the user may not do this to some of the rows of the list that `field` writes."""
    request = serializer.context.get("request")
    reasons = refused(request.user, verb, rows) if request else {}
    if reasons:
        raise NotYours({field: [f"“{rows[at]}”: {reason}" for at, reason in sorted(reasons.items())]})
