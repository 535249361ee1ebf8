"""Random records, public and hidden: each list of the API shows what a plain rule, written here once more, allows.

The rule knows nothing of queries: it takes hidden rows out of dictionaries, and filters look at what is left.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.api.urls import NESTED
from claims.models.choices import RelationKind
from tests import factories as make
from tests.amounts import examples
from tests.client import VIEWS, url
from tests.people import client_of, people

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
NEVER = NOW + 1000 * HOUR
#: from when records are public: long since, since the end of an embargo, after an embargo, not
MOMENTS = [*[NOW - 9 * HOUR] * 4, NOW - HOUR, NOW + HOUR, NOW + 2 * HOUR, None]

Row = dict[str, Any]
#: resource → id → row; references are ids
Rows = dict[str, dict[int, Row]]

#: the references that have to be public, besides the row itself
NEEDED: dict[str, dict[str, str]] = {
    "snapshots": {"source": "sources"},
    "evidence": {"claim": "claims", "source": "sources", "snapshot": "snapshots"},
    "assertions": {"claim": "claims", "source": "sources", "snapshot": "snapshots", "speaker": "actors"},
    "relations": {"from_claim": "claims", "to_claim": "claims"},
    "verdicts": {"claim": "claims", "issuer": "actors"},
    "rewordings": {"claim": "claims", "evidence": "evidence", "source": "sources", "snapshot": "snapshots"},
    "skipped-passages": {"snapshot": "snapshots"},
    "errata": {"snapshot": "snapshots"},
}
#: lists of references inside rows, which leave out what is hidden
INSIDE = {"about": "actors", "topics": "topics", "authors": "actors", "evidence": "evidence"}


def inside(row: Row) -> list[str]:
    """The lists of references in a row."""
    return [key for key in INSIDE if isinstance(row.get(key), list)]


def is_shown(rows: Rows, name: str, row: Row) -> bool:
    """Whether everybody sees a row."""
    if row.get("confidential") or row.get("state", "published") != "published":
        return False
    if "public_from" in row and (row["public_from"] is None or row["public_from"] > NOW):
        return False
    needed = ((other, row[key]) for key, other in NEEDED.get(name, {}).items())
    return all(pk is None or is_shown(rows, other, rows[other][pk]) for other, pk in needed)


def seen_by(rows: Rows, who: str) -> Rows:
    """The rows that somebody sees, with what they see of the lists inside."""
    if who == "contributor":
        return rows
    shown = {name: {pk: row for pk, row in some.items() if is_shown(rows, name, row)} for name, some in rows.items()}
    return {
        name: {
            pk: row | {key: [x for x in row[key] if x in shown[INSIDE[key]]] for key in inside(row)}
            for pk, row in some.items()
        }
        for name, some in shown.items()
    }


class World:
    """Random rows, without the references from public to hidden that the database refuses."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rows: Rows = {name: {} for name in VIEWS}
        self.objects: dict[tuple[str, int], Any] = {}
        for _ in range(2):
            self.add(make.make_topic, "topics", {}, parent=self.maybe("topics"))
        for _ in range(4):
            self.add(make.make_actor, "actors", self.moment(), part_of=self.maybe("actors"))
        for _ in range(4):
            some = {"publisher": self.maybe("actors"), "derived_from": self.maybe("sources")}
            self.add(make.make_source, "sources", self.moment(), authors=self.several("actors"), **some)
        for number in range(4):
            text = f"{make.TEXT} {number}"
            self.add(make.make_snapshot, "snapshots", self.moment(), {"text": text}, source=self.one("sources"))
        for start in range(3):
            place, words = {"start": start, "end": start + 4}, {"printed": make.TEXT[start : start + 4]}
            self.add(make.make_skipped_passage, "skipped-passages", {}, place, snapshot=self.one("snapshots"))
            self.add(make.make_erratum, "errata", {}, place | words, snapshot=self.one("snapshots"))
        for _ in range(4):
            some = {"about": self.several("actors"), "topics": self.several("topics")}
            self.add(make.make_claim, "claims", self.moment(), **some)
        for number in range(8):
            some = self.place() | {"claim": self.one("claims"), "speaker": self.maybe("actors")}
            self.add(make.make_assertion, "assertions", {}, {"locator": f"p. {number}"}, **some)
        for number in range(6):
            row = self.moment() | {"confidential": random.random() < 0.2}
            if row["confidential"]:
                row["public_from"] = None
            some = self.place() | {"claim": self.one("claims")}
            self.add(make.make_evidence, "evidence", row, {"locator": f"p. {number}"}, **some)
        for kind in random.sample([*RelationKind], 4):
            one, other = random.sample([*self.rows["claims"]], 2)
            self.add(make.make_relation, "relations", {"kind": kind.value}, from_claim=one, to_claim=other)
        for _ in range(8):
            self.decide()
        connection.check_constraints()
        for _ in range(4):
            self.reword()
        connection.check_constraints()

    def one(self, name: str) -> int:
        return self.random.choice([*self.rows[name]])

    def maybe(self, name: str) -> int | None:
        return self.random.choice([None, *self.rows[name]])

    def several(self, name: str) -> list[int]:
        return self.random.sample([*self.rows[name]], self.random.randrange(3))

    def moment(self) -> Row:
        return {"public_from": self.random.choice(MOMENTS)}

    def place(self) -> dict[str, Any]:
        snapshot = self.maybe("snapshots")
        return {"source": self.rows["snapshots"][snapshot]["source"] if snapshot else self.one("sources")} | {
            "snapshot": snapshot
        }

    def until(self, name: str, pk: int | None) -> datetime:
        """From when a row is public; now, if it is or if there is none."""
        row = self.rows[name][pk] if pk is not None else {}
        moments = [row.get("public_from", NOW) or NEVER]
        moments += [self.until(other, row[key]) for key, other in NEEDED.get(name, {}).items() if key in row]
        return max(NOW, *moments)

    def add(self, factory: Any, name: str, row: Row, more: Row | None = None, **references: Any) -> None:
        """Makes a row with references; those from public to hidden are left out."""
        given: dict[str, Any] = {**row, **(more or {})}
        targets = {"parent": "topics", "part_of": "actors", "publisher": "actors", "derived_from": "sources"}
        targets |= {"supersedes": "verdicts"}
        for key, value in references.items():
            other = {**targets, **INSIDE, **NEEDED.get(name, {})}[key]
            moment = row.get("public_from") or NEVER
            if key in ("part_of", "publisher", "derived_from") and self.until(other, value) > max(NOW, moment):
                value = None
            row[key] = value
            found = [self.objects[other, pk] for pk in (value if isinstance(value, list) else [value]) if pk]
            given[key] = found if isinstance(value, list) else found[0] if found else None
        made = factory(**given)
        self.rows[name][made.pk] = row
        self.objects[name, made.pk] = made

    def key(self, name: str, pk: int) -> Any:
        """What the API calls a row."""
        return getattr(self.objects[name, pk], "slug", pk)

    def decide(self) -> None:
        claim, issuer = self.one("claims"), self.one("actors")
        state = self.random.choice(["published", "published", "published", "draft", "submitted", "withdrawn"])
        on_claim = [pk for pk, row in self.rows["evidence"].items() if row["claim"] == claim]
        evidence = self.random.sample(on_claim, self.random.randrange(len(on_claim) + 1))
        shown = max(self.until("claims", claim), self.until("actors", issuer))
        if state == "published":
            secret = {pk for pk in on_claim if self.rows["evidence"][pk]["confidential"]}
            evidence = [pk for pk in evidence if pk in secret or self.until("evidence", pk) <= shown]
        published = {pk: row for pk, row in self.rows["verdicts"].items() if row["state"] == "published"}
        published = {pk: row for pk, row in published.items() if row["claim"] == claim}
        record = next((pk for pk, row in published.items() if row["of_record"]), None)
        # an issuer has one that no later one supersedes
        current = max((pk for pk, row in published.items() if row["issuer"] == issuer), default=None)
        is_next = state == "published" or (state != "withdrawn" and self.random.random() < 0.5)
        supersedes = current if is_next else None
        of_record = state == "published" and record in (None, supersedes)
        of_record = of_record and self.until("actors", issuer) <= self.until("claims", claim)
        if of_record and record is not None:
            self.rows["verdicts"][record]["of_record"] = False
        row = {"state": state, "of_record": of_record}
        more = {"reason": "News."} if supersedes else {}
        some = {"claim": claim, "issuer": issuer, "evidence": evidence, "supersedes": supersedes}
        self.add(make.make_verdict, "verdicts", row, more, **some)
        # as after an import
        row |= {"second_reader": state in ("draft", "submitted"), "on_earlier_words": False}

    def reword(self) -> None:
        """Rewords a claim or evidence on which a verdict was published, which marks the verdicts."""
        sealed = [row for row in self.rows["verdicts"].values() if not row["second_reader"]]
        claims = {row["claim"] for row in sealed}
        evidence = {pk for row in sealed for pk in row["evidence"]}
        if not claims:
            return
        name, pk = self.random.choice([("claims", pk) for pk in claims] + [("evidence", pk) for pk in evidence])
        row: Row = {"public_from": NOW if self.until(name, pk) <= NOW else None}
        about = {"claim": self.rows[name][pk].get("claim", pk), "evidence": pk if name == "evidence" else None}
        changes: Row = {}
        if name == "evidence":
            row |= {key: self.rows[name][pk][key] for key in ("source", "snapshot")}
            public = [each for each, its in self.rows["sources"].items() if self.until("sources", each) <= NOW]
            if public and self.random.random() < 0.5:
                source = self.random.choice(public)
                changes = {"source": source, "snapshot": None, "start": None, "end": None, "quote_sha256": ""}
                self.rows[name][pk] |= {"source": source, "snapshot": None}
                changes["locator"] = f"p. {pk}, {len(self.rows['rewordings'])}"
        else:
            row |= {"source": None, "snapshot": None}
        objects = {key: self.objects[{"claim": "claims"}.get(key, key), each] for key, each in about.items() if each}
        made = make.make_rewording(changes=changes, **objects)
        self.rows["rewordings"][made.pk] = row | about
        self.objects["rewordings", made.pk] = made
        for verdict in sealed:
            if verdict["claim"] == about["claim"] and (name == "claims" or pk in verdict["evidence"]):
                verdict["on_earlier_words"] = True


def below(seen: Rows, topic: int) -> set[int]:
    """A topic and those below it."""
    under = (below(seen, pk) for pk, row in seen["topics"].items() if row["parent"] == topic)
    return {topic}.union(*under)


def matches(seen: Rows, name: str, parameter: str, pk: int, key: Any) -> bool:
    """Whether a row that is seen passes a filter, as far as what is seen of the rest tells."""
    row = seen[name][pk]
    own = {"author": "authors", "evidence": "evidence", "about": "about"}.get(parameter, parameter)
    hanging = seen["assertions"].values() if name == "claims" else ()
    said = [each for each in hanging if each["claim"] == pk]
    given = [each for each in seen["evidence"].values() if each["claim"] == pk]
    judged = [each for each in seen["verdicts"].values() if each["claim"] == pk]
    claim = seen["claims"][row["claim"]] if name == "assertions" else row
    match (name, parameter):
        case _, "topic":
            return not below(seen, key).isdisjoint(claim["topics"])
        case _, "about":
            return key in claim["about"]
        case "assertions" | "evidence", "publisher":
            return bool(seen["sources"][row["source"]]["publisher"] == key)
        case "claims", "speaker" | "source":
            return any(each[parameter] == key for each in said)
        case "claims", "publisher":
            return any(seen["sources"][each["source"]]["publisher"] == key for each in said)
        case "claims", "speaker__isnull":
            return any((each["speaker"] is None) == key for each in said)
        case "claims", "assertions__isnull" | "evidence__isnull":
            return (not (said if parameter.startswith("assertions") else given)) == key
        case "claims", "evidence__source":
            return any(each["source"] == key for each in given)
        case "claims", "verdict__issuer":
            return any(each["issuer"] == key for each in judged)
        case "claims", "verdict__of_record":
            return any(each["of_record"] == key for each in judged)
        case "relations", "claim":
            return key in (row["from_claim"], row["to_claim"])
        case _ if parameter.endswith("__isnull"):
            return (row[parameter.removesuffix("__isnull")] is None) == key
        case _ if isinstance(row[own], list):
            return key in row[own]
    return bool(row[own] == key)


#: list → filter → the resource of its values, or "" for true and false
FILTERS: dict[str, dict[str, str]] = {
    "claims": {
        "topic": "topics",
        "about": "actors",
        "speaker": "actors",
        "source": "sources",
        "publisher": "actors",
        "evidence__source": "sources",
        "verdict__issuer": "actors",
        "verdict__of_record": "",
        "speaker__isnull": "",
        "assertions__isnull": "",
        "evidence__isnull": "",
    },
    "sources": {"publisher": "actors", "author": "actors", "derived_from": "sources", "publisher__isnull": ""},
    "actors": {"part_of": "actors", "part_of__isnull": ""},
    "snapshots": {"source": "sources"},
    "assertions": {
        "claim": "claims",
        "source": "sources",
        "snapshot": "snapshots",
        "speaker": "actors",
        "speaker__isnull": "",
        "publisher": "actors",
        "topic": "topics",
        "about": "actors",
    },
    "evidence": {"claim": "claims", "source": "sources", "snapshot": "snapshots", "publisher": "actors"},
    "verdicts": {
        "claim": "claims",
        "issuer": "actors",
        "evidence": "evidence",
        "supersedes": "verdicts",
        "of_record": "",
        "second_reader": "",
        "on_earlier_words": "",
    },
    "rewordings": {"claim": "claims", "evidence": "evidence"},
    "relations": {"claim": "claims", "from_claim": "claims"},
    "skipped-passages": {"snapshot": "snapshots"},
    "errata": {"snapshot": "snapshots"},
}


def listed(client: Any, address: str, public: int | None = None, **asked: Any) -> list[Row]:
    """The rows of all pages of a list, checked against its exact count. `public`: how many everybody sees, for those
    who see more."""
    page = client.get(address, {"count": "exact", **asked}).json()
    assert "results" in page, (address, asked, page)
    if public is not None or "public_count" not in page:
        assert page.get("public_count") == public, (address, asked, page)
    found, count = page["results"], page["count"]
    while page["next"]:
        page = client.get(page["next"]).json()
        found += page["results"]
    assert len(found) == count, (address, asked)
    return list(found)


def filtered(seen: Rows, rows: Rows) -> Iterator[tuple[str, str, Any, set[int] | None]]:
    """Each list with each of its filters and values, and the ids it should show; None: the value names no record."""
    for name, parameters in FILTERS.items():
        for parameter, other in parameters.items():
            for key in rows[other] if other else (True, False):
                if other and key not in seen[other]:
                    yield name, parameter, key, None
                else:
                    yield name, parameter, key, {pk for pk in seen[name] if matches(seen, name, parameter, pk, key)}


def nested(seen: Rows, rows: Rows) -> Iterator[tuple[str, str, set[int] | None]]:
    """Each list inside each record, and the ids it should show; None: there is no such record."""
    for parent, name, view, _, by, _ in NESTED:
        listed_by = next(prefix for prefix, each in VIEWS.items() if each is view)
        for key in rows[parent]:
            there = key in seen[parent]
            found = {pk for pk in seen[listed_by] if matches(seen, listed_by, by, pk, key)} if there else None
            yield listed_by, url(parent, key, name), found


class TestLists(TestCase):
    @examples(5, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(random=st.randoms(use_true_random=True), who=st.sampled_from(["stranger", "reader", "contributor"]))
    def test_lists_show_what_the_rule_allows(self, random: Random, who: str) -> None:
        note(f"as {who}")
        world = World(random)
        rows, seen, client = world.rows, seen_by(world.rows, who), client_of(people().get(who))
        public = seen_by(world.rows, "stranger") if who == "contributor" else None
        for name in VIEWS:
            found = listed(client, url(name), public and len(public[name]), limit=random.randrange(1, 5))
            assert sorted(row["id"] for row in found) == sorted(seen[name]), (name, who)
            for row in found:
                for key in inside(seen[name][row["id"]]):
                    expected = [world.key(INSIDE[key], pk) for pk in seen[name][row["id"]][key]]
                    assert sorted(row[key]) == sorted(expected), (name, row["id"], key, who)
        for name, address, expected_ids in random.sample([*nested(seen, rows)], 25):
            if expected_ids is None:
                assert client.get(address).status_code == 404, (address, who)
            else:
                found = listed(client, address, limit=2)
                assert sorted(row["id"] for row in found) == sorted(expected_ids), (name, address, who)
        for name, parameter, key, expected_ids in random.sample([*filtered(seen, rows)], 40):
            asked = {parameter: str(key).lower()}
            if expected_ids is None:
                assert client.get(url(name), asked).status_code == 400, (name, asked, who)
            else:
                others = None
                if public is not None and (not FILTERS[name][parameter] or key in public[FILTERS[name][parameter]]):
                    others = sum(matches(public, name, parameter, pk, key) for pk in public[name])
                found = listed(client, url(name), others, **asked)
                assert sorted(row["id"] for row in found) == sorted(expected_ids), (name, asked, who)
