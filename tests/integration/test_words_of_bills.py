"""No word on a bill stays English in another language: codes of the reference data, sentences that the book writes."""

import csv
import re
from collections.abc import Iterator
from itertools import product
from string import Formatter

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from dashboards.bills.page import DOCUMENTS, MEASURED_KINDS
from dashboards.bills.sentences import in_language, sentences
from dashboards.bills.words import BillWords, words_by_language
from operational_db.schema.catalogue import ROOM

OTHER_LANGUAGES = tuple(language for language in words_by_language() if language != "en")
REFERENCE = ROOM / "reference"


def _codes(file: str, column: str) -> set[str]:
    with (REFERENCE / file).open(encoding="utf-8") as rows:
        return {row[column] for row in csv.DictReader(rows)}


def _fields(text: str) -> list[str]:
    return sorted(field for _, field, _, _ in Formatter().parse(text) if field)


def test_every_language_has_every_word_with_its_figures() -> None:
    by_language = {
        language: {word: _fields(text) for word, text in words.items()}
        for language, words in words_by_language().items()
    }
    for language, figures in by_language.items():
        assert figures == by_language["en"], language


def test_every_sentence_is_told_in_every_language_with_its_figures() -> None:
    for told in sentences():
        assert set(told) == set(words_by_language())
        for language, text in told.items():
            assert _fields(text) == _fields(told["en"]), (language, text)
            assert language == "en" or text != told["en"]


def test_codes_that_a_bill_can_hold_have_words(database: psycopg.Connection) -> None:
    allowed = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass"
    energy_kinds, operations = (
        database.execute(allowed, [f"{table}_kind_ck", f"ops.{table}"]).fetchone()[0]
        for table in ("measured_energy", "meter_operation")
    )
    codes = {
        # A reading that somebody of the supplier took needs no word beside it.
        "reading": _codes("reading_kind.csv", "kind") - MEASURED_KINDS,
        "zone": _codes("zone.csv", "zone_code"),
        "tariff": _codes("tariff.csv", "tariff_code"),
        "variant": _codes("tariff_step.csv", "variant") - {"all"},
        "basis": set(re.findall(r"'(\w+)'::text", energy_kinds)) | {"readings", "ordered"},
        "operation": set(re.findall(r"'(\w+)'::text", operations)),
        "event": {"quarantined", "released", "cancelled", "superseded"},
    }
    assert len(codes["basis"]) > 5
    assert len(codes["operation"]) == 8
    assert _codes("posting_rule.csv", "document_kind") <= DOCUMENTS
    for language, words in words_by_language().items():
        for kind, of_kind in codes.items():
            missing = {code for code in of_kind if f"{kind}_{code}" not in words}
            assert not missing, (language, kind)


# A string of SQL that is a sentence: it begins with a capital and ends with a full stop, or with words of its own.
_SENTENCE = re.compile(r"'((?:[^']|'')*)'(?:\s*\n\s*'((?:[^']|'')*)')?(?:\s*\n\s*'((?:[^']|'')*)')?")


def _sentences_of(file: str, function: str) -> Iterator[str]:
    """Sentences that a function writes, with figures that could stand in them."""
    text = (ROOM / file).read_text(encoding="utf-8")
    body = text[text.index(f"FUNCTION ops.{function}(") :]
    following = body.find("CREATE OR REPLACE", 1)
    for parts in _SENTENCE.findall(body if following == -1 else body[:following]):
        sentence = "".join(parts).replace("''", "'").replace("%%", "%")
        if re.match(r"[A-Z][a-z]* .*[.:]( %s)?$", sentence):
            yield sentence


@pytest.mark.parametrize(
    ("file", "function"),
    [
        ("billing/sql/preview.sql", "left_unbilled"),
        ("billing/sql/bill_routes.sql", "left_out_of_routes"),
    ],
)
def test_why_there_is_no_bill_is_told_in_the_language_of_the_list(file: str, function: str) -> None:
    found = 0
    for sentence in _sentences_of(file, function):
        # The one with figures: days without a price, all days, the first of them.
        filled = sentence.replace("%s", "3", 1).replace("%s", "31", 1).replace("%s", "2026-01-01")
        found += 1
        for language in OTHER_LANGUAGES:
            assert in_language(BillWords(language), filled) != filled, (language, filled)
    assert found


RULES = ("scales_in_doubt", "between", "decrease", "zone_sum", "load", "jump")
"""Rules by which a reading is held in quarantine."""


def test_a_doubt_of_the_judge_is_told_in_the_language_of_the_list(database: psycopg.Connection) -> None:
    figures = {
        "opening_kwh": "1200.5", "opening_on": "2026-01-01", "following_kwh": "1500", "following_on": "2026-03-01",
        "energy_kwh": "98900", "meter_kwh": "98900", "usual_kwh": "140.5",
        "believed_kwh": "900", "load_kwh": "4000", "parts_kwh": "300", "whole_kwh": "310",
    }  # fmt: skip
    for rule, usual_basis, scale in product(RULES, ("season", "year", "contract", None), ("", ", scale night")):
        doubt = database.execute(
            "SELECT ops.sentence_about_reading(%s, %s, %s)",
            [
                rule,
                f'99 of SA01/1/1#1 (meter "S1"{scale}) on 2026-02-01',
                Jsonb(figures | {"usual_basis": usual_basis}),
            ],
        ).fetchone()[0]
        for sentence in (doubt, f"The reading of 2026-02-01, 99, was quarantined: {doubt}"):
            _assert_is_told_in_every_language(sentence)


def _assert_is_told_in_every_language(sentence: str) -> None:
    for language in OTHER_LANGUAGES:
        said = in_language(BillWords(language), sentence)
        assert "01.02.2026" in said, (language, said)
        assert "The reading" not in said, (language, said)
        # Latin letters are left in the numbers of the meter and of the point alone; Uzbek is written in them.
        assert language == "uz" or not re.search(r"[A-Za-z]", re.sub(r"SA01/1/1#1|S1\b", "", said)), said


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "The reading of 2026-03-01, 9613, was superseded: What came for 2026-03 belongs to days that stand billed.",
            (
                "Показание на 01.03.2026, 9\u202f613: заменено. Поступившее за март 2026 относится к дням, "
                "которые уже были в счёте."
            ),
        ),
        (
            "Estimated for want of a reading; the reading of 2026-04-01 tells what was used.",
            "Было оценено, так как показания не было; сколько израсходовано, видно по показанию на 01.04.2026.",
        ),
        (
            "The reading of 2026-02-01, 500, was cancelled: Operation 7 (replace) was undone: Записан чужой счётчик.",
            "Показание на 01.02.2026, 500: отменено. Операция 7 (замена) отменена: Записан чужой счётчик.",
        ),
        (
            "The reading of 2026-02-01, 500, was released: Confirmed by dilnoza when entered: checked: it was a weld.",
            "Показание на 01.02.2026, 500: выпущено. Подтверждено при вводе (dilnoza): checked: it was a weld.",
        ),
        ("tariff of the point corrected", "tariff of the point corrected"),
    ],
)
def test_why_a_bill_was_made_anew_is_told_in_russian(sentence: str, told: str) -> None:
    assert in_language(BillWords("ru"), sentence) == told


@given(st.text(max_size=60), st.sampled_from(OTHER_LANGUAGES))
def test_a_clerk_may_write_any_reason(own_words: str, language: str) -> None:
    """Braces, line breaks, half a sentence of the book: words of a clerk come out as they were written."""
    told = in_language(BillWords(language), f"The reading of 2026-02-01, 500, was cancelled: -{own_words}")
    assert told.endswith(f"-{own_words}")
