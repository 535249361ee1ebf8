"""The number of random inputs per test: few in `make test`, a hundred times as many in `make prove`."""

import os
from typing import Any

from hypothesis import settings

FACTOR = 100 if os.environ.get("PROVE") == "on" else 1


def examples(few: int, **more: Any) -> settings:
    """Hypothesis settings with `few` random inputs, or a hundred times as many in `make prove`."""
    return settings(max_examples=few * FACTOR, deadline=None, **more)
