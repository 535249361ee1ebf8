"""Errors of the work on texts."""


class TooMuchWork(Exception):
    """A computation would take longer than a request may. The message says why."""
