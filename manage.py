#!/usr/bin/env python
"""Django's command line. What stops a command before it begins is said in one line, without a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsdb.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from claimsdb.postgresql.connection import Unusable

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, Unusable) as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    main()
