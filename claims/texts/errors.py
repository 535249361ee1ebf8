"""What goes wrong with texts."""


class TooMuchWork(Exception):
    """Something would take longer to work out than a request may. The message says why."""
