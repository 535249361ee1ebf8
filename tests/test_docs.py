"""The documentation agrees with the code."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from claims.api.urls import NESTED, router
from claims.models import Token
from claims.models.base import Record
from claims.rest.problems import CONFLICT, INVALID
from claims.rest.views import RecordViewSet
from tests.documents import (
    BEGIN,
    END,
    ROOT,
    WRITE,
    anchors,
    coded,
    counts,
    differences,
    examples,
    first_column,
    name_of,
    nine_words,
    pages,
    section,
    write_counts,
)

README = ROOT / "README.md"
API = ROOT / "docs/api.md"
PAGE_OF = {
    "actor": ["Actor", "ActorName"],
    "assertion": ["Assertion"],
    "claim": ["Claim", "ClaimActor", "ClaimTopic"],
    "erratum": ["Erratum"],
    "evidence": ["Evidence"],
    "former-address": ["FormerAddress"],
    "import-run": ["ImportRun"],
    "relation": ["ClaimRelation"],
    "rewording": ["Rewording"],
    "skipped-passage": ["SkippedPassage"],
    "snapshot": ["Snapshot"],
    "source": ["Source", "SourceAuthor"],
    "token": ["Token"],
    "topic": ["Topic"],
    "verdict": ["Verdict", "VerdictEvidence"],
}
MODELS = [(page, name) for page, names in PAGE_OF.items() for name in names]
RESOURCES = [(prefix, view) for prefix, view, _ in router.registry]
BY_NAME = [pytest.param(page, id=name_of(page)) for page in pages()]
REFUSAL = re.compile(r"CONSTRAINT = '(\w+)'.*?MESSAGE = (.+);$", re.MULTILINE)


@pytest.fixture
def record(shipped: None) -> None:
    """The shipped record, without the sources' texts, and the superuser `admin`."""
    get_user_model().objects.create_superuser("admin")


def test_examples_return_what_the_pages_print(record: None) -> None:
    assert len(list(examples(README.read_text()))) > 8
    different = []
    for page in pages():
        with transaction.atomic():
            different += [f"{name_of(page)}: {difference}" for difference in differences(page)]
            transaction.set_rollback(True)
    assert not different, "\n".join(
        [*different, "WRITE_DOCS=1 writes this output to the pages; review the differences."]
    )


def test_counts_of_records(record: None) -> None:
    for page in (README, ROOT / "docs/record.md"):
        if WRITE:
            write_counts(page, counts())
        text = page.read_text()
        assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)] == counts(), name_of(page)


def test_the_readme_answers_the_first_questions() -> None:
    commands = " ".join(example.command for example in examples(README.read_text()))
    for part in (
        "speaker=vladimir-putin",
        "about=ukraine",
        "contradicts=",
        "/assertions/",
        "q=",
        "-d ",
        "create_token",
    ):
        assert part in commands


def test_every_model_has_its_page() -> None:
    names = {m.__name__ for m in apps.get_app_config("claims").get_models() if issubclass(m, Record | Token)}
    assert {name for _, name in MODELS} == names
    assert {path.stem for path in (ROOT / "docs/models").glob("*.md")} == set(PAGE_OF)


@pytest.mark.parametrize(("page", "name"), MODELS)
def test_every_field_is_described(page: str, name: str) -> None:
    model = apps.get_model("claims", name)
    text = (ROOT / f"docs/models/{page}.md").read_text()
    described = section(text, name)
    assert described, f"no heading {name}"
    fields = [f for f in model._meta.get_fields() if f.concrete]
    listed = first_column(section(described, "Fields") or described)
    assert {f.name for f in fields} <= listed
    for field in fields:
        for value, _ in getattr(field, "choices", None) or ():
            assert str(value) in coded(described), f"{field.name} may be {value}"


@pytest.mark.parametrize(("page", "name"), MODELS)
def test_every_rule_is_described_with_its_message(page: str, name: str) -> None:
    model = apps.get_model("claims", name)
    described = section((ROOT / f"docs/models/{page}.md").read_text(), name)
    rules = [(c.name, [str(c.violation_error_message)]) for c in model._meta.constraints]
    for trigger in getattr(model._meta, "triggers", ()):
        for rule, message in REFUSAL.findall(str(trigger.func)):
            rules.append((rule, re.findall(r"'([^']*)'", message)))
    assert first_column(section(described, "Rules")) == {rule for rule, _ in rules}
    for rule, pieces in rules:
        lines = [line for line in described.splitlines() if line.startswith(f"| `{rule}` |")]
        message = re.compile(".+".join(map(re.escape, pieces)))
        assert any(message.search(line) for line in lines), f"message of {rule}: {pieces}"


def test_every_url_is_described() -> None:
    listed = first_column(section(API.read_text(), "Addresses"))
    wanted = {f"/api/v1/{prefix}/" for prefix, _ in RESOURCES} | {
        f"/api/v1/{prefix}/{{key}}/" for prefix, _ in RESOURCES
    }
    wanted |= {f"/api/v1/{parent}/{{key}}/{name}/" for parent, name, *_ in NESTED}
    assert wanted <= listed
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert {*schema["paths"], "/api/v1/", "/api/v1/schema/", "/api/v1/docs/"} == listed


@pytest.mark.parametrize(("prefix", "view"), RESOURCES)
def test_every_filter_is_described(prefix: str, view: type[RecordViewSet]) -> None:
    text = API.read_text()
    own, common = section(text, prefix), first_column(section(text, "Filters of every list"))
    filters = set(view.filterset_class.base_filters)
    assert filters <= first_column(own) | common
    assert first_column(own) <= filters
    lines = {line.partition(":")[0]: coded(line) for line in own.splitlines() if ":" in line}
    assert set(view.orders) <= lines.get("Orders", set())
    assert view.default_order in lines["Orders"] | coded(section(text, "Order"))
    assert set(view.serializer_class.expandable) == lines["Can be expanded"]
    assert bool(view.search_verb) == ("`q` searches" in own)


def test_every_list_has_the_common_filters() -> None:
    common = first_column(section(API.read_text(), "Filters of every list"))
    for _, view in RESOURCES:
        assert common - {"slug", "slug__in"} <= set(view.filterset_class.base_filters)


def test_every_error_is_described() -> None:
    described = section(API.read_text(), "Errors")
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    statuses = {code for operation in operations for code in operation["responses"] if code >= "400"}
    assert statuses <= set(re.findall(r"\| (\d{3}) \|", described))
    assert {INVALID, CONFLICT} <= first_column(described)


def test_every_command_is_described() -> None:
    listed = " ".join(first_column(section((ROOT / "docs/operations.md").read_text(), "Commands")))
    commands = {path.stem for path in (ROOT / "claims/management/commands").glob("[!_]*.py")}
    assert commands | {"loaddata"} == set(re.findall(r"manage\.py (\w+)", listed))


def test_described_make_targets_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())  # type: ignore[index]
    text = README.read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`make (\w+)", text)) | set(re.findall(r"^\$ make (\w+)", text, re.MULTILINE))
    assert named == targets


def test_every_variable_of_docker_compose_is_described() -> None:
    variables = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert variables <= coded((ROOT / "docs/operations.md").read_text())


@pytest.mark.parametrize("page", BY_NAME)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        if anchor:
            assert anchor in anchors(other.read_text()), target


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs/index.md"
    reached, new = set(), {index}
    while new:
        page = new.pop()
        reached.add(page)
        targets = re.findall(r"\]\(([^)\s#]+\.md)[^)]*\)", page.read_text())
        new |= {(page.parent / t).resolve() for t in targets if "://" not in t} - reached
    lost = [name_of(page) for page in pages() if page not in reached]
    assert not lost, f"link these from docs/index.md: {lost}"


@pytest.mark.parametrize("page", BY_NAME)
def test_no_page_has_paths_or_hosts_of_a_machine(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"(?<![\w.}>])/(?:home|root|work|tmp|Users)/\w", text)
    assert not re.search(r"pypi|python[h]osted|npm[j]s|docker\.io|ghcr\.io|quay\.io", text)


@pytest.mark.texts
def test_no_page_quotes_the_articles() -> None:
    articles = [nine_words(path.read_text()) for path in settings.CLAIMSDB_TEXTS.iterdir()]
    assert articles
    for page in pages():
        for article in articles:
            assert not nine_words(page.read_text()) & article, name_of(page)
