"""What every record has: identity, version, dates, history; and the fields that several of them share."""

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
    """Keeps the old row of every change and deletion in `<model>event`, by statement-level triggers."""
    # search vectors are left out: the words kept beside them give them again
    vectors = [f.name for f in model._meta.fields if isinstance(f, models.GeneratedField) and f.name == "search"]
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(row=pghistory.Old), exclude=vectors
    )(model)


class CurrentUser(Func):
    """Who writes: the user of the request that pghistory told the database of, for this transaction; else null.

    A function of the database (migration 0001), so that each writer is on record: forms, bulk writes and COPY alike.
    """

    function = "claims_writer"
    arity = 0
    output_field = models.IntegerField(null=True)


class Record(models.Model):
    """A row of the record. `version` and `updated_at` are kept by a trigger, whoever writes; so is who added it."""

    id = models.BigAutoField(primary_key=True)
    version = models.PositiveIntegerField(db_default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    #: null for what no user's request wrote: seeds, fixtures, commands
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

    class Meta:
        abstract = True

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, query: bool = True) -> None:
        """Sets what is missing in records of this model and follows from the rest, before they are saved.

        With `query=False` nothing is looked up: what only the database knows is taken to be as it mostly is.
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
        """Raises ValidationError with each broken constraint under the field at fault, where it has one."""
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
    """A record that people and seeds refer to by slug: unique, made from its words when left empty, editable."""

    slug = models.CharField(
        max_length=SLUG_LENGTH, blank=True, help_text="Stable name in addresses; made from the words when left empty."
    )
    #: the field whose words make the slug
    slug_from = "name"
    #: what stands for something else where a slug could stand in an address
    reserved_slugs: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, query: bool = True) -> None:
        """Makes a slug from the words for those that have none, with a number behind it if another record has it.

        With `query=False` the words are taken to be free; where they aren't, the database refuses the record.
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
        """The slugs of this model, former ones too, that begin with one of `words`."""
        # what lies between the words and the words with a tilde begins with them: no character of a slug is behind it
        alike = "t.slug ~>=~ w AND t.slug ~<~ (w || '~')"
        former = "SELECT f.name AS slug FROM claims_formeraddress f WHERE f.kind = %s"
        tables = (f"{cls._meta.db_table} t ON", f"({former}) t ON")
        sql = " UNION ALL ".join(f"SELECT t.slug FROM unnest(%s::text[]) w JOIN {table} {alike}" for table in tables)
        return {slug for (slug,) in fetch_prepared(sql, [list(words), list(words), cls._meta.model_name])}

    @classmethod
    def once_of_others(cls, records: Sequence[Any]) -> set[int]:
        """The places of records whose slug once named another record."""
        sql = (
            "SELECT n.place FROM unnest(%s::text[], %s::bigint[]) WITH ORDINALITY AS n (slug, id, place) "
            "JOIN claims_formeraddress f ON f.name = n.slug AND f.kind = %s "
            f"WHERE f.{cls._meta.model_name}_id IS DISTINCT FROM n.id AND f.former_id IS DISTINCT FROM n.id"
        )
        asked = [[record.slug for record in records], [record.pk for record in records], cls._meta.model_name]
        return {place - 1 for (place,) in fetch_prepared(sql, asked)}

    @classmethod
    def once_of_another(cls) -> str:
        """The sentence for a slug that once named another record, as the database says it."""
        return f"This slug once named another {cls._meta.model_name} and is kept for its address; choose another."

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raises ValidationError for a slug that once named another record as well."""
        super().validate_constraints(exclude)
        if "slug" not in (exclude or ()) and self.once_of_others([self]):
            raise ValidationError({"slug": self.once_of_another()})

    @classmethod
    def _words(cls, record: Any) -> str:
        words = slugify(getattr(record, cls.slug_from) or "", max_length=SLUG_LENGTH - 6, word_boundary=True)
        if re.search("[a-z]", words):
            return words
        return f"{cls._meta.model_name}-{words or uuid.uuid4().hex[:8]}"


def clean_no_cycle(record: models.Model, field: str) -> None:
    """Raises ValidationError if following `field` upwards from `record` leads back to it."""
    seen, above = {record.pk}, getattr(record, field)
    while above is not None:
        if above.pk is not None and above.pk in seen:
            raise ValidationError({field: f"“{field.replace('_', ' ')}” leads back to the record itself."})
        seen.add(above.pk)
        above = getattr(above, field)
