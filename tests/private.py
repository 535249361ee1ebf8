"""A record with records in preparation, under embargo and confidential, whose words are like no others, and requests
that might find them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from claims.api.urls import NESTED
from claims.models import (
    Actor,
    Claim,
    Evidence,
    FormerAddress,
    Publication,
    Rewording,
    Snapshot,
    Source,
    Verdict,
)
from claims.rest.filterkinds import BooleanFilter, NameFilter, RecordFilter
from claims.rest.values import CanonicalFilter, DayFilter, MomentFilter
from tests import factories as make
from tests.client import VIEWS, url
from tests.people import people

#: in all words of the hidden records
WORD = "zebra"
HIDDEN: dict[str, Any] = {"public_from": None}
RELEASED: tuple[type[Model], ...] = (Claim, Source, Snapshot, Actor, Evidence)


@dataclass
class Private:
    users: dict[str, User]
    #: public records, and rows on which hidden ones hang
    public: list[Any]
    hidden: list[Any] = field(default_factory=list)
    #: slugs that hidden records once had
    former: list[str] = field(default_factory=list)

    def keys(self, model: Any) -> list[Any]:
        """Ids and slugs of the records of a model, hidden ones first."""
        rows = [row for row in (*self.hidden, *self.public) if type(row) is model]
        return [*(row.pk for row in rows), *(row.slug for row in rows if hasattr(row, "slug")), *self.former, "nowhere"]

    def forget(self) -> None:
        """Deletes the hidden records, as if they had never been. That takes no triggers: some are kept for good."""
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            Publication.objects.filter(verdict__in=[row.pk for row in self.hidden if type(row) is Verdict]).delete()
            for record in self.hidden:
                type(record)._default_manager.filter(pk=record.pk).delete()
            cursor.execute("SET LOCAL session_replication_role = origin")
        FormerAddress.objects.filter(name__contains=WORD).delete()


def private_world() -> Private:
    """Public records, and a hidden one in each place where one can be."""
    users = people()
    User.objects.update(is_staff=True)
    topic, actor, speaker = make.make_topic(), make.make_actor(), make.make_actor()
    source = make.make_source(publisher=actor, authors=[actor])
    earlier = make.make_snapshot(source=source, text="The bridge fell. Nobody was hurt.")
    held = make.make_snapshot(source=source)
    claim = make.make_claim(topics=[topic], about=[actor])
    bare = make.make_claim(topics=[topic], about=[actor])
    make.make_assertion(claim=claim, snapshot=held, start=0, end=5, speaker=speaker)
    make.make_skipped_passage(snapshot=held)
    make.make_erratum(snapshot=held)
    evidence = make.make_evidence(claim=claim, snapshot=held, start=0, end=5)
    verdict = make.make_verdict(claim=claim, evidence=[evidence])
    relation = make.make_relation(from_claim=claim, to_claim=bare)
    make.make_relation(from_claim=claim, to_claim=bare, kind="part_of")
    rewordings = [make.make_rewording(claim=claim), make.make_rewording(evidence=evidence)]
    public = [claim, bare, source, held, earlier, actor, speaker, topic, evidence, verdict, verdict.issuer, relation]
    world = Private(users, [*public, *rewordings])

    def hide(record: Any) -> Any:
        world.hidden.append(record)
        return record

    words = {"rationale": f"A {WORD} did it.", "label": WORD, "status": "conflicting", "issued": "1987"}
    for number, visibility in enumerate((HIDDEN, {"public_from": timezone.now() + timedelta(days=1)})):
        name = f"{WORD} {number}"
        ours = hide(
            make.make_claim(text=f"A {name} fell.", topics=[topic], about=[actor], occurred="1987", **visibility)
        )
        someone = hide(make.make_actor(name=f"The {name}", wikidata_id=f"Q987{number}", country="ZW", **visibility))
        make.make_actor_name(actor=someone, name=f"El {name}")
        work = hide(
            make.make_source(
                title=f"On {name}s",
                publisher=actor,
                authors=[actor, someone],
                derived_from=source,
                url=f"https://{WORD}.example/{number}",
                published="1987",
                language="zu",
                **visibility,
            )
        )
        capture = hide(make.make_snapshot(source=source, text=f"A {name}.", **visibility))
        # on public records, hidden by the others that they name
        hide(make.make_assertion(claim=bare, source=work, speaker=speaker, note=name))
        hide(make.make_assertion(claim=bare, source=source, speaker=someone, snapshot=held, start=4, end=9 + number))
        hide(make.make_assertion(claim=bare, snapshot=capture, start=0, end=1, speaker=None))
        hide(make.make_assertion(claim=ours, snapshot=held, start=4, end=9 + number, speaker=speaker))
        hide(make.make_assertion(claim=ours, snapshot=earlier, start=0, end=3 + number, speaker=speaker))
        hide(make.make_relation(from_claim=bare, to_claim=ours, note=name))
        hide(make.make_relation(from_claim=ours, to_claim=bare, note=name, kind="part_of"))
        hide(make.make_skipped_passage(snapshot=capture, start=0, end=1, note=name))
        hide(make.make_erratum(snapshot=capture, start=2, end=7, printed=WORD, meant=name))
        on_bare = hide(make.make_evidence(claim=bare, source=source, locator=name, summary=name, **visibility))
        hide(make.make_evidence(claim=bare, source=work, summary=name, read_on="1987-06-05"))
        hide(make.make_evidence(claim=ours, snapshot=held, start=4, end=9 + number, summary=name))
        hide(make.make_evidence(claim=ours, snapshot=earlier, start=0, end=3 + number, summary=name))
        hide(make.make_verdict(claim=bare, issuer=someone, of_record=False, **words))
        hide(
            make.make_verdict(
                claim=bare, issuer=verdict.issuer, of_record=False, state="draft", evidence=[on_bare], **words
            )
        )
        hide(make.make_verdict(claim=ours, issuer=verdict.issuer, **words))
        hide(make.make_rewording(claim=ours, reason=name))
        for row in (
            make.make_claim_actor(claim=claim, actor=someone),
            make.make_source_author(source=source, actor=someone),
        ):
            hide(row)
        merged = hide(make.make_actor(name=f"Old {name}", merged_into=actor, **visibility))
        world.former += [merged.slug]
        for record in (ours, someone, work):
            world.former += [record.slug]
            type(record).objects.filter(pk=record.pk).update(slug=f"renamed-{record.slug}")
            record.refresh_from_db()
        gone = make.make_claim(text=f"Gone {name}.", **visibility)
        world.former += [gone.slug, str(gone.pk)]
        gone.delete()
        # public now, but once hidden under another name
        late = make.make_claim(text=f"Once {name}.", **visibility)
        world.former += [late.slug]
        Claim.objects.filter(pk=late.pk).update(slug=f"late-{number}", text=f"Late {number}.")
        Claim.objects.filter(pk=late.pk).update(public_from=timezone.now() - timedelta(seconds=1))
        for record in _reworded(number, name, visibility):
            hide(record)
    hide(make.make_evidence(claim=bare, source=source, locator="secret", summary=WORD, confidential=True))
    # rows that refer to others are deleted first
    order = {model: place for place, model in enumerate((Evidence, Snapshot, Source, Actor, Claim), 1)}
    world.hidden.sort(key=lambda record: (order.get(type(record), 0), -record.pk))
    return world


def _reworded(number: int, name: str, visibility: dict[str, Any]) -> Iterator[Rewording | Source]:
    """Hidden rewordings of a claim that is public now and of evidence on it, and what they name."""
    claim = make.make_claim(text=f"Said {name}.", slug=f"said-{number}", **visibility)
    place = make.make_source(title=f"Place {number}")
    evidence = make.make_evidence(claim=claim, source=place, summary=f"Early {name}.")
    make.make_verdict(claim=claim, evidence=[evidence])
    # from before the claim was public
    yield make.make_rewording(claim=claim, reason=name)
    yield make.make_rewording(evidence=evidence, reason=name)
    Claim.objects.filter(pk=claim.pk).update(public_from=timezone.now() - timedelta(seconds=1))
    secret = make.make_evidence(claim=claim, locator="secret", summary=name, confidential=True)
    left = make.make_source(title=f"A {name} report")
    moved = make.make_evidence(claim=claim, source=left, summary=f"The {name} fell.")
    closed = make.make_evidence(claim=claim, locator="closed", summary=name)
    make.make_verdict(claim=claim, of_record=False, evidence=[secret, moved, closed])
    yield make.make_rewording(evidence=secret, reason=name)
    # of evidence that was public then
    yield make.make_rewording(evidence=closed, reason=name)
    Evidence.objects.filter(pk=closed.pk).update(confidential=True)
    # from a source that was public then
    yield make.make_rewording(
        evidence=moved, reason=name, changes={"source": place, "locator": "p. 2", "summary": "It fell."}
    )
    Source.objects.filter(pk=left.pk).update(**visibility)
    yield left


def lists(world: Private) -> Iterator[tuple[str, Any]]:
    """Each list and each list inside a record, with its view."""
    for name, view in VIEWS.items():
        yield url(name), view
    for parent, name, view, model, *_ in NESTED:
        for key in world.keys(model):
            yield url(parent, key, name), view


def values(world: Private, view: Any, name: str, one: Any) -> list[str]:
    """The values to try of a filter. Raises TypeError for a kind of filter that nobody has thought about."""
    many = name.endswith("__in")
    model = view.serializer_class.Meta.model
    if isinstance(one, RecordFilter):
        keys = [str(key) for key in world.keys(one.extra["model"])]
        return [",".join(pair) for pair in itertools.pairwise(keys)] if many else keys
    if isinstance(one, BooleanFilter):
        return ["true", "false"]
    if isinstance(one, MomentFilter):
        return ["2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"]
    if isinstance(one, DayFilter):
        return ["1987-01-01", "1987-12-31"]
    if isinstance(one, NameFilter):
        names = [str(key) for key in world.keys(model) if not isinstance(key, int)] + ["Q9870", "Q9871"]
        return [",".join(names[:50])] if many else names
    if isinstance(one, CanonicalFilter):
        return ["zu", f"https://{WORD}.example/0"] if name.startswith("url") else ["zu", "en"]
    if isinstance(one, django_filters.ChoiceFilter):
        found = [str(value) for value, _ in one.extra["choices"]]
        return [",".join(found)] if many else found
    if isinstance(one, django_filters.NumberFilter):
        found = [str(key) for key in world.keys(model) if isinstance(key, int)] if name.startswith("id") else ["1", "6"]
        return [",".join(found[:50])] if many else found
    if type(one).__name__ in ("CharFilter", "TextInFilter"):
        return ["ZW", "text/plain", *(row.sha256 for row in world.hidden if type(row) is Snapshot)]
    raise TypeError(f"{name} of {view.__name__}: add values for {type(one).__name__} here")


def of_lists(world: Private) -> Iterator[str]:
    for address, view in lists(world):
        queries: list[dict[str, Any]] = [{"count": "exact"}]
        if address.count("/") == 4:
            queries += [{"limit": 2, "order": order} for order in ("newest", "oldest", "updated", "-updated")]
        queries += [{"order": order} for order in view.orders]
        queries += [{"q": q} for q in (WORD, "zebr", f"The {WORD} 0") if view.search_verb]
        yield from (f"{address}?{urlencode(query)}" for query in queries)


def of_filters(world: Private) -> Iterator[str]:
    for name, view in VIEWS.items():
        for parameter, one in view.filterset_class.base_filters.items():
            for value in values(world, view, parameter, one):
                yield f"{url(name)}?{urlencode({parameter: value, 'count': 'exact'})}"


def expansions(serializer: Any, deep: int = 2) -> Iterator[str]:
    for name, expand in serializer.expandable.items():
        yield name
        if deep > 1:
            yield from (f"{name}.{below}" for below in expansions(expand.load(), deep - 1))


def of_records(world: Private) -> Iterator[str]:
    for name, view in VIEWS.items():
        paths = list(expansions(view.serializer_class))
        for key in world.keys(view.serializer_class.Meta.model):
            yield url(name, key)
            if isinstance(key, int):
                yield from (f"{url(name, key)}?{urlencode({'expand': path})}" for path in paths)
        yield from (f"{url(name)}?{urlencode({'expand': path})}" for path in paths)


def of_details(world: Private) -> Iterator[str]:
    for name, model, ends in (("claims", Claim, ["origins", "parts"]), ("snapshots", Snapshot, ["coverage", "drift"])):
        yield from (url(name, key, end) for key in world.keys(model) for end in ends)
    for name, view in VIEWS.items():
        model = view.serializer_class.Meta.model
        if model in RELEASED:
            yield from (url(name, key, "release") for key in world.keys(model))


PROBES = {"lists": of_lists, "filters": of_filters, "records": of_records, "details": of_details}
