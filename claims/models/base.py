"""What every record has: identity, version, dates, history; and the fields that several of them share."""

import re
import uuid
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, TypeVar

import pghistory
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, router
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from slugify import slugify

from claimsdb.postgresql.prepared import ask

Model = TypeVar("Model", bound=models.Model)

#: Constraint → the field that is at fault when it is broken, for those made below.
FIELD_OF: dict[str, str] = {}

SLUG_LENGTH = 80
SHA256_FORM = r"^[0-9a-f]{64}$"
#: The grammar of RFC 5646, section 2.1, without grandfathered tags.
BCP47_FORM = (
    r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[Xx](-[A-Za-z0-9]{1,8})+)?$"
)
EDTF_HELP = (
    "EDTF (ISO 8601-2): 2024-03-22, 2024-03, 2024, 2024-03~ (about), 2024? (uncertain), 201X, 1999/2009, 2014/.."
)


def tracked(model: type[Model]) -> type[Model]:
    """Keeps the old row of every change and deletion in `<model>event`, by statement-level triggers."""
    # search vectors are left out: the words kept beside them give them again
    vectors = [f.name for f in model._meta.fields if isinstance(f, models.GeneratedField) and f.name == "search"]
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(row=pghistory.Old), exclude=vectors
    )(model)


class Writer(Func):
    """Who writes: the user of the request that pghistory told the database of, for this transaction; else null.

    A function of the database (migration 0007), so that each writer is on record: forms, bulk writes and COPY alike.
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
        db_default=Writer(),
        db_index=False,
        related_name="+",
    )

    class Meta:
        abstract = True

    @classmethod
    def fill_all(cls, records: Sequence[Any], *, ask: bool = True) -> None:
        """Sets what is missing in records of this model and follows from the rest, before they are saved.

        Without `ask` nothing is looked up: what only the database knows is taken to be as it mostly is.
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
                        errors.setdefault(FIELD_OF.get(constraint.name, NON_FIELD_ERRORS), []).append(error)
        if errors:
            raise ValidationError(errors)


class Named(Record):
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
    def fill_all(cls, records: Sequence[Any], *, ask: bool = True) -> None:
        """Makes a slug from the words for those that have none, with a number behind it if another record has it.

        Without `ask` the words are taken to be free; where they aren't, the database refuses the record.
        """
        wanted = [(record, cls._words(record)) for record in records if not record.slug]
        if not wanted:
            return
        taken = {record.slug for record in records} | cls.reserved_slugs
        if ask:
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
        """The slugs of this model that begin with one of `words`."""
        # what lies between the words and the words with a tilde begins with them: no character of a slug is behind it
        alike = "t.slug ~>=~ w AND t.slug ~<~ (w || '~')"
        sql = f"SELECT t.slug FROM unnest(%s::text[]) w JOIN {cls._meta.db_table} t ON {alike}"
        return {slug for (slug,) in ask(sql, [list(words)])}

    @classmethod
    def _words(cls, record: Any) -> str:
        words = slugify(getattr(record, cls.slug_from) or "", max_length=SLUG_LENGTH - 6, word_boundary=True)
        if re.search("[a-z]", words):
            return words
        return f"{cls._meta.model_name}-{words or uuid.uuid4().hex[:8]}"


def check(model: str, field: str, rule: str, condition: Q, message: str) -> models.CheckConstraint:
    """A check constraint `<model>_<field>_<rule>` whose breach is reported at `field`."""
    name = f"{model}_{field}_{rule}"
    FIELD_OF[name] = field
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)


def slug_rules(model: str) -> list[models.BaseConstraint]:
    """A slug is unique, and lower-case words with hyphens; a letter in it tells it from an id.

    One index serves look-ups and the search for slugs that begin alike; `unique=True` would make one for each.
    """
    FIELD_OF[f"{model}_slug_unique"] = "slug"
    form = check(
        model,
        "slug",
        "form",
        Q(slug__regex=r"^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$"),
        "A slug is made of lower-case letters, digits and single hyphens, with a letter in it.",
    )
    unique = models.UniqueConstraint(
        fields=["slug"],
        name=f"{model}_slug_unique",
        opclasses=["varchar_pattern_ops"],
        violation_error_message="This slug is taken.",
        violation_error_code="unique",
    )
    return [form, unique]


def by_change(model: str) -> models.Index:
    """For those who synchronise: what was changed since a moment, in that order."""
    return models.Index(fields=["updated_at", "id"], name=f"{model}_updated")


def by_date(model: str, name: str) -> list[models.Index]:
    """For lists by a date that may be missing, which comes last: the earliest first, and the latest first."""
    first = f"{name}_first"
    return [
        models.Index(fields=[first, "id"], name=f"{model}_{name}"),
        models.Index(F(first).desc(nulls_last=True), F("id").desc(), name=f"{model}_{name}_latest"),
    ]


def not_blank(model: str, field: str) -> models.CheckConstraint:
    words = field.replace("_", " ")
    return check(model, field, "not_blank", Q(**{f"{field}__regex": r"\S"}), f"The {words} must not be empty.")


def one_of(model: str, field: str, choices: type[models.Choices]) -> models.CheckConstraint:
    allowed = ", ".join(str(value) for value in choices.values)
    message = f"The {field.replace('_', ' ')} must be one of: {allowed}."
    return check(model, field, "allowed", Q(**{f"{field}__in": choices.values}), message)


def well_formed(model: str, field: str, form: str, message: str) -> models.CheckConstraint:
    """`form` is a regular expression; an empty value is allowed."""
    return check(model, field, "form", Q(**{field: ""}) | Q(**{f"{field}__regex": form}), message)


def language_form(model: str) -> models.CheckConstraint:
    return well_formed(model, "language", BCP47_FORM, "The language must be a BCP 47 tag, such as en or zh-Hant.")


def web_address(model: str, field: str) -> models.CheckConstraint:
    words = {"url": "URL", "archived_url": "archived URL"}[field]
    condition = Q(**{field: ""}) | Q(**{f"{field}__regex": "^https?://"})
    return check(model, field, "web", condition, f"The {words} must begin with http:// or https://.")


def edtf_field(help_text: str) -> models.CharField:
    return models.CharField(max_length=64, blank=True, default="", help_text=f"{help_text} {EDTF_HELP}")


def _bounds(field: str) -> Func:
    return Func(F(field), function="edtf_bounds")


def first_day(field: str) -> models.GeneratedField:
    """The first day that the EDTF text in `field` can mean; null if unknown or open."""
    return models.GeneratedField(
        expression=Func(_bounds(field), function="lower", output_field=models.DateField()),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def last_day(field: str) -> models.GeneratedField:
    """The last day that the EDTF text in `field` can mean; null if unknown or open."""
    return models.GeneratedField(
        expression=Func(_bounds(field), template="(upper(%(expressions)s) - 1)", output_field=models.DateField()),
        output_field=models.DateField(null=True),
        db_persist=True,
    )


def edtf_form(model: str, field: str) -> models.CheckConstraint:
    read = Func(F(field), template="(edtf_bounds(%(expressions)s) IS NOT NULL)", output_field=models.BooleanField())
    message = f"The date in “{field}” is not understood. {EDTF_HELP}"
    return check(model, field, "edtf", Q(**{field: ""}) | Q(read), message)


class Span(models.Model):
    """A place in a snapshot: `start` and `end` in Unicode code points, 0-based, end excluded.

    As in the TextPositionSelector of the W3C Web Annotation Data Model, with the SHA-256 of the exact words (UTF-8).
    The trigger `span_in_snapshot` holds it against the text.
    """

    start = models.PositiveIntegerField(null=True, blank=True, help_text="First code point, counted from 0.")
    end = models.PositiveIntegerField(null=True, blank=True, help_text="The code point after the last.")
    quote_sha256 = models.CharField(
        "SHA-256 of the words",
        max_length=64,
        blank=True,
        default="",
        help_text="Filled in where the text is held.",
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Raises ValidationError, by field, for what the database would refuse of a span."""
        super().clean()
        snapshot = getattr(self, "snapshot", None)
        if snapshot is None or self.start is None or self.end is None or self.end <= self.start:
            return
        source_id = getattr(self, "source_id", None)
        if source_id is not None and snapshot.source_id != source_id:
            raise ValidationError({"snapshot": "The snapshot belongs to another source."})
        problem = snapshot.span_problem(self.start, self.end, self.quote_sha256)
        if problem:
            raise ValidationError(dict([problem]))


def span_not_empty(model: str) -> models.CheckConstraint:
    message = "The span is empty: its end must lie behind its start."
    return check(model, "end", "after_start", Q(end__isnull=True) | Q(end__gt=F("start")), message)


def quote_form(model: str) -> models.CheckConstraint:
    return well_formed(model, "quote_sha256", SHA256_FORM, "A SHA-256 is 64 hexadecimal digits in lower case.")


def span_form(model: str) -> list[models.BaseConstraint]:
    """The rules for a span that may be missing: whole or not at all, with its snapshot, not empty."""
    none = Q(start__isnull=True, end__isnull=True, quote_sha256="")
    whole = Q(start__isnull=False, end__isnull=False, snapshot__isnull=False)
    message = "A span needs a snapshot, a start and an end; without them it has no hash."
    return [check(model, "start", "span_whole", none | whole, message), span_not_empty(model), quote_form(model)]


def clean_no_cycle(record: models.Model, field: str) -> None:
    """Raises ValidationError if following `field` upwards from `record` leads back to it."""
    seen, above = {record.pk}, getattr(record, field)
    while above is not None:
        if above.pk is not None and above.pk in seen:
            raise ValidationError({field: f"“{field.replace('_', ' ')}” leads back to the record itself."})
        seen.add(above.pk)
        above = getattr(above, field)
