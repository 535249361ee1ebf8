"""Fuzzy dates: the days that an EDTF text can mean, compared with the edtf library."""

import re
from calendar import isleap
from datetime import date, timedelta

import pytest
from django.db import connection
from edtf import parse_edtf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.models import Claim
from claims.models.dates import read_day, reread_day
from claims.rest.schemas import patterns
from tests.amounts import examples


def bounds(value):
    """The first and the last day in ISO 8601, None if open or out of range; None if the date is invalid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT iso_day(lower(b)), iso_day(upper(b) - 1) FROM (SELECT edtf_bounds(%s) AS b) f WHERE b IS NOT NULL",
            [value],
        )
        return cursor.fetchone()


def written(year, month=None, day=None):
    """An EDTF date in any year of four digits."""
    parts = [f"-{-year:04}" if year < 0 else f"{year:04}", *(f"{part:02}" for part in (month, day) if part)]
    return "-".join(parts)


def oracle(value):
    found = parse_edtf(value)
    ends = found.lower_strict(), found.upper_strict()
    return tuple(None if isinstance(end, float) else written(*end[:3]) for end in ends)


YEARS_IN_REACH = st.integers(-4712, 9998)


@st.composite
def days(draw, years=YEARS_IN_REACH):
    """Year, month and day, as far as they are given."""
    year, like = draw(years), draw(st.dates(date(2000, 1, 1), date(2000, 12, 31)))
    return year, like.month, 28 if like.month == 2 and like.day == 29 and not isleap(year) else like.day


class TestDates(TestCase):
    """`edtf_bounds` against the edtf library."""

    precisions = st.integers(1, 3)
    marks = st.sampled_from(["", "?", "~", "%"])

    @examples(100)
    @given(day=days(), precision=precisions, mark=marks)
    def test_dates(self, day, precision, mark):
        value = written(*day[:precision]) + mark
        assert bounds(value) == oracle(value)

    @examples(60)
    @given(
        day=st.dates(date(1, 1, 1), date(9000, 1, 1)),
        shift=st.sampled_from([0, -800, -4400]),
        precision=precisions,
        length=st.timedeltas(timedelta(0), timedelta(400)),
        other=precisions,
        open_end=st.integers(0, 4),
        marks=st.tuples(marks, marks),
    )
    def test_intervals(self, day, shift, precision, length, other, open_end, marks):
        later = day + length
        days = [(d.year + shift, d.month, min(d.day, 28)) for d in (day, later)]
        sides = [written(*d[:p]) + m for d, p, m in zip(days, (precision, other), marks, strict=True)]
        if days[0][0] < -4712:
            return
        if open_end < 2:
            sides[open_end] = ".."
        value = "/".join(sides)
        first, last = oracle(value)
        order = [s and (int(s[:-6]), s[-5:]) for s in (first, last)]
        backwards = None not in order and order[0] > order[1]
        assert bounds(value) == (None if backwards else (first, last))

    @examples(60)
    @given(
        year=st.integers(-4712, 9999),
        month=st.integers(1, 12),
        form=st.sampled_from(["YYYX", "YYXX", "YYYY-XX", "YYYY-MM-XX", "YYYY-XX-XX"]),
    )
    def test_unspecified_digits(self, year, month, form):
        sign, digits = "-" if year < 0 else "", f"{abs(year):04}"
        value = (
            form.replace("YYYY", digits)
            .replace("YYY", digits[:3])
            .replace("YY", digits[:2])
            .replace("MM", f"{month:02}")
        )
        value = sign + value
        first, last = bounds(value)
        if sign and form.endswith("-XX"):  # the library swaps the bounds
            assert (first, last) == bounds(value[:5] if form.endswith("XX-XX") else value.removesuffix("-XX"))
            return
        if month == 2 and form.endswith("MM-XX"):  # the library knows no leap days here
            assert (first, last) == bounds(value.removesuffix("-XX"))
        elif sign and value in ("-000X", "-00XX"):  # there is no year -0000
            assert (first, last) == (oracle(value)[0], "-0001-12-31")
        elif first is None:  # some of the years are out of range
            assert int(digits[:4]) > 4700
        else:
            assert (first, last) == oracle(value)

    @examples(40)
    @given(year=st.integers(-4712, 9998), season=st.integers(21, 23))
    def test_seasons(self, year, season):
        value = f"{written(year)}-{season}"
        assert bounds(value) == oracle(value)

    @examples(40)
    @given(day=days(st.integers(0, 9999)), time=st.times(), zone=st.sampled_from(["", "Z", "+02:00", "-05", "+05:30"]))
    def test_times(self, day, time, zone):
        value = f"{written(*day)}T{time:%H:%M:%S}{zone}"
        assert bounds(value) == oracle(value) == (written(*day), written(*day))

    @examples(40)
    @given(day=days(st.integers(-4712, 9999)))
    def test_days_are_read_as_they_are_written(self, day):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::date, iso_day(%s::date)", [read_day(written(*day)), read_day(written(*day))])
            stored, iso = cursor.fetchone()
        assert iso == written(*day)
        assert stored == reread_day(str(stored)) == read_day(iso)
        assert isinstance(stored, date) == (day[0] > 0)

    def test_invalid_dates(self):
        for value in (
            *("", " ", "..", "../..", "/", "2024/2025/2026", "2024-00", "2024-13", "2024-01-00", "2024-04-31"),
            *("2023-02-29", "1900-02-29", "24", "20244", "+2024", "2024-1-1", "20240322", "-0001-02-29", "-0100-02-29"),
            *("2024 ", "2024-XX-01", "X024", "2X24", "XXXX", "201x", "2025/2024", "2024-03/2024-02", "2024??"),
            *("２０２４", "-0000", "-0000-01", "-44", "-0043/-0044", "0001/-0001", "Y2024", "Y02024", "Y-0044", "Y"),
            *(
                "Y20000-01",
                "Y20000/Y10001",
                "Y10001/2024",
                "2024/Y-10001",
                "2024-20",
                "2024-25",
                "2024-33",
                "2024-21-01",
            ),
            *("2024-22/2024-21", "2024-03-22T10:00", "2024-03-22T10", "2024-03-22T", "2024-03T10:00:00Z", "T10:00:00"),
            *("2024-03-22T24:00:00Z", "2024-03-22T10:60:00", "2024-03-22T10:00:00+25:00", "2024-02-30T10:00:00Z"),
            *("2024-03-22T10:00:00Z?", "2024-03-22T10:00:00Z/..", "../2024-03-22T10:00:00", "2024-03-22 10:00:00"),
        ):
            assert bounds(value) is None, value


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("-0043-03-15", "-0043-03-15", "-0043-03-15"),
        ("-0043", "-0043-01-01", "-0043-12-31"),
        ("0000", "0000-01-01", "0000-12-31"),
        ("0000-02", "0000-02-01", "0000-02-29"),
        ("-0004-02-29", "-0004-02-29", "-0004-02-29"),
        ("000X", "0000-01-01", "0009-12-31"),
        ("-000X", "-0009-01-01", "-0001-12-31"),
        ("-0043/0014", "-0043-01-01", "0014-12-31"),
        ("-4712", "-4712-01-01", "-4712-12-31"),
        ("-4713/2024", None, "2024-12-31"),
        ("9999-12-31", "9999-12-31", "9999-12-31"),
        ("9999-24", "9999-12-01", None),
        ("2024-21", "2024-03-01", "2024-05-31"),
        ("2023-24", "2023-12-01", "2024-02-29"),
        ("2024-24?", "2024-12-01", "2025-02-28"),
        ("-0001-24", "-0001-12-01", "0000-02-29"),
        ("2024-21/2024-23~", "2024-03-01", "2024-11-30"),
        ("2024?/", "2024-01-01", None),
        ("/2024%", None, "2024-12-31"),
        ("2024~/..", "2024-01-01", None),
        ("Y170000002", None, None),
        ("Y-170000002?", None, None),
        ("2024/Y12345", "2024-01-01", None),
        ("Y" + "9" * 60, None, None),
    ],
)
def test_distant_dates(value, first, last):
    assert bounds(value) == (first, last)


@pytest.mark.django_db
def test_dates_out_of_range_sort_first_or_last():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(edtf_bounds(v)), upper(edtf_bounds(v)) - 1 FROM unnest(%s::text[]) v", [["Y99999", "-4713"]]
        )
        assert cursor.fetchall() == [("infinity", "infinity"), ("-infinity", "-infinity")]


@pytest.mark.parametrize(
    "text", ["2023-02-29", "-0001-02-29", "-0000-01-01", "2024-3-1", "20240301", "", "2024-03", "x"]
)
def test_invalid_days(text):
    for read in (read_day, reread_day):
        with pytest.raises(ValueError, match=r"day is out of range|^$|[-x0-9]+"):
            read(text)


YEARS = ["0000", "0001", "0010", "0100", "1000", "2023", "2024", "000X", "00XX", "202X", "20XX", "2XXX", "24", "20240"]
YEARS += ["-0043", "-0000", "-0040", "-000X", "-9999", "Y20240", "Y-20240", "Y2024"]
RESTS = ["", "-01", "-12", "-13", "-00", "-1", "-XX", "-XX-XX", "-XX-01", "-02-29", "-04-31", "-02-XX", "-02-00", "-"]
RESTS += [
    "-20",
    "-21",
    "-24",
    "-25",
    "-21-01",
    "-03-22T10:00:00",
    "-03-22T10:00:00Z",
    "-03-22T24:00:00-05:30",
    "T10:00:00",
]
RESTS += ["-03-22T09:59:59-05:30", "-03-22T09:59:59+14"]
MARKS = ["", "?", "~", "%", "??", " ", "X"]


@pytest.mark.django_db
def test_the_pattern_in_the_description_is_what_the_database_reads() -> None:
    sides = [f"{year}{rest}{mark}" for year in YEARS for rest in RESTS for mark in MARKS]
    ends = ("", "..", "2000", "2000-02", "0000", "-0043", "2000-22?", "Y20240")
    intervals = [f"{a}/{b}" for a in ends for b in (*ends, "2024-02-XX~")]
    opened = [*(f"{side}/.." for side in sides), *(f"../{side}" for side in sides)]
    texts = [*sides, *intervals, *opened, "..", "x", "2024/2025/2026"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT t FROM unnest(%s::text[]) t WHERE edtf_bounds(t) IS NOT NULL", [texts])
        read = {text for (text,) in cursor.fetchall()}
    pattern = re.compile(patterns(Claim)["occurred"])
    fits = {text for text in texts if pattern.fullmatch(text)}
    assert read <= fits
    # beyond a pattern: days that don't exist, and intervals that end before they begin
    unread = fits - read - set(intervals)
    assert {re.sub(r"^\.\./|/\.\.$|[?~%]", "", text)[-6:] for text in unread} == {"-02-29", "-04-31"}
    assert all(None not in (bounds(side) for side in text.split("/")) for text in (fits - read) & set(intervals))
    assert {"2024-02-29", "2024-02-29?", "../2024-02-29", "2024-21", "-0043", "0000", "Y20240?"} <= read
    assert {"2024-03-22T10:00:00", "2024-03-22T10:00:00Z", "0000-03-22T09:59:59+14"} <= read
