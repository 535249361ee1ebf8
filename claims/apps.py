"""The application, and what it does after each `migrate`."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

#: Every pgtrigger trigger calls this function to see whether a session setting disables it. The original catches an
#: exception to find out, which costs 0.5 ms per row. claimsdb never disables its rules, so the answer is constant.
ALWAYS_FIRE = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT false'
"""


def let_triggers_always_fire(using: str, **kwargs: Any) -> None:
    """Replace pgtrigger’s function, which every migration with a trigger creates again."""
    with connections[using].cursor() as cursor:
        cursor.execute(ALWAYS_FIRE)


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = "The record"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from claims.desk.roles import make_groups  # models can't be imported earlier

        post_migrate.connect(let_triggers_always_fire, sender=self)
        post_migrate.connect(make_groups, sender=self)
