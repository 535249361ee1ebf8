"""Django's settings. docs/settings.md describes the environment variables."""

import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import pgtrigger.core
from django.core.exceptions import ImproperlyConfigured

from claims.limits.rates import Rate
from claimsdb.logs import configuration

BASE_DIR = Path(__file__).resolve().parent.parent

# Any variable can also come from a file: SECRET_KEY_FILE is the path of a file that contains SECRET_KEY.
env = environ.FileAwareEnv()


def flag(name: str, *, default: bool) -> bool:
    """The value of an on/off variable. Raises ImproperlyConfigured for others, which environ would read as off."""
    text = env.str(name, default="on" if default else "off").strip().lower()
    if text not in (*env.BOOLEAN_TRUE_STRINGS, "off", "false", "no", "n", "0"):
        raise ImproperlyConfigured(f"{name} must be on or off, not “{text}”.")
    return text in env.BOOLEAN_TRUE_STRINGS


def number(name: str, *, default: float, least: float) -> float:
    """The value of a numeric variable, an int if the default is one. Raises ImproperlyConfigured if it is invalid."""
    text = env.str(name, default=str(default))
    try:
        value: float = type(default)(text)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise ImproperlyConfigured(f"{name} must be {kind}, {least:g} or more, not “{text}”.")
    return value


DEBUG = flag("DEBUG", default=False)
DATA = Path(env.str("CLAIMSDB_DATA", default=str(BASE_DIR / ".data"))).resolve()

SECRET_KEY = env.str("SECRET_KEY", default="no secret: DEBUG is on" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Set it to at least 50 random characters, or set SECRET_KEY_FILE to a file that "
        "contains them (`make run` creates one in .data/secret_key), or set DEBUG=on on your own machine."
    )

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The site is served over https, and http requests are redirected. Off to use http on your own machine.
HTTPS = flag("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS

# Whether new records are public at once, or in preparation until a reviewer releases them.
NEW_RECORDS = env.str("NEW_RECORDS", default="public")
if NEW_RECORDS not in ("public", "in_preparation"):
    raise ImproperlyConfigured(f"NEW_RECORDS must be public or in_preparation, not “{NEW_RECORDS}”.")
NEW_RECORDS_ARE_HIDDEN = NEW_RECORDS == "in_preparation"

# Nobody publishes a verdict of which they wrote any word. Off for a desk of one: its verdicts say so for good.
FOUR_EYES = flag("FOUR_EYES", default=True)
# The slug of the actor that issues our own verdicts: its first on a claim becomes the position of record. If it is
# empty, the first of anybody does.
DESK = env.str("DESK", default="claimsdb-desk")

# The folder of the sources' texts, which we may not publish; None if you don't have them.
CLAIMSDB_TEXTS = Path(env.str("CLAIMSDB_TEXTS")) if env.str("CLAIMSDB_TEXTS", default="") else None

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "knox",
    "axes",
    "claims",
]

MIDDLEWARE = [
    "claimsdb.middleware.RequestMiddleware",
    "claimsdb.headers.HeadersMiddleware",
    "claimsdb.health.HealthMiddleware",
    "claims.rest.middleware.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "claims.rest.middleware.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "claimsdb.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Sites whose pages may read the API from a browser. They read unauthenticated and can't write.
CORS_ORIGINS = env.list("CORS_ORIGINS", default=[])
for origin in CORS_ORIGINS:
    if not re.fullmatch(r"\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?", origin) or (
        "*" in CORS_ORIGINS and len(CORS_ORIGINS) > 1
    ):
        raise ImproperlyConfigured(
            f"CORS_ORIGINS: “{origin}” is not an origin. List origins such as https://example.org, separated by "
            "commas, or * alone."
        )
if CORS_ORIGINS:
    # before any middleware that may respond, so that scripts can read errors too
    MIDDLEWARE.insert(
        MIDDLEWARE.index("claims.rest.middleware.CompressionMiddleware"), "corsheaders.middleware.CorsMiddleware"
    )
CORS_ALLOW_ALL_ORIGINS = CORS_ORIGINS == ["*"]
CORS_ALLOWED_ORIGINS = [] if CORS_ALLOW_ALL_ORIGINS else CORS_ORIGINS
CORS_URLS_REGEX = "^/api/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "if-none-match", "x-request-id"]
CORS_EXPOSE_HEADERS = ["ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"]

ROOT_URLCONF = "claimsdb.urls"
WSGI_APPLICATION = "claimsdb.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # before Django's own templates, so that ours override those of the admin
        "DIRS": [BASE_DIR / "claims" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database


def database() -> dict[str, Any]:
    """The database in DATABASE_URL, or the private one in the data folder. Raises ImproperlyConfigured."""
    if not env.str("DATABASE_URL", default=""):
        return {"NAME": "claimsdb", "USER": "postgres", "EMBEDDED": DATA / "postgres"}
    try:
        parsed = env.db_url("DATABASE_URL", engine="claimsdb.postgresql")
        valid = env.str("DATABASE_URL").startswith(("postgres://", "postgresql://")) and parsed["NAME"]
    except Exception:
        valid = False
    if not valid:
        # Show neither the value nor the original error: they contain the password.
        raise ImproperlyConfigured(
            "DATABASE_URL is invalid: write it as postgres://user:password@host:port/name, "
            "with characters such as @ : / in the password as %40 %3A %2F."
        ) from None
    return parsed


# Seconds that one SQL statement of the site may run. Commands have no limit.
STATEMENT_TIMEOUT = number("STATEMENT_TIMEOUT", default=15.0, least=0)
# The same for unauthenticated API requests.
ANONYMOUS_STATEMENT_TIMEOUT = number("ANONYMOUS_STATEMENT_TIMEOUT", default=2.0, least=0)
DATABASE = database()
DATABASES = {
    "default": DATABASE
    | {
        "ENGINE": "claimsdb.postgresql",
        # Each thread of the server keeps its connection and checks before each request that it still works.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 10,
            # Without these, a server that vanished from the network would be given up only after many minutes.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 20_000,
            "prepare_threshold": 1,
            "options": "-c jit=off -c plan_cache_mode=force_generic_plan -c random_page_cost=1.1",
        }
        | DATABASE.get("OPTIONS", {}),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The history keeps the old row on update and delete. Inserts need no entry: the row itself shows them.
PGHISTORY_LEVEL = pgtrigger.core.Statement
PGHISTORY_APPEND_ONLY = True
# Reads change nothing, so they need no context in the history.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
# The same clock as `updated_at`, so that one version of a row ends when the next begins.
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"

# Users and sessions

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "claims.accounts.passwords.RevokesTokens"}]
LOGIN_URL = "admin:login"
# where a login leads if the requested page is not on this site
LOGIN_REDIRECT_URL = "admin:index"

# Whether the record can be read without signing in.
ANONYMOUS_READING = flag("ANONYMOUS_READING", default=True)

# 12 hours from signing in, regardless of activity: extending a session would take a write per request.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# The number of proxies in front of the site, which are trusted to state the client address.
PROXIES = number("PROXIES", default=0, least=0)

# Failed logins count per name and address, so that guessing someone's password doesn't lock them out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
# Attempts during a lockout don't extend it, and write nothing.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "claims.limits.addresses.address"
AXES_LOCKOUT_CALLABLE = "claims.accounts.lockout.answer"

# The API


def rate(name: str, text: str) -> Rate | None:
    """The rate in a variable RATE_…; None if it is off. Raises ImproperlyConfigured."""
    try:
        return Rate.read(name, text)
    except ValueError as error:
        raise ImproperlyConfigured(f"RATE_{name.upper()}: {error}") from None


RATES = {
    "anonymous": rate("anonymous", env.str("RATE_ANONYMOUS", default="1200/minute")),
    "user": rate("user", env.str("RATE_USER", default="6000/minute")),
    "failed": rate("failed", env.str("RATE_FAILED", default="100/minute")),
}
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "claims.rest.openapi.schema.RecordSchema",
    "DEFAULT_RENDERER_CLASSES": ["claims.rest.renderers.FragmentRenderer"],
    "DEFAULT_PARSER_CLASSES": ["claims.rest.parsers.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "claims.rest.authentication.HashedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["claims.rest.permissions.RolePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["claims.rest.throttles.RateThrottle"],
    "DEFAULT_PAGINATION_CLASS": "claims.rest.pages.KeysetPagination",
    "EXCEPTION_HANDLER": "claims.rest.problems.handler",
    "NON_FIELD_ERRORS_KEY": "record",
    "URL_FORMAT_OVERRIDE": None,
}
KNOX_TOKEN_MODEL = "claims.Token"  # noqa: S105 (a name, not a token)
REST_KNOX = {"TOKEN_TTL": timedelta(days=90)}

SPECTACULAR_SETTINGS = {
    "TITLE": "claimsdb",
    "DESCRIPTION": "Who claimed what, where, on what evidence, and what became of it.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["claims.rest.permissions.RolePermission"],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "claims.rest.openapi.schema.nothing_required_in_answers",
        "claims.rest.openapi.schema.shared_choices",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ClaimStatus": "claims.models.choices.Status",
        "VerdictState": "claims.models.choices.VerdictState",
        "ClaimKind": "claims.models.choices.ClaimKind",
        "ActorKind": "claims.models.choices.ActorKind",
        "ActorNameKind": "claims.models.choices.NameKind",
        "SourceKind": "claims.models.choices.SourceKind",
        "TopicKind": "claims.models.choices.TopicKind",
        "RelationKind": "claims.models.choices.RelationKind",
        "ErratumKind": "claims.models.choices.ErratumKind",
        "ReasonKind": "claims.models.choices.ReasonKind",
        "AssertionStance": "claims.models.choices.AssertionStance",
        "EvidenceStance": "claims.models.choices.EvidenceStance",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Language, time, files

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "claimsdb.formats"

# No form accepts files. A small upload is read into memory, a large one is skipped; none is written to disk.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOGGING = configuration(env.str("LOG_FORMAT", default="line"))
