"""All URLs of the API."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter

from claims.api.actor import ActorViewSet
from claims.api.assertion import AssertionViewSet
from claims.api.claim import ClaimViewSet
from claims.api.erratum import ErratumViewSet
from claims.api.evidence import EvidenceViewSet
from claims.api.relation import RelationViewSet
from claims.api.rewording import RewordingViewSet
from claims.api.skipped import SkippedPassageViewSet
from claims.api.snapshot import SnapshotViewSet
from claims.api.source import SourceViewSet
from claims.api.token import TokenViewSet
from claims.api.topic import TopicViewSet
from claims.api.verdict import VerdictViewSet
from claims.models import Actor, Claim, Snapshot, Source, Topic
from claims.rest.openapi.views import DescriptionView, DocsView
from claims.rest.views import RecordViewSet

app_name = "api"

router = DefaultRouter()
router.include_format_suffixes = False
router.register("claims", ClaimViewSet, "claim")
router.register("sources", SourceViewSet, "source")
router.register("snapshots", SnapshotViewSet, "snapshot")
router.register("actors", ActorViewSet, "actor")
router.register("assertions", AssertionViewSet, "assertion")
router.register("evidence", EvidenceViewSet, "evidence")
router.register("verdicts", VerdictViewSet, "verdict")
router.register("relations", RelationViewSet, "relation")
router.register("rewordings", RewordingViewSet, "rewording")
router.register("topics", TopicViewSet, "topic")
router.register("skipped-passages", SkippedPassageViewSet, "skipped-passage")
router.register("errata", ErratumViewSet, "erratum")

#: nested lists: (parent, list, its view, parent model, the filter that selects the parent, default order)
NESTED: list[tuple[str, str, type[RecordViewSet], type, str, str]] = [
    ("claims", "assertions", AssertionViewSet, Claim, "claim", "oldest"),
    ("claims", "evidence", EvidenceViewSet, Claim, "claim", "oldest"),
    ("claims", "verdicts", VerdictViewSet, Claim, "claim", "newest"),
    ("claims", "relations", RelationViewSet, Claim, "claim", "oldest"),
    ("claims", "rewordings", RewordingViewSet, Claim, "claim", "newest"),
    ("sources", "snapshots", SnapshotViewSet, Source, "source", "newest"),
    ("sources", "assertions", AssertionViewSet, Source, "source", "reading"),
    ("sources", "evidence", EvidenceViewSet, Source, "source", "oldest"),
    ("snapshots", "assertions", AssertionViewSet, Snapshot, "snapshot", "reading"),
    ("snapshots", "skipped-passages", SkippedPassageViewSet, Snapshot, "snapshot", "reading"),
    ("snapshots", "errata", ErratumViewSet, Snapshot, "snapshot", "reading"),
    ("actors", "assertions", AssertionViewSet, Actor, "speaker", "newest"),
    ("actors", "claims", ClaimViewSet, Actor, "about", "newest"),
    ("actors", "sources", SourceViewSet, Actor, "publisher", "newest"),
    ("actors", "verdicts", VerdictViewSet, Actor, "issuer", "newest"),
    ("topics", "claims", ClaimViewSet, Topic, "topic", "newest"),
]

nested = [
    path(
        f"{parent}/<slug:key>/{name}/",
        view.as_view({"get": "list"}, parent=model, parent_filter=held_by, default_order=order, basename=view.__name__),
        name=f"{parent}-{name}",
    )
    for parent, name, view, model, held_by, order in NESTED
]

urlpatterns = [
    path("", include(router.urls)),
    *nested,
    path("tokens/", TokenViewSet.as_view({"get": "list", "post": "create"}), name="tokens"),
    path("tokens/<int:key>/", TokenViewSet.as_view({"get": "retrieve", "delete": "destroy"}), name="tokens-detail"),
    path("schema/", DescriptionView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(url_name="api:schema"), name="docs"),
]
