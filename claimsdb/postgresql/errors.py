"""Errors of the database engine that a person has to put right."""

from django.db import OperationalError


class Unreachable(OperationalError):
    """No connection to PostgreSQL. The message is for people, in one line, and holds no password."""
