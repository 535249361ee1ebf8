"""The application, and what it sees to after each migration."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

#: pgtrigger asks this function in every trigger whether a setting of the session switches that trigger off, by way of
#: an exception caught: 0.5 ms a row. The rules of the record are never switched off.
ALWAYS_FIRE = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT false'
"""


def let_triggers_always_fire(using: str, **kwargs: Any) -> None:
    """Replaces what each migration with a trigger in it makes anew."""
    with connections[using].cursor() as cursor:
        cursor.execute(ALWAYS_FIRE)


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = "The record"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from claims.desk.roles import make_groups  # models can't be imported before

        post_migrate.connect(let_triggers_always_fire, sender=self)
        post_migrate.connect(make_groups, sender=self)
