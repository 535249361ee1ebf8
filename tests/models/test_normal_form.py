"""The normal form in which texts are searched and compared."""

import sys
import unicodedata

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from claims.models.normal import is_blank, normal_forms, trimmed
from tests.amounts import examples


def in_normal_form(text):
    return normal_forms([text])[text]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", ""),
        ("The  CEO\tof\nOrrabank ", "the ceo of orrabank"),
        ("gov\u00adern\u00adment", "government"),
        ("\u202a#Marden\u202c", "#marden"),
        ("CEO\u200b of", "ceo of"),
        ("Cafe\u0301", "café"),
        ("Cafe\u200b\u0301", "café"),
        ("‘a’ “b” «c» `d´", "'a' \"b\" \"c\" 'd'"),
        ("1939–1945 — a−b", "1939-1945 - a-b"),
        ("ＡＢＣ１２３", "abc123"),
        ("𝐁𝐫𝐞𝐚𝐤𝐢𝐧𝐠 ﬁre", "breaking fire"),
        ("می\u200cخواهم", "میخواهم"),
        ("क्\u200dष", "क्ष"),
        ("👩\u200d👩\u200d👧\ufe0f", "👩👩👧"),
        ("a\u00a0\u3000b\u2028c\u2800d", "a b c d"),
        ("…", "..."),
        ("МОСКВА", "москва"),
    ],
)
def test_normal_forms(text, form):
    assert in_normal_form(text) == form


@pytest.mark.django_db
def test_the_database_and_python_agree_on_blank_characters():
    """For every character of Unicode."""
    with connection.cursor() as cursor:
        codes = [c for c in range(1, sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
        cursor.execute("SELECT c FROM unnest(%s::int[]) c WHERE normal_form(chr(c)) = ''", [codes])
        nothing = {code for (code,) in cursor}
    assert nothing == {code for code in codes if is_blank(chr(code))}
    # what shows is no letter, digit or sign of a script
    assert not {unicodedata.category(chr(c))[0] for c in nothing} & set("NPL") - {"L"}
    assert {chr(c) for c in nothing if unicodedata.category(chr(c))[0] == "L"} == set("\u115f\u1160\u3164\uffa0")


def test_only_the_ends_are_trimmed():
    assert trimmed("\ufeff\u200b a \u200d b\u00ad\n") == "a \u200d b"
    assert trimmed("\u200b") == ""


class TestForms(TestCase):
    texts = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)

    @examples(200)
    @given(text=texts)
    def test_it_is_idempotent(self, text):
        form = in_normal_form(text)
        assert in_normal_form(unicodedata.normalize("NFD", text)) == in_normal_form(unicodedata.normalize("NFC", text))
        assert form == form.strip()
        assert (form == "") == is_blank(text)


@pytest.mark.django_db
def test_a_dump_restores_without_a_search_path():
    """pg_dump sets an empty search path."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', '', true)")
        cursor.execute(
            "CREATE TEMPORARY TABLE restored (name text CHECK (public.normal_form(name) <> ''), days daterange "
            "GENERATED ALWAYS AS (public.edtf_bounds(name)) STORED)"
        )
        cursor.execute("CREATE UNIQUE INDEX ON restored (public.normal_form(name))")
        cursor.execute("INSERT INTO restored VALUES ('É'), ('2024-21')")
        with pytest.raises(IntegrityError, match="unique"), transaction.atomic():
            cursor.execute("INSERT INTO restored VALUES ('e\u0301')")
