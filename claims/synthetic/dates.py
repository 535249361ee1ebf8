"""Days from 2000 to 2025, later ones more often, and EDTF dates."""

from datetime import date, timedelta
from random import Random

from claims.synthetic.chance import Mix

FIRST, LAST = date(2000, 1, 1), date(2025, 12, 31)
#: ISO dates by day number; 0 is 2000-01-01.
DAYS = [(FIRST + timedelta(days)).isoformat() for days in range((LAST - FIRST).days + 1)]
LAST_DAY = len(DAYS) - 1
_FORMS = Mix({"day": 55, "month": 15, "year": 10, "range": 8, "about": 4, "unknown": 8})
_POOL = 20_000


def recent(rng: Random, count: int) -> list[int]:
    """Random day numbers, a third of them in the last tenth of the years (by a square law)."""
    return [int((1 - rng.random() ** 2) * LAST_DAY) for _ in range(count)]


def edtf_pool(rng: Random) -> list[str]:
    """EDTF dates to draw from: days, months, years, ranges, approximate dates, and empty strings."""
    return [_edtf(form, day, rng) for form, day in zip(_FORMS.draw(rng, _POOL), recent(rng, _POOL), strict=True)]


def _edtf(form: str, day: int, rng: Random) -> str:
    text = DAYS[day]
    match form:
        case "day":
            return text
        case "month":
            return text[:7]
        case "year":
            return text[:4]
        case "range":
            return f"{text}/{DAYS[min(LAST_DAY, day + rng.randint(1, 90))]}"
        case "about":
            return rng.choice([f"{text[:7]}~", f"{text[:4]}?", f"{text[:3]}X", f"{text[:4]}/.."])
        case _:
            return ""
