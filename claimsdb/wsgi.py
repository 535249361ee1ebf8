"""The application that gunicorn serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from claimsdb.postgresql.base import DatabaseWrapper

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")

application = get_wsgi_application()
DatabaseWrapper.keep_within(settings.STATEMENT_TIMEOUT)
