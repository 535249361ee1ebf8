"""Bulk writes: up to a thousand records are created, changed or deleted in one request, or none is."""

from typing import Any

import orjson
from django.db.models import Model, Prefetch, ProtectedError, Q, RestrictedError
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from claims.desk.roles import refused
from claims.models.lookup import find, key_column, keys_in
from claims.models.visibility import sight_of
from claims.rest.permissions import NotYours
from claims.rest.preconditions import ConditionMissing, Stale, version_in
from claims.rest.problems import Conflict
from claims.rest.views import RecordViewSet
from claims.rest.writing import MAX_ITEMS, MAX_PARTS, WriteBatch, checked_transaction


def _errors(found: dict[int, Any]) -> dict[str, Any]:
    return {"items": {str(place): detail for place, detail in found.items()}}


class BulkWrites(RecordViewSet):
    """A resource with bulk writes: the body is `{"items": […]}`, and each item is a body of the resource."""

    #: relations that the model's rules read, fetched for all records at once
    prefetched: tuple[str, ...] = ()

    @action(detail=False, methods=["post"])
    def bulk(self, *args: Any, **kwargs: Any) -> Response:
        """Creates up to 1,000 records: all, or none. Errors name their item: `items.3.text`."""
        return self.made(self._make)

    def _make(self, is_last: bool) -> Response:
        self.batch = batch = WriteBatch(self.body_serializer(), single=False)
        batch.read(self._items())
        self.sign(batch)
        batch.validate()
        batch.create(self.request.user)
        return self._shown(batch.records, status.HTTP_201_CREATED, is_last=is_last)

    @bulk.mapping.patch
    def bulk_change(self, *args: Any, **kwargs: Any) -> Response:
        """Changes up to 1,000 records: all, or none. Each item has the `id` and the `version` of its record."""
        with checked_transaction():
            records, bodies = self._locked("change", self._items())
            self.batch = batch = WriteBatch(self.body_serializer(partial=True), single=False)
            batch.read(bodies, records)
            self.sign(batch)
            batch.validate()
            batch.update(self.request.user)
            return self._shown(records, status.HTTP_200_OK)

    @extend_schema(responses={204: None})
    @bulk.mapping.delete
    def bulk_delete(self, *args: Any, **kwargs: Any) -> Response:
        """Deletes up to 1,000 records: all, or none. Each item has the `id` and the `version` of its record."""
        with checked_transaction():
            records, bodies = self._locked("delete", self._items())
            why = [ErrorDetail("Unknown field. Allowed: id, version.", "unknown")]
            more = {place: {name[:100]: why for name in body} for place, body in enumerate(bodies) if body}
            if more:
                raise ValidationError(_errors(more))
            try:
                self.get_queryset().filter(pk__in=[record.pk for record in records]).delete()
            except (ProtectedError, RestrictedError) as error:
                raise Conflict(_in_use(records, error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _items(self) -> list[Any]:
        """The bodies. Raises ValidationError (400)."""
        body = self.request.data
        if not isinstance(body, dict) or body.keys() != {"items"} or not isinstance(body["items"], list):
            detail = 'Give an object whose only member is the list “items”: {"items": [{…}, {…}]}.'
            raise ValidationError({"items": [ErrorDetail(detail, "not_a_list")]})
        items = body["items"]
        if not 1 <= len(items) <= MAX_ITEMS:
            raise ValidationError({"items": [ErrorDetail(f"Give 1 to {MAX_ITEMS} items.", "length")]})
        lists = (value for item in items if isinstance(item, dict) for value in item.values())
        if sum(len(value) for value in lists if isinstance(value, list)) > MAX_PARTS:
            detail = (
                f"The lists inside the items have more than {MAX_PARTS} entries in total. Send fewer items at once."
            )
            raise ValidationError({"items": [ErrorDetail(detail, "length")]})
        return items

    def _locked(self, verb: str, items: list[Any]) -> tuple[list[Any], list[Any]]:
        """The records that the items name, locked, and the items without `id` and `version`.

        Raises ValidationError (400), NotYours (403), ConditionMissing (428) or Stale (412), naming the faulty items.
        """
        keys, bodies, versions = [], [], []
        wrong: dict[int, Any] = {}
        for place, item in enumerate(items):
            try:
                body, version = version_in(item)
            except ValidationError as error:
                wrong[place], body, version = error.detail, item, None
            key = body.get("id") if isinstance(body, dict) else None
            if isinstance(key, bool) or not isinstance(key, int | str):
                wrong.setdefault(place, {"id": [ErrorDetail("Give the id of the record.", "required")]})
            keys.append(key)
            versions.append(version)
            bodies.append(
                {name: value for name, value in body.items() if name != "id"} if isinstance(body, dict) else {}
            )
        if wrong:
            raise ValidationError(_errors(wrong))
        found = self._find(keys)
        formerly = find(
            self.get_queryset().model, [key for key in keys if key not in found], sight_of(self.request.user)
        )
        renamed = {key: record.pk for key, record in formerly.items() if key not in formerly.others}
        if renamed:
            by_id = self._find([*renamed.values()])
            found |= {key: by_id[pk] for key, pk in renamed.items() if pk in by_id}
        seen = set()
        for place, key in enumerate(keys):
            if key not in found:
                wrong[place] = {"id": [ErrorDetail(formerly.unknown(key), "unknown")]}
            elif found[key].pk in seen:
                wrong[place] = {"id": [ErrorDetail("Another item names the same record.", "repeated")]}
            else:
                seen.add(found[key].pk)
        if wrong:
            raise ValidationError(_errors(wrong))
        records = [found[key] for key in keys]
        forbidden = refused(self.request.user, verb, records)
        if forbidden:
            raise NotYours({f"items.{place}": [why] for place, why in sorted(forbidden.items())})
        missing = [f"items.{place}" for place, version in enumerate(versions) if version is None]
        if missing:
            raise ConditionMissing(f"Each item needs the `version` that you read; it is missing in {_some(missing)}.")
        pairs = enumerate(zip(records, versions, strict=True))
        stale = [f"items.{place} (now version {r.version})" for place, (r, version) in pairs if r.version != version]
        if stale:
            raise Stale(detail=f"Changed since you read it: {_some(stale)}. Nothing was saved.")
        return records, bodies

    def _find(self, keys: list[Any]) -> dict[Any, Any]:
        """The records by these ids and slugs, locked in the order of their ids, so that two requests can't
        deadlock."""
        model = self.get_queryset().model
        ids, slugs = keys_in(model, keys)
        which = Q(pk__in=ids) | (Q(slug__in=slugs) if slugs else Q())
        rows = (
            self.get_queryset()
            .filter(which)
            .order_by("pk")
            .select_for_update(of=("self",), no_key=self.request.method == "PATCH")
        )
        found: dict[Any, Any] = {}
        for row in rows.prefetch_related(*(_without_long_texts(model, name) for name in self.prefetched)):
            found |= {row.pk: row, str(row.pk): row}
            if key_column(model) == "slug":
                found[row.slug] = row
        return found

    def _shown(self, records: list[Any], code: int, *, is_last: bool = False) -> Response:
        """The records as saved, in the order of the items."""
        ids = [record.pk for record in records]
        found = {row[0]: row[-1] for row in self.saved(ids, len(ids), is_last=is_last)}
        return Response(orjson.dumps({"results": [orjson.Fragment(found[pk]) for pk in ids]}), code)


def _without_long_texts(model: type[Model], name: str) -> Any:
    """What to prefetch for a relation, which may lead over several models."""
    other: Any = None if "__" in name else model._meta.get_field(name).related_model
    long = getattr(other, "long_columns", ())
    return Prefetch(name, other.objects.defer(*long)) if long else name


def _some(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _in_use(records: list[Any], error: ProtectedError | RestrictedError) -> str:
    """Which items are still in use, and by what."""
    users: Any = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
    place_of = {record.pk: place for place, record in enumerate(records)}
    model, used = type(records[0]), set()
    for user in users:
        for field in user._meta.concrete_fields:
            if field.is_relation and field.related_model is model and getattr(user, field.attname) in place_of:
                used.add((place_of[getattr(user, field.attname)], str(user._meta.verbose_name)))
    return f"Still in use: {_some([f'items.{place} by {by}' for place, by in sorted(used)])}. Nothing was deleted."
