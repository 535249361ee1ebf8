"""The WSGI application that gunicorn serves."""

import os

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries

from claimsdb.postgresql.base import DatabaseWrapper

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")

application = get_wsgi_application()
# Once per request is enough: Django sees to connections when a request ends too. Queries are logged only in DEBUG, and
# there is no cache to close.
request_started.disconnect(close_old_connections)
request_finished.disconnect(close_caches)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)
DatabaseWrapper.limit_statements(settings.STATEMENT_TIMEOUT)
