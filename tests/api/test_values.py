"""Values that people write in more than one way: texts, language tags, web addresses, moments."""

import pytest
from django.core.exceptions import ValidationError

from claims.models import ActorName, Claim, Source
from tests import factories as make
from tests.client import RESOURCES, administrator, anonymous, bridge, get, ids, problem, send, url

pytestmark = pytest.mark.django_db

#: nothing of these is seen
NOTHING = [
    "\u200b\u200d\ufeff",
    "\u00ad",
    "\u2060",
    "\u202a\u202c",
    "\u200e \u200f",
    "\ufe0f",
    "\u3164",
    "\u2800",
    "\x01\x7f",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The \u202a#Marden\u202c vote was bought.", "Marden"),
        ("The CEO\u200b of Orrabank resigned.", "CEO"),
        ("The gov\u00adern\u00adment fell.", "government"),
        ("The cafe\u0301 closed.", "café"),
        ("The café closed.", "cafe\u0301"),
        ("The ＣＥＯ left.", "ceo"),
        ("It was 𝐁𝐫𝐞𝐚𝐤𝐢𝐧𝐠 news.", "breaking"),
        ("The war of 1939–1945 was long.", "1945"),
        ("It cost 10-12 crowns.", "12"),
        ("او می\u200cخواهد برود", "میخواهد"),
        ("The bridge fell.", "bri\u00addge"),
        ("The old bridge fell.", "“old bridge”"),
        ("The bridge fell.", "bridge – fell"),
    ],
)
def test_claims_are_found_however_their_words_are_written(text, words):
    claim = bridge(text=text)
    bridge(text="Nothing else.")
    assert ids(url("claims"), q=words) == [claim.pk]
    assert get(url("claims", claim.pk))["text"] == text


def test_names_and_titles_are_found_however_they_are_written():
    actor = make.make_actor(name="Jose\u0301 \u200bMuñoz")
    alias = make.make_actor_name(language="en", name="Orra\u00adbank").actor
    source = make.make_source(title="\u202bThe ﬁnal report\u202c")
    topic = make.make_topic(name="Flats\u200b in town")
    assert ids(url("actors"), q="José") == [actor.pk]
    assert ids(url("actors"), q="orrabank") == [alias.pk]
    assert ids(url("sources"), q="final") == [source.pk]
    assert ids(url("topics"), q="flats") == [topic.pk]


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    ("name", "field"),
    [("claims", "text"), ("actors", "name"), ("sources", "title"), ("evidence", "summary"), ("verdicts", "rationale")],
)
def test_what_shows_nothing_is_empty(name, field, nothing):
    answer = send("POST", url(name), RESOURCES[name].body() | {field: nothing})
    assert "must not be empty" in problem(answer, 400, field)["detail"]


def test_nothing_is_no_reason():
    verdict = make.make_verdict(of_record=False)
    body = {"claim": verdict.claim.slug, "issuer": verdict.issuer.slug, "status": "refuted", "rationale": "It stood."}
    answer = send("POST", url("verdicts"), body | {"supersedes": verdict.pk, "reason": "\u200b"})
    problem(answer, 400, "reason")


def test_a_name_is_one_however_it_is_written():
    actor = make.make_actor_name(language="fr", name="Café").actor
    address = url("actors", actor.pk)
    two = [{"language": "fr", "name": "Cafe\u0301"}, {"language": "FR", "name": "CAFÉ\u200b"}]
    problem(administrator().patch(address, {"names": two}, format="json"), 400, "names.1")
    new = {"name": "Café", "kind": "outlet", "names": two}
    problem(administrator().post(url("actors"), new, format="json"), 400, "names.1")
    assert administrator().patch(address, {"names": two[:1]}, format="json").status_code == 200
    assert ActorName.objects.get(actor=actor).name == "Cafe\u0301"
    one_more = ActorName(actor=actor, language="fr", name="CAFÉ")
    with pytest.raises(ValidationError, match="has this name"):
        one_more.full_clean()


def test_names_of_merged_actors_that_are_one():
    into = make.make_actor_name(language="fr", name="Café").actor
    actor = make.make_actor(name="Other")
    make.make_actor_name(actor=actor, language="fr", name="CAFE\u0301")
    make.make_actor_name(actor=actor, language="und", name="OTHER")
    assert (
        administrator().post(url("actors", actor.slug, "merge"), {"into": into.slug}, format="json").status_code == 200
    )
    assert set(into.names.values_list("language", "name")) == {("fr", "Café"), ("und", "OTHER")}


def test_expanding_characters_of_a_name_are_no_error_of_the_server():
    body = {"name": "A", "kind": "person", "names": [{"language": "ar", "name": "\ufdfa\ufdfb" * 100}]}
    assert send("POST", url("actors"), body).status_code == 201


@pytest.mark.parametrize(
    ("given", "kept"), [("UR", "ur"), ("zh-hant", "zh-Hant"), ("EN-gb", "en-GB"), ("iw", "he"), ("zh-yue", "yue")]
)
def test_language_tags_have_no_case(given, kept):
    claim = send("POST", url("claims"), RESOURCES["claims"].body() | {"language": given}).json()
    assert claim["language"] == kept
    source = send("POST", url("sources"), RESOURCES["sources"].body() | {"language": given}).json()
    assert source["language"] == kept
    for asked in (given, kept, kept.lower(), kept.upper()):
        assert ids(url("claims"), language=asked) == [claim["id"]]
        assert ids(url("sources"), language__in=f"{asked},tlh") == [source["id"]]
    assert Claim.objects.filter(language=given).exists()
    assert make.make_claim(language=given).pk in Claim.objects.filter(language=kept).values_list("pk", flat=True)


@pytest.mark.parametrize(
    ("tag", "hint"),
    [("en-UK", "en-GB"), ("ara", "ar"), ("deu", "de"), ("ger", "de"), ("en_US", "en-US"), ("i-klingon", "tlh")],
)
def test_tags_that_are_not_registered_are_refused_with_what_was_meant(tag, hint):
    for name in ("claims", "sources"):
        answer = send("POST", url(name), RESOURCES[name].body() | {"language": tag})
        assert f"did you mean {hint}?" in problem(answer, 400, "language")["detail"]
        assert (
            f"did you mean {hint}?" in problem(anonymous().get(url(name), {"language": tag}), 400, "language")["detail"]
        )
    body = RESOURCES["actors"].body() | {"names": [{"language": tag, "name": "A"}]}
    assert f"did you mean {hint}?" in problem(send("POST", url("actors"), body), 400, "names.0.language")["detail"]


@pytest.mark.parametrize("tag", ["xx", "english", "zh-CHT", "en-US-GB", "de-1996-1996", "x-mine", "uk-UA-", "日本語"])
def test_other_tags_that_are_not_registered_are_refused(tag):
    problem(send("POST", url("claims"), RESOURCES["claims"].body() | {"language": tag}), 400, "language")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://News.Example.org/A", "https://news.example.org/A"),
        ("Https://example.org/a?B=C#D", "https://example.org/a?B=C#D"),
        ("  https://example.org/a\u200b\n", "https://example.org/a"),
        ("\ufeffhttp://Example.org:8080", "http://example.org:8080"),
        ("https://User:Pass@Example.org/", "https://User:Pass@example.org/"),
        ("https://Bücher.example/Ä", "https://bücher.example/Ä"),
        ("https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example/"),
    ],
)
def test_scheme_and_host_of_an_address_have_no_case(given, kept):
    body = RESOURCES["sources"].body() | {"url": given, "archived_url": given}
    made = send("POST", url("sources"), body)
    assert made.status_code == 201, made.content
    assert (made.json()["url"], made.json()["archived_url"]) == (kept, kept)
    assert ids(url("sources"), url=given) == ids(url("sources"), url=kept) == [made.json()["id"]]
    verdict = send("POST", url("verdicts"), RESOURCES["verdicts"].body() | {"url": given})
    assert verdict.json()["url"] == kept
    assert make.make_source(url=given).pk in Source.objects.filter(url=kept).values_list("pk", flat=True)


@pytest.mark.parametrize(
    "address", ["ftp://example.org/", "example.org", "https://", "javascript:alert(1)", "https:// a"]
)
def test_what_is_no_web_address_is_refused(address):
    for field in ("url", "archived_url"):
        problem(send("POST", url("sources"), RESOURCES["sources"].body() | {field: address}), 400, field)


def test_a_moment_needs_a_zone():
    for moment in ("2024-01-01T00:00:00", "2024-01-01", "2024-01-01T10:00", "yesterday"):
        body = RESOURCES["snapshots"].body() | {"captured_at": moment}
        assert "time zone" in problem(send("POST", url("snapshots"), body), 400, "captured_at")["detail"]
        for name in ("updated_since", "created_at__gte", "updated_at__lte"):
            assert "time zone" in problem(anonymous().get(url("claims"), {name: moment}), 400, name)["detail"]
    body = RESOURCES["snapshots"].body() | {"captured_at": "2024-01-01T02:00:00+02:00"}
    assert send("POST", url("snapshots"), body).json()["captured_at"].startswith("2024-01-01T00:00:00")
    claim = bridge()
    assert ids(url("claims"), created_at__gte="2024-01-01T02:00:00+02:00") == [claim.pk]


@pytest.mark.parametrize(
    ("name", "field", "longest", "hint"),
    [
        ("claims", "text", 1000, "snapshot of its source"),
        ("claims", "context", 10_000, "evidence"),
        ("evidence", "summary", 10_000, "snapshot of the source"),
        ("evidence", "locator", 500, "snapshot"),
        ("verdicts", "label", 1000, "rationale"),
        ("verdicts", "rationale", 20_000, "snapshot"),
        ("relations", "note", 10_000, "Shorten it"),
        ("actors", "description", 10_000, "Shorten it"),
        ("sources", "title", 500, "snapshot"),
    ],
)
def test_texts_may_be_long_and_what_is_too_long_is_told_where_to_go(name, field, longest, hint):
    body = RESOURCES[name].body()
    made = send("POST", url(name), body | {field: "ü" * longest})
    assert made.status_code == 201, made.content
    assert made.json()[field] == "ü" * longest
    said = problem(send("POST", url(name), RESOURCES[name].body() | {field: "ü" * (longest + 1)}), 400, field)["detail"]
    assert f"At most {longest} characters." in said
    assert hint in said
