"""How gunicorn serves the application. Address, port and number of workers come from the environment."""

import os
import sys
from typing import Any

from claimsdb.worker import THREADS

wsgi_app = "claimsdb.wsgi"
bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# Threads share a worker's database connections; workers share nothing, and each opens its own after the fork.
worker_class = "claimsdb.worker.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = THREADS
limit_request_line = 8190  # a filter may list hundreds of ids
# Open connections without a request cost no thread: kept long enough for a reader, or a proxy, to come back.
keepalive = 15
# A worker whose loop stands still is killed after `timeout`. Requests that run at a restart have `graceful_timeout` to
# end: longer than a statement may run. There is no `max_requests`: workers don't grow with time.
timeout = 30
graceful_timeout = 30
sendfile = False  # its waiting for a slow client has no end
control_socket_disable = True
logger_class = "claimsdb.worker.Logger"
# Nothing that comes with a request changes where the site is: a proxy that sends it on passes the path unchanged.
forwarder_headers = ""
AT_TERMINAL = sys.stderr.isatty()
os.environ.setdefault("LOG_FORMAT", "line" if AT_TERMINAL else "json")


def on_starting(server: Any) -> None:
    """Say in one line what would stop every worker, before there are any. Holds the private server as well."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connection

    # mapped here, before the workers are forked, so that they share it
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
