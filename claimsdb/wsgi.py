"""The application that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from claimsdb.postgresql.base import DatabaseWrapper
from claimsdb.worker import THREADS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")

application = get_wsgi_application()
DatabaseWrapper.keep_within(settings.STATEMENT_TIMEOUT)
# With fewer connections than threads, some would never get one.
DatabaseWrapper.kept = settings.POOL["max_size"] >= THREADS
