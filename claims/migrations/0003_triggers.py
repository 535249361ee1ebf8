"""Installs the triggers that the models declare: history, versions, and the rules that constraints can't state.

All at once, since an operation for each would render the models again for each: a minute of tests instead of seconds.
"""

from typing import Any

from django.db import migrations


def install(apps: Any, schema_editor: Any) -> None:
    for model in apps.get_app_config("claims").get_models():
        for trigger in getattr(model._meta, "triggers", ()):
            schema_editor.execute(trigger.install_sql, params=None)


def uninstall(apps: Any, schema_editor: Any) -> None:
    for model in apps.get_app_config("claims").get_models():
        for trigger in getattr(model._meta, "triggers", ()):
            schema_editor.execute(trigger.uninstall_sql, params=None)


class Migration(migrations.Migration):
    dependencies = [("claims", "0002_record")]

    operations = [migrations.RunPython(install, uninstall)]
