"""Natural keys, by which fixtures and seeds refer to rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

Key = tuple[Any, ...]
Model = type[models.Model]
#: instead of an id, if several rows have the key
_SEVERAL = object()


class KeyIndex:
    """Ids of rows by natural key, read once per model, so that a load needs no query for each reference."""

    def __init__(self) -> None:
        self._ids: dict[Model, dict[Key, Any]] = {}
        self._keys: dict[Model, dict[Any, Key]] = {}

    def id_of(self, model: Model, key: Key) -> Any:
        """The id of the row with this key. Raises DoesNotExist."""
        try:
            pk = self._read(model)[key]
        except KeyError:
            raise model.DoesNotExist(f"{model._meta.verbose_name} {key}") from None  # type: ignore[attr-defined]
        if pk is _SEVERAL:
            message = f"Several rows are {model._meta.verbose_name} {key}: drafts of verdicts have no key of their own."
            raise model.MultipleObjectsReturned(message)  # type: ignore[attr-defined]
        return pk

    def add(self, row: models.Model) -> None:
        """Add a row that was saved."""
        model = type(row)
        self._read(model)
        self._note(model, row.pk, tuple(self.value(row, path) for path in _paths(model)))

    def _read(self, model: Model) -> dict[Key, Any]:
        if model not in self._ids:
            self._ids[model], self._keys[model] = {}, {}
            for pk, *key in model._default_manager.order_by().values_list("pk", *_paths(model)):
                self._note(model, pk, tuple(key))
        return self._ids[model]

    def _note(self, model: Model, pk: Any, key: Key) -> None:
        ids, before = self._ids[model], self._keys[model].get(pk)
        if before is not None and ids.get(before) == pk:
            del ids[before]
        ids[key] = pk if ids.get(key, pk) == pk else _SEVERAL
        self._keys[model][pk] = key

    def value(self, row: models.Model, path: str) -> Any:
        """The value at the end of a path such as `snapshot__source__slug`, without a query."""
        first, _, rest = path.partition("__")
        field: Any = row._meta.get_field(first)
        value = getattr(row, field.attname)
        if not rest or value is None:
            return value
        self._read(field.related_model)
        return self._keys[field.related_model][value][_paths(field.related_model).index(rest)]


_index: ContextVar[KeyIndex | None] = ContextVar("key_index", default=None)


@contextmanager
def indexed_keys() -> Iterator[KeyIndex]:
    """Within this context, natural keys are looked up in an index instead of the database."""
    token = _index.set(KeyIndex())
    try:
        yield _index.get()  # type: ignore[misc]
    finally:
        _index.reset(token)


def find_indexed(model: Model, key: Key) -> Any | None:
    """Within `indexed_keys()`, an instance with only its id; otherwise None. Raises DoesNotExist."""
    index = _index.get()
    return None if index is None else model(pk=index.id_of(model, key))


def key_of(row: models.Model) -> Key:
    """The natural key of a row: the values at the end of its paths."""
    index = _index.get()
    return tuple(index.value(row, path) if index else _follow(row, path) for path in _paths(type(row)))


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = None if row is None else getattr(row, name)
    return row


def _paths(model: Model) -> tuple[str, ...]:
    keyed: Any = model._default_manager.all()
    return keyed.key
