"""Accounts: administrators create and deactivate them. They are never deleted, since the record refers to them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpRequest

from claims.admin.base import SplitDateTime
from claims.admin.rights import ByRole
from claims.desk.roles import GROUPS

admin.site.unregister([User, Group])


@admin.register(User)
class AccountAdmin(ByRole, UserAdmin):
    formfield_overrides = {models.DateTimeField: {"widget": SplitDateTime}}
    list_display = ["username", "email", "roles", "is_staff", "is_superuser", "is_active", "last_login"]
    list_filter = ["groups", "is_staff", "is_superuser", "is_active"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Group)
class RoleAdmin(ByRole, GroupAdmin):
    """Groups. Those of the roles are read-only: the code creates them and sets their permissions."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._own(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._own(obj) and super().has_delete_permission(request, obj)

    def _own(self, group: Group | None) -> bool:
        return group is None or group.name not in {role.name.lower() for role in GROUPS}
