"""The settings of gunicorn. Address, port and number of workers come from the environment."""

import os
import sys
from typing import Any

wsgi_app = "claimsdb.wsgi"
bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Each thread keeps its own database connection, opened after the fork.
worker_class = "claimsdb.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
limit_request_line = 8190  # a filter may list hundreds of ids
# Idle connections occupy no thread; keep them long enough for a reader or a proxy to send the next request.
keepalive = 15
# A worker whose loop hangs is killed after `timeout`. On a restart, running requests have `graceful_timeout` to finish,
# which is longer than a statement may run. Workers don't grow over time, so there is no `max_requests`.
timeout = 30
graceful_timeout = 30
control_socket_disable = True
logger_class = "claimsdb.worker.Logger"
AT_TERMINAL = sys.stderr.isatty()
os.environ.setdefault("LOG_FORMAT", "line" if AT_TERMINAL else "json")


def on_starting(server: Any) -> None:
    """Exit with a one-line error if the database can't be used. Keeps the private server running."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connection

    # its memory is mapped on import; do that before the fork, so that workers share it
    import claims.limits.counters  # noqa: F401
    from claimsdb.postgresql.connection import Unusable

    try:
        connection.ensure_connection()
        connection.close()
    except (ImproperlyConfigured, Unusable) as error:
        sys.exit(" ".join(str(error).split()))


def when_ready(server: Any) -> None:
    site = f"http://{bind}"
    if AT_TERMINAL:
        sys.stderr.write(f"Site:  {site}/\nAdmin: {site}/admin/\nAPI:   {site}/api/v1/docs/\n")
    else:
        server.log.info("The site: %s/  The admin: %s/admin/  The API: %s/api/v1/docs/", site, site, site)
