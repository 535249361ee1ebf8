"""What HTTP has for every answer: addresses without their slash, caches, compression, pages of other sites, schemes."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.test import Client

from claims.models import Token
from claims.rest.middleware import MIN_SIZE
from tests import factories as make
from tests.claimsdb.test_settings import one_line, start
from tests.client import anonymous, change, problem, url, writer

pytestmark = pytest.mark.django_db

ZIPPED = {"HTTP_ACCEPT_ENCODING": "br;q=1.0, gzip;q=0.8, *;q=0.1"}


def token(name: str = "rita") -> str:
    user, _ = User.objects.get_or_create(username=name, is_superuser=True, is_staff=True)
    return str(Token.objects.create(user, name=f"{Token.objects.count()}")[1])


# Addresses without their slash


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/v1", "/api/v1/"),
        ("/api/v1/claims", "/api/v1/claims/"),
        ("/api/v1/claims?q=a%20b&status__in=refuted,supported", "/api/v1/claims/?q=a%20b&status__in=refuted,supported"),
        ("/api/v1/claims/nobody", "/api/v1/claims/nobody/"),
        ("/api/v1/schema?format=json", "/api/v1/schema/?format=json"),
        ("/api/v1/tokens", "/api/v1/tokens/"),
    ],
)
def test_a_read_without_the_slash_is_redirected(method: str, path: str, target: str) -> None:
    response = getattr(anonymous(), method)(path)
    assert response.status_code == 308
    assert response["Location"] == target
    assert response["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_without_the_slash_is_told_the_address(method: str) -> None:
    client = writer()
    body = problem(getattr(client, method)("/api/v1/claims", {"text": "x", "kind": "fact"}, format="json"), 404)
    assert "/api/v1/claims/" in body["detail"]
    assert "slash" in body["detail"]
    assert "slash" not in problem(getattr(client, method)("/api/v1/nothing"), 404)["detail"]


# Caches


def test_every_answer_has_a_word_for_caches() -> None:
    claim = make.make_claim()
    snapshot = make.make_snapshot()
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token()}")
    merged = make.make_actor(merged_into=make.make_actor())
    found = {
        path: (response.status_code, response["Cache-Control"])
        for path in (
            *(
                url(),
                url("claims"),
                url("claims", claim.pk),
                url("claims", claim.pk, "origins"),
                url("actors", merged.pk),
            ),
            *(url("snapshots", snapshot.pk, "coverage"), url("snapshots", snapshot.pk, "drift"), url("schema")),
            *(url("tokens"), url("nowhere"), url("claims", "nobody"), url("claims") + "?x=1", url("docs"), "/api"),
        )
        for response in [client.get(path)]
    }
    assert found == {
        url(): (200, "no-store"),
        url("claims"): (200, "no-cache"),
        url("claims", claim.pk): (200, "no-cache"),
        url("claims", claim.pk, "origins"): (200, "no-cache"),
        url("actors", merged.pk): (308, "no-cache"),
        url("snapshots", snapshot.pk, "coverage"): (200, "no-cache"),
        url("snapshots", snapshot.pk, "drift"): (200, "no-cache"),
        url("schema"): (200, "no-cache"),
        url("tokens"): (200, "no-store"),
        url("nowhere"): (404, "no-store"),
        url("claims", "nobody"): (404, "no-store"),
        url("claims") + "?x=1": (400, "no-store"),
        url("docs"): (200, "no-store"),
        "/api": (404, "no-store"),
    }
    for method, path in (("post", "tokens"), ("post", "claims"), ("delete", "claims"), ("options", "claims")):
        assert getattr(client, method)(url(path), {}, format="json")["Cache-Control"] == "no-store", (method, path)


# Compression


def long_list() -> str:
    for _ in range(20):
        make.make_claim()
    return url("claims")


def test_a_large_answer_is_compressed_where_that_is_asked_for() -> None:
    address = long_list()
    plain = anonymous().get(address)
    assert "Content-Encoding" not in plain
    packed = anonymous().get(address, **ZIPPED)
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content) == plain.content
    assert int(packed["Content-Length"]) == len(packed.content)
    for response in (plain, packed):
        assert "Accept-Encoding" in response["Vary"]
    small = anonymous().get(address, {"limit": 1}, **ZIPPED)
    assert len(small.content) < MIN_SIZE
    assert "Content-Encoding" not in small
    assert "gzip" not in anonymous().get(address, HTTP_ACCEPT_ENCODING="br").get("Content-Encoding", "")


def test_a_compressed_answer_has_a_strong_etag_of_its_own() -> None:
    address = long_list()
    plain, packed = anonymous().get(address), anonymous().get(address, **ZIPPED)
    assert packed["ETag"] == plain["ETag"][:-1] + '-gzip"'
    assert anonymous().get(address, **ZIPPED).content == packed.content  # to the bit
    for response in (plain, packed):
        for known in (response["ETag"], f"W/{response['ETag']}", f'"other", {response["ETag"]}'):
            for asked in ({}, ZIPPED):
                again = anonymous().get(address, HTTP_IF_NONE_MATCH=known, **asked)
                assert (again.status_code, again.content) == (304, b"")
                assert again["ETag"] == response["ETag"]
                assert again["Vary"] == response["Vary"]
    make.make_claim()
    assert anonymous().get(address, HTTP_IF_NONE_MATCH=packed["ETag"], **ZIPPED).status_code == 200


def test_what_was_read_compressed_can_be_changed() -> None:
    claim = make.make_claim(context="Long. " * 300)
    address = url("claims", claim.pk)
    packed = writer().get(address, **ZIPPED)
    assert packed["Content-Encoding"] == "gzip"
    assert change(address, {"context": "Short."}, If_Match=f"W/{packed['ETag']}").status_code == 412
    assert change(address, {"context": "Short."}, If_Match=packed["ETag"]).status_code == 200
    assert change(address, {"context": "Shorter."}, If_Match=packed["ETag"]).status_code == 412


def test_answers_with_secrets_are_not_compressed(client: Client) -> None:
    """Tokens, and pages with forms: the length of what is compressed gives away what stands in it (BREACH)."""
    secret = token()
    mine = anonymous()
    mine.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", **ZIPPED)
    for _ in range(20):
        mine.post(url("tokens"), {"name": f"a long name {_}" * 5}, format="json")
    listed = mine.get(url("tokens"))
    assert len(listed.content) > MIN_SIZE
    assert "Content-Encoding" not in listed
    login = client.get("/admin/login/", **ZIPPED)
    assert "csrfmiddlewaretoken" in login.content.decode()
    assert "Content-Encoding" not in login
    client.force_login(User.objects.get(username="rita"))
    for path in ("/admin/", "/admin/claims/claim/add/", long_list()):
        response = client.get(path, **ZIPPED)
        assert response.status_code == 200
        assert len(response.content) > MIN_SIZE
        assert "Content-Encoding" not in response, path


# Pages of other sites


@pytest.fixture
def site(settings: Any) -> Any:
    """A function that gives a client of a site with these CORS_ORIGINS."""

    def with_origins(*origins: str) -> Any:
        settings.CORS_ALLOW_ALL_ORIGINS = origins == ("*",)
        settings.CORS_ALLOWED_ORIGINS = [] if origins == ("*",) else list(origins)
        own = [name for name in configured.MIDDLEWARE if "cors" not in name]
        at = own.index("claims.rest.middleware.CompressionMiddleware")
        settings.MIDDLEWARE = [*own[:at], *["corsheaders.middleware.CorsMiddleware"] * bool(origins), *own[at:]]
        found = anonymous()
        found.handler._middleware_chain = None
        return found

    return with_origins


ORIGIN = {"HTTP_ORIGIN": "https://news.example"}


def test_other_sites_read_nothing_unless_they_are_named(site: Any) -> None:
    for client in (site(), site("https://other.example"), site("http://news.example")):
        for response in (client.get(url("claims"), **ORIGIN), preflight(client, "GET")):
            assert "Access-Control-Allow-Origin" not in response


def preflight(client: Any, method: str, **more: str) -> Any:
    return client.options(url("claims"), HTTP_ACCESS_CONTROL_REQUEST_METHOD=method, **ORIGIN, **more)


@pytest.mark.parametrize("origin", ["https://news.example", "*"])
def test_a_site_that_is_named_reads(site: Any, origin: str) -> None:
    client = site(origin)
    for path, status in (
        (url("claims"), 200),
        (url("claims", "nobody"), 404),
        (url("nowhere"), 404),
        ("/api/v1/claims", 308),
    ):
        response = client.get(path, **ORIGIN)
        assert response.status_code == status
        assert response["Access-Control-Allow-Origin"] == origin
        assert "Access-Control-Allow-Credentials" not in response
        exposed = set(response["Access-Control-Expose-Headers"].split(", "))
        assert exposed >= {"ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-ID"}
        assert "origin" in response["Vary"].lower()
    assert "Access-Control-Allow-Origin" not in client.get("/", **ORIGIN)
    asked = preflight(client, "GET", HTTP_ACCESS_CONTROL_REQUEST_HEADERS="if-none-match")
    assert set(asked["Access-Control-Allow-Methods"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert "if-none-match" in asked["Access-Control-Allow-Headers"]
    assert "authorization" not in asked["Access-Control-Allow-Headers"].lower()


def test_one_above_its_limit_reads_that(site: Any, settings: Any) -> None:
    from claims.limits import counters
    from claims.limits.rates import Rate

    counters.clear()
    settings.RATES = settings.RATES | {"anonymous": Rate("anonymous", 1, 60)}
    client = site("https://news.example")
    assert [client.get(url("claims"), **ORIGIN).status_code for _ in range(2)] == [200, 429]
    assert client.get(url("claims"), **ORIGIN)["Access-Control-Allow-Origin"] == "https://news.example"
    counters.clear()


@pytest.mark.parametrize(
    "value", ["news.example", "https://news.example/", "https://a.example,*", "https://*.example", "null"]
)
def test_what_is_no_origin_stops_every_command(value: str) -> None:
    assert one_line(start("manage.py", "check", SECRET_KEY="for tests only", CORS_ORIGINS=value)).startswith(
        "CORS_ORIGINS:"
    )


def test_origins_are_taken_from_the_environment() -> None:
    code = (
        "from django.conf import settings as s; print(s.CORS_ALLOWED_ORIGINS, any('cors' in m for m in s.MIDDLEWARE))"
    )
    for origins, expected in (
        ("", "[] False"),
        ("https://a.example,http://b:8000", "['https://a.example', 'http://b:8000'] True"),
    ):
        process = start("-c", code, SECRET_KEY="x", DJANGO_SETTINGS_MODULE="claimsdb.settings", CORS_ORIGINS=origins)
        assert process.communicate(timeout=60)[0].strip() == expected


# Schemes


@pytest.mark.parametrize("scheme", ["Token", "token", "Bearer", "bearer", "BEARER"])
def test_a_token_is_taken_under_either_scheme(scheme: str) -> None:
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token()}")
    assert client.get(url("tokens")).status_code == 200
    assert client.post(url("topics"), {"name": "x"}, format="json").status_code == 201


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "Bearer"),
        ("Token", "no token"),
        ("Bearer ", "no token"),
        ("Token a b", "invalid"),
        ("Digest x", "Digest"),
        ("{}", "Bearer"),
        ("Basic cml0YTp4", "POST /api/v1/tokens/"),
        ("Tokenx {}", "Bearer"),
        ("Bearer,Token {}", "Bearer"),
        ("\xe9\xff x", "Bearer"),
        ("Token \xe9", "not a token"),
    ],
)
def test_any_other_credentials_are_refused_even_to_read(header: str, said: str) -> None:
    client = anonymous()
    client.credentials(HTTP_AUTHORIZATION=header.replace("{}", token()))
    for response in (client.get(url("claims")), client.post(url("topics"), {"name": "x"}, format="json")):
        assert said.lower() in problem(response, 401)["detail"].lower()
        assert response["WWW-Authenticate"] == "Token, Bearer"


# An icon


def test_there_is_an_icon(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 302
    assert "max-age" in response["Cache-Control"]
    name = response["Location"].rpartition("/")[2].partition(".")[0]
    files = Path(configured.BASE_DIR, "claims/static/claims")
    assert (files / f"{name}.ico").read_bytes()[:4] == b"\0\0\1\0"
    for path in ("/", url("docs")):
        assert "favicon" in client.get(path).content.decode()
