"""The roles of users. Permissions are in claims.desk.roles, visibility is in claims.models.visibility."""

from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db import connection


class Role(IntEnum):
    """Roles in ascending order; each includes the permissions of those below it."""

    #: disabled users, and unauthenticated ones if ANONYMOUS_READING is off
    OUTSIDER = 0
    ANONYMOUS = 1
    READER = 2
    CONTRIBUTOR = 3
    REVIEWER = 4
    ADMINISTRATOR = 5
    SUPERUSER = 6
    #: not a user: for fields that only the database or the application writes
    SYSTEM = 7


#: roles that are groups; a group's name is the role's in lowercase
GROUPS = (Role.READER, Role.CONTRIBUTOR, Role.REVIEWER, Role.ADMINISTRATOR)


def role_of(user: Any) -> Role:
    """The role of a user or anonymous visitor. One query per `user` object; none for anonymous users."""
    if not user.is_authenticated:
        return Role.ANONYMOUS if settings.ANONYMOUS_READING else Role.OUTSIDER
    if not user.is_active:
        return Role.OUTSIDER
    if user.is_superuser:
        return Role.SUPERUSER
    if not hasattr(user, "group_names"):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT g.name FROM auth_group g JOIN auth_user_groups m ON m.group_id = g.id WHERE m.user_id = %s",
                [user.pk],
            )
            user.group_names = [name for (name,) in cursor]
    return max((role for role in GROUPS if role.name.lower() in user.group_names), default=Role.READER)
