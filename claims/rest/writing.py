"""Write batches: the one body of a single write, or the thousand of a bulk write, by the same steps and statements."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from rest_framework import serializers

from claims.desk.releases import begin
from claims.desk.rewordings import WORDS, problems, reword, rewording_of
from claims.models import batches
from claims.models.base import Slugged
from claims.models.batches import Errors
from claims.models.spans import Span
from claims.rest.permissions import check_row_permissions
from claims.rest.problems import MAX_ERRORS, as_detail, count_errors
from claims.rest.serializers import Part, RecordSerializer
from claimsdb.postgresql.joined import Query

#: records per request
MAX_ITEMS = 1000
#: entries of all their lists (topics, names, assertions) in total
MAX_PARTS = 10_000


@contextmanager
def checked_transaction() -> Iterator[None]:
    """A transaction whose deferred constraints are checked when the block ends.

    The outermost one leaves that to its COMMIT. Raises IntegrityError.
    """
    inner = connection.in_atomic_block
    with transaction.atomic():
        yield
        if inner:
            connection.check_constraints()


@dataclass
class Item:
    """One body: its attributes, the stored record `before` (None for a new one), the `record` after, and its rows in
    other tables."""

    place: int
    attrs: dict[str, Any]
    before: Any
    record: Any
    parts: dict[str, list[Any]] = field(default_factory=dict)
    #: why the words of what a verdict was about change: `kind` and `reason`
    rewording: dict[str, str] | None = None


class WriteBatch:
    """Parses bodies with `serializer`, validates the records, and writes them.

    `read` and `validate` raise ValidationError (400), with errors by member for one body (`single`), by place and
    member (`items.3.text`) for several; after MAX_ERRORS they stop. `create` leaves its queries in `inserts`, to be
    executed in one round trip with what follows. If the database then refuses the write, `explain` raises all broken
    rules.
    """

    def __init__(self, serializer: RecordSerializer, *, single: bool) -> None:
        self.serializer, self.single = serializer, single
        self.model = serializer.Meta.model
        self.items: list[Item] = []
        #: the ids of new records, by place
        self.new_ids: list[int] = []
        self.inserts: list[Query] = []
        #: the parts that have rows in `inserts`
        self.filled: tuple[str, ...] = ()

    def read(self, bodies: Sequence[Any], records: Sequence[Any] | None = None) -> None:
        """Parses the bodies: changes to `records`, one each, or new records. Raises ValidationError (400)."""
        ids = [batches.new_ids(self.model, len(bodies))] if records is None else []
        for rows in self.serializer.look_up(bodies, ids):
            self.new_ids = [pk for (pk,) in rows]
        errors: dict[int, Any] = {}
        count = 0
        for place, body in enumerate(bodies):
            if count > MAX_ERRORS:
                break
            self.serializer.instance = records[place] if records is not None else None
            try:
                attrs = self.serializer.run_validation(body)
            except serializers.ValidationError as error:
                errors[place] = error.detail
                count += count_errors(error.detail)
                continue
            names = self.serializer.parts().keys() & attrs.keys()
            parts = {name: self.serializer.part_rows(name, attrs.pop(name)) for name in names}
            hidden, rewording = attrs.pop("in_preparation", None), attrs.pop("rewording", None)
            record = self.serializer.record_of(attrs)
            if records is None:
                begin(record, in_preparation=hidden)
            self.items.append(Item(place, attrs, self.serializer.instance, record, parts, rewording))
        self._refuse(errors)

    def validate(self, *, query: bool = True) -> None:
        """Validates the records, except for what the database enforces anyway. Raises ValidationError (400).

        With `query=False`, generated slugs are not checked for uniqueness either.
        """
        self.model.fill_all([item.record for item in self.items], query=query)
        if any(self._errors(thorough=False)):
            self.explain()

    def explain(self) -> None:
        """Raises ValidationError (400) with every rule that is broken, if there is one."""
        self._refuse({item.place: found for item, found in zip(self.items, self._errors(), strict=True) if found})

    def _errors(self, *, thorough: bool = True) -> list[dict[str, Any]]:
        """The errors of each item. `thorough`: include check constraints, and slugs that were once another record's."""
        records = [item.record for item in self.items]
        found = _of_records(self.model, records, self.serializer.set_after_validation, thorough=thorough)
        given = [i for i, item in enumerate(self.items) if "slug" in item.attrs or not issubclass(self.model, Slugged)]
        for errors, taken in zip(found, batches.taken(self.model, records, given), strict=True):
            _add(errors, taken)
        if thorough or any(item.rewording is not None for item in self.items):
            for errors, unexplained in zip(found, self._unexplained(), strict=True):
                for name, why in unexplained.items():
                    _add(errors, {name: [DjangoValidationError(why, code="rewording")]})
        if thorough and issubclass(self.model, Slugged):
            for place in self.model.formerly_of_others(records):
                _add(found[place], {"slug": [DjangoValidationError(self.model.former_slug_message(), code="unique")]})
        answers = [as_detail(DjangoValidationError(errors)) if errors else {} for errors in found]
        for name, part in self.serializer.parts().items():
            if not part.is_checked:
                continue
            places = [(i, place) for i, item in enumerate(self.items) for place in range(len(item.parts.get(name, ())))]
            all_rows = [self.items[i].parts[name][place] for i, place in places]
            wrong = _of_records(part.model, all_rows, {part.parent}, thorough=thorough)
            of_items = [batches.repeated(part.model, item.parts.get(name, ()), part.parent) for item in self.items]
            twice = [errors for found in of_items for errors in found]
            for (i, place), errors, again in zip(places, wrong, twice, strict=True):
                _add(errors, again)
                if errors:
                    answers[i].setdefault(name, {})[str(place)] = as_detail(DjangoValidationError(errors))
        return answers

    def _refuse(self, errors: dict[int, Any]) -> None:
        if not errors:
            return
        if self.single:
            raise serializers.ValidationError(errors[0])
        raise serializers.ValidationError({"items": {str(place): detail for place, detail in errors.items()}})

    @property
    def records(self) -> list[Any]:
        return [item.record for item in self.items]

    def create(self, user: Any) -> None:
        """Makes the queries that insert the records and the rows of their parts, with `user` as their creator."""
        for item in self.items:
            item.record.pk = self.new_ids[item.place]
        self.inserts = [batches.inserting(self.model, self.records, user.pk, with_ids=True)]
        for name, part in self.serializer.parts().items():
            rows = []
            for item in self.items:
                for row in item.parts.get(name, ()):
                    setattr(row, part.parent, item.record)
                    rows.append(row)
            part.model.fill_all(rows)
            if rows:
                self.inserts.append(batches.inserting(part.model, rows, user.pk))
                self.filled += (name,)

    def is_generated_slug_taken(self, error: IntegrityError) -> bool:
        """Whether the database refused a generated slug because another write used it first."""
        diag = getattr(error.__cause__, "diag", None)
        name = self.model._meta.model_name
        if diag is None or diag.constraint_name not in (f"{name}_slug_unique", f"{name}_slug_former"):
            return False
        generated = (item.record.slug for item in self.items if not item.attrs.get("slug"))
        return any(f"=({slug})" in diag.message_detail for slug in generated)

    def update(self, user: Any) -> None:
        """Writes what has changed. A changed list counts as a change of its record.

        Raises NotYours (403) if the user may not change or delete a row of a list.
        """
        self._reword()
        touched: set[int] = set()
        for name, part in self.serializer.parts().items():
            touched |= self._replace(name, part, user)
        # an UPDATE that sets a unique column, even to its old value, waits for all writes that refer to the record
        same = issubclass(self.model, Slugged) and all(item.before.slug == item.record.slug for item in self.items)
        batches.update(self.model, self.records, touched, kept=("slug",) if same else ())

    def _reword(self) -> None:
        """Records the reasons for changes of what published verdicts were about."""
        reword([rewording_of(item.record, **item.rewording) for item in self.items if item.rewording is not None])

    def _unexplained(self) -> list[dict[str, str]]:
        """For each changed item, what is wrong with its `rewording` or is missing it."""
        changes = [(item.before, item.record, item.rewording is not None) for item in self.items]
        is_asked = self.model in WORDS and all(before is not None for before, *_ in changes)
        return problems(changes) if is_asked else [{}] * len(changes)

    def _replace(self, name: str, part: Part, user: Any) -> set[int]:
        """Replaces each list by that in its body; unchanged rows are not written. Returns the ids of the records whose
        list changed."""
        items = {item.record.pk: item for item in self.items if name in item.parts}
        if not items:
            return set()
        rows = part.model._default_manager.filter(**{f"{part.parent}__in": list(items)})
        stored = {(getattr(row, f"{part.parent}_id"), *part.key_of(row)): row for row in rows}
        new, other = [], []
        for pk, item in items.items():
            for row in item.parts[name]:
                setattr(row, part.parent, item.record)
                old = stored.pop((pk, *part.key_of(row)), None)
                if old is None:
                    new.append(row)
                elif any(getattr(old, value) != getattr(row, value) for value in part.values):
                    for value in part.values:
                        setattr(old, value, getattr(row, value))
                    other.append(old)
        check_row_permissions(self.serializer, name, "delete", list(stored.values()))
        if part.is_checked:  # in other lists only positions change, which needs no permission
            check_row_permissions(self.serializer, name, "change", other)
        if stored:
            part.model._default_manager.filter(pk__in=[row.pk for row in stored.values()]).delete()
        batches.update(part.model, other)
        batches.insert(part.model, new, user.pk)
        return {getattr(row, f"{part.parent}_id") for row in [*stored.values(), *new, *other]}


def _of_records(model: type[Model], records: Sequence[Any], exclude: Iterable[str], *, thorough: bool) -> list[Errors]:
    """The errors of each record from its fields and `clean()` and, if `thorough`, its check constraints."""
    broken: Sequence[Errors] = batches.broken_rules(model, records) if thorough else [{}] * len(records)
    references = {f.name for f in model._meta.fields if f.is_relation}
    if issubclass(model, Span):
        model.read_all_words(records)
    found: list[Errors] = []
    count = 0
    for record, rules in zip(records, broken, strict=True):
        errors: Errors = {}
        found.append(errors)
        if count > MAX_ERRORS:
            continue
        for clean in (lambda r=record: r.clean_fields(exclude={*exclude, *references}), record.clean):
            _add(errors, _raised(clean))
        _add(errors, rules)
        count += len(errors)
    return found


def _raised(clean: Callable[[], None]) -> Errors:
    try:
        clean()
    except DjangoValidationError as error:
        return error.update_error_dict({})
    return {}


def _add(errors: Errors, more: Errors) -> None:
    """Adds the errors of further fields; per field, the first error is enough."""
    for name, messages in more.items():
        if name == NON_FIELD_ERRORS:
            errors.setdefault(name, []).extend(messages)
        else:
            errors.setdefault(name, messages)
