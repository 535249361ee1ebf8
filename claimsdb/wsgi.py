"""The WSGI application that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from claimsdb.postgresql.base import DatabaseWrapper

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")

application = get_wsgi_application()
DatabaseWrapper.limit_statements(settings.STATEMENT_TIMEOUT)
