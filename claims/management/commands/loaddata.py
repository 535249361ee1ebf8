"""`loaddata` for fixtures that refer by natural key: references are looked up in memory, not one by one."""

from typing import Any

from django.core.management.commands import loaddata

from claims.models.querysets.keys import KeyIndex, indexed_keys


class Command(loaddata.Command):
    """Django's own command. The record that ships has 20,000 references; to ask for each takes ten times as long."""

    index: KeyIndex

    def loaddata(self, fixture_labels: Any) -> None:
        with indexed_keys() as self.index:
            super().loaddata(fixture_labels)

    def save_obj(self, obj: Any) -> bool:
        saved: bool = super().save_obj(obj)
        if saved:
            self.index.add(obj.object)
        return saved
