"""The roles that users have. What each may do is in claims.desk.roles; what each sees, in claims.models.visibility."""

from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db import connection


class Role(IntEnum):
    """Each role may do what those below it may."""

    #: disabled; or not signed in, where reading is closed (ANONYMOUS_READING)
    OUTSIDER = 0
    ANONYMOUS = 1
    READER = 2
    CONTRIBUTOR = 3
    REVIEWER = 4
    ADMINISTRATOR = 5
    SUPERUSER = 6
    #: no user: for what the database writes, or the application by itself
    SYSTEM = 7


#: The roles that are groups, by these names in lower case.
GROUPS = (Role.READER, Role.CONTRIBUTOR, Role.REVIEWER, Role.ADMINISTRATOR)


def role_of(user: Any) -> Role:
    """The role of a user, anonymous ones included. One query for each `user` object, and none for anonymous users."""
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
