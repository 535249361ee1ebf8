"""Base classes of the models: identity, version, timestamps, history and slugs."""

import re
import uuid
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, TypeVar

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import Func
from django.db.models.functions import Now
from slugify import slugify

from claims.models.refusals import field_of
from claims.models.rules import SLUG_LENGTH
from claimsdb.postgresql.prepared import fetch_prepared

Model = TypeVar("Model", bound=models.Model)


def tracked(model: type[Model]) -> type[Model]:
    """Class decorator: keep the old row of every update and delete in `<model>event`, by statement-level triggers."""
    # without search vectors, which can be computed from the text again
    vectors = [f.name for f in model._meta.fields if isinstance(f, models.GeneratedField) and f.name == "search"]
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(row=pghistory.Old), exclude=vectors
    )(model)


class CurrentUser(Func):
    """The user of the current request, which pghistory sets for the transaction; null outside requests.

    It is a database function (migration 0001), so that every write records its user: forms, bulk writes and COPY.
    """

    function = "claims_writer"
    arity = 0
    output_field = models.IntegerField(null=True)


class Record(models.Model):
    """A row with a version, timestamps and the user who added it, all of which the database maintains."""

    id = models.BigAutoField(primary_key=True)
    version = models.PositiveIntegerField(db_default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    #: null if no user's request added the row: seeds, fixtures, commands
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_default=CurrentUser(),
        db_index=False,
        related_name="+",
    )

    #: columns with long texts, which are read only when they are needed
    long_columns: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, query: bool = True) -> None:
        """Fill in fields that are empty and follow from others, before the records are saved.

        With `query=False` no query is made; where the database would have to be consulted, the usual case is assumed.
        """

    def fill(self) -> None:
        self.fill_all([self])

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.fill()
        super().full_clean(*args, **kwargs)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill()
        super().save(*args, **kwargs)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raise ValidationError with each broken constraint under the field at fault, if there is one."""
        errors: dict[str, list[ValidationError]] = {}
        using = router.db_for_write(type(self), instance=self)
        for model, constraints in self.get_constraints():
            for constraint in constraints:
                try:
                    constraint.validate(model, self, exclude=set(exclude or ()), using=using)
                except ValidationError as error:
                    if hasattr(error, "error_dict"):
                        for field, found in error.error_dict.items():
                            errors.setdefault(field, []).extend(found)
                    else:
                        errors.setdefault(field_of(constraint), []).append(error)
        if errors:
            raise ValidationError(errors)


class Slugged(Record):
    """A record that users and seed files refer to by slug: unique, editable, generated from the text if empty."""

    slug = models.CharField(
        max_length=SLUG_LENGTH, blank=True, help_text="Stable name for URLs; generated from the text if left empty."
    )
    #: the field from which the slug is generated
    slug_from = "name"
    #: words that mean something else in the place of a slug in URLs
    reserved_slugs: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, query: bool = True) -> None:
        """Generate a slug for records that have none, with a number appended if another record has it.

        With `query=False` the slugs are assumed to be free; if one isn't, the database refuses the record.
        """
        wanted = [(record, cls._words(record)) for record in records if not record.slug]
        if not wanted:
            return
        taken = {record.slug for record in records} | cls.reserved_slugs
        if query:
            taken |= cls._beginning_with({words for _, words in wanted})
        for record, words in wanted:
            slug, number = words, 1
            while slug in taken:
                number += 1
                slug = f"{words}-{number}"
            record.slug = slug
            taken.add(slug)

    @classmethod
    def _beginning_with(cls, words: Collection[str]) -> set[str]:
        """Slugs of this model, current and former, that begin with one of `words`."""
        # a range rather than LIKE: “~” sorts after every character of a slug
        alike = "t.slug ~>=~ w AND t.slug ~<~ (w || '~')"
        former = "SELECT f.name AS slug FROM claims_formeraddress f WHERE f.kind = %s"
        tables = (f"{cls._meta.db_table} t ON", f"({former}) t ON")
        sql = " UNION ALL ".join(f"SELECT t.slug FROM unnest(%s::text[]) w JOIN {table} {alike}" for table in tables)
        return {slug for (slug,) in fetch_prepared(sql, [list(words), list(words), cls._meta.model_name])}

    @classmethod
    def formerly_of_others(cls, records: Sequence[Any]) -> set[int]:
        """Indexes of the records whose slug once named another record."""
        sql = (
            "SELECT n.place FROM unnest(%s::text[], %s::bigint[]) WITH ORDINALITY AS n (slug, id, place) "
            "JOIN claims_formeraddress f ON f.name = n.slug AND f.kind = %s "
            f"WHERE f.{cls._meta.model_name}_id IS DISTINCT FROM n.id AND f.former_id IS DISTINCT FROM n.id"
        )
        params = [[record.slug for record in records], [record.pk for record in records], cls._meta.model_name]
        return {place - 1 for (place,) in fetch_prepared(sql, params)}

    @classmethod
    def former_slug_message(cls) -> str:
        """The message for a slug that once named another record, the same as the trigger's."""
        return f"This slug once belonged to another {cls._meta.model_name} and is reserved for it; choose another."

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Also raise ValidationError for a slug that once named another record."""
        super().validate_constraints(exclude)
        if "slug" not in (exclude or ()) and self.formerly_of_others([self]):
            raise ValidationError({"slug": self.former_slug_message()})

    @classmethod
    def _words(cls, record: Any) -> str:
        words = slugify(getattr(record, cls.slug_from) or "", max_length=SLUG_LENGTH - 6, word_boundary=True)
        if re.search("[a-z]", words):
            return words
        return f"{cls._meta.model_name}-{words or uuid.uuid4().hex[:8]}"


def clean_no_cycle(record: models.Model, field: str) -> None:
    """Raise ValidationError if following `field` upwards from `record` leads back to it."""
    seen, above = {record.pk}, getattr(record, field)
    while above is not None:
        if above.pk is not None and above.pk in seen:
            raise ValidationError({field: f"“{field.replace('_', ' ')}” leads back to the record itself."})
        seen.add(above.pk)
        above = getattr(above, field)
