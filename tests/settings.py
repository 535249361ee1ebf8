"""The settings of an installation, for tests: no secret to keep, no https, nothing collected beforehand."""

import os

os.environ.setdefault("SECRET_KEY", "for tests only, " * 4)
os.environ.setdefault("HTTPS", "off")
# Requests are counted, and none is refused unless a test asks for it.
os.environ.setdefault("RATE_ANONYMOUS", "1000000000/second")
os.environ.setdefault("RATE_USER", "1000000000/second")
os.environ.setdefault("RATE_FAILED", "1000000000/second")

from claimsdb.settings import *  # noqa: F403 (Django's own way to build settings upon settings)
from claimsdb.settings import STORAGES

STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# A slow hash protects real passwords; here it would only make each login slow.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Looking through all collected files anew for each test client would take most of the time of the tests.
WHITENOISE_AUTOREFRESH = True
# The server finds static files where they are, as nothing is collected.
WHITENOISE_USE_FINDERS = True
