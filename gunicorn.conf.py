"""How gunicorn serves the application. Address, port and number of workers come from the environment."""

import os
import sys
from typing import Any

wsgi_app = "claimsdb.wsgi"
bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Threads share a worker's database connections; workers share nothing, and each opens its own after the fork.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
limit_request_line = 8190  # a filter may list hundreds of ids
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Say in one line what would stop every worker, before there are any. Holds the private server as well."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connection

    # mapped here, before the workers are forked, so that they share it
    import claimsdb.counters  # noqa: F401
    from claimsdb.postgresql.connection import Unusable

    try:
        connection.ensure_connection()
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    except (ImproperlyConfigured, Unusable) as error:
        sys.exit(" ".join(str(error).split()))


def when_ready(server: Any) -> None:
    site = f"http://{bind}"
    server.log.info("The site: %s/  The admin: %s/admin/  The API: %s/api/v1/docs/", site, site, site)
