"""Fuzzy dates: the days that an EDTF text can mean, held against the edtf library."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from edtf import parse_edtf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.models import Claim
from claims.rest.schemas import patterns
from tests.amounts import examples


class TestDates(TestCase):
    """`edtf_bounds` against the edtf library."""

    days = st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 30))
    forms = st.sampled_from(["%Y-%m-%d", "%Y-%m", "%Y"])
    marks = st.sampled_from(["", "?", "~", "%"])

    @staticmethod
    def bounds(value):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT lower(b), upper(b) - 1 FROM (SELECT edtf_bounds(%s) AS b) f WHERE b IS NOT NULL", [value]
            )
            return cursor.fetchone()

    @staticmethod
    def oracle(value):
        found = parse_edtf(value)
        ends = found.lower_strict(), found.upper_strict()
        return tuple(None if isinstance(end, float) else date(*end[:3]) for end in ends)

    @staticmethod
    def write(day, form):
        return form.replace("%Y", f"{day.year:04}").replace("%m", f"{day.month:02}").replace("%d", f"{day.day:02}")

    @examples(60)
    @given(day=days, form=forms, mark=marks)
    def test_dates(self, day, form, mark):
        value = self.write(day, form) + mark
        assert self.bounds(value) == self.oracle(value)

    @examples(40)
    @given(
        day=days,
        form=forms,
        length=st.timedeltas(timedelta(0), timedelta(400)),
        other=forms,
        open_end=st.integers(0, 4),
    )
    def test_intervals(self, day, form, length, other, open_end):
        later = min(day, date(9990, 1, 1)) + length
        sides = [self.write(min(day, later), form), self.write(later, other)]
        if open_end < 2:
            sides[open_end] = ".."
        value = "/".join(sides)
        first, last = self.oracle(value)
        backwards = first is not None and last is not None and first > last
        assert self.bounds(value) == (None if backwards else (first, last))

    @examples(60)
    @given(
        year=st.integers(1, 9999),
        month=st.integers(1, 12),
        form=st.sampled_from(["YYYX", "YYXX", "YYYY-XX", "YYYY-MM-XX"]),
    )
    def test_unspecified_digits(self, year, month, form):
        digits = f"{year:04}"
        value = (
            form.replace("YYYY", digits)
            .replace("YYY", digits[:3])
            .replace("YY", digits[:2])
            .replace("MM", f"{month:02}")
        )
        first, last = self.bounds(value)
        if month == 2 and form.endswith("MM-XX"):  # the library knows no leap days here
            assert (first, last) == self.bounds(value.removesuffix("-XX"))
        else:
            assert (max(first, date(1, 1, 1)), last) == self.oracle(
                value.replace("000X", "0001/0009").replace("00XX", "0001/0099")
            )

    def test_what_is_no_date(self):
        for value in (
            *("", " ", "..", "../..", "/", "2024/2025/2026", "2024-00", "2024-13", "2024-01-00", "2024-04-31", "0000"),
            *("2023-02-29", "1900-02-29", "24", "20244", "+2024", "-0044", "2024-1-1", "20240322", "2024-03-22T10:00"),
            *(
                "2024 ",
                "2024-XX-01",
                "X024",
                "2X24",
                "XXXX",
                "201x",
                "2025/2024",
                "2024-03/2024-02",
                "2024??",
                "２０２４",
            ),
        ):
            assert self.bounds(value) is None, value


YEARS = ["0000", "0001", "0010", "0100", "1000", "2023", "2024", "000X", "00XX", "202X", "20XX", "2XXX", "24", "20240"]
RESTS = ["", "-01", "-12", "-13", "-00", "-1", "-XX", "-XX-XX", "-XX-01", "-02-29", "-04-31", "-02-XX", "-02-00", "-"]
MARKS = ["", "?", "~", "%", "??", " ", "X"]


@pytest.mark.django_db
def test_the_pattern_in_the_description_is_what_the_database_reads() -> None:
    sides = [f"{year}{rest}{mark}" for year in YEARS for rest in RESTS for mark in MARKS]
    intervals = [
        f"{a}/{b}" for a in ("", "..", "2000", "2000-02", "0000") for b in ("", "..", "2024", "2024-02-XX~", "0000")
    ]
    texts = [
        *sides,
        *intervals,
        *(f"{side}/.." for side in sides),
        *(f"../{side}" for side in sides),
        "..",
        "x",
        "2024/2025/2026",
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT t FROM unnest(%s::text[]) t WHERE edtf_bounds(t) IS NOT NULL", [texts])
        read = {text for (text,) in cursor.fetchall()}
    pattern = re.compile(patterns(Claim)["occurred"])
    fits = {text for text in texts if pattern.fullmatch(text)}
    assert read <= fits
    # what no pattern tells: days that their month hasn't
    assert {re.sub(r"^\.\./|/\.\.$|[?~%]", "", text)[-6:] for text in fits - read} == {"-02-29", "-04-31"}
    assert {"2024-02-29", "2024-02-29?", "../2024-02-29"} <= read
