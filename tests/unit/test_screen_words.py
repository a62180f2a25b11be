"""Words of the screens: nothing is left untranslated, numbers are rounded once and written as the language does."""

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from dashboards.pages.migration_words import check_in_words, reason_in_words
from dashboards.words.amounts import (
    amount,
    energy_scale,
    money_scale,
    month_abbreviation,
    month_name,
    number,
    share_scale,
)
from dashboards.words.catalogue import CATALOGUE_DIR, LANGUAGES, SOURCE_LOCALE, Words, best_language
from operational_db.settings import REPOSITORY_DIR

MIGRATION_DIR = REPOSITORY_DIR / "legacy_migration"
REASONS = MIGRATION_DIR / "mappings" / "reason.csv"
LATER_DUMP = MIGRATION_DIR / "reconciliation" / "later_dump.py"
KEYWORDS = {"text": None, "sentence": (1,), "count": (1, 2), "RefusedInWords": (1,), "__init__": (1,)}
TRANSLATED = sorted(set(LANGUAGES) - {SOURCE_LOCALE})
ENGLISH, RUSSIAN = Words("en"), Words("ru")


def messages_in_the_code() -> set[str | tuple[str, ...]]:
    # Paper has words of its own.
    files = [("forms/**", "ignore"), ("bills/**", "ignore"), ("**.py", "python")]
    dashboards = Path(__file__).parents[2] / "dashboards"
    return {found[2] for found in extract_from_dir(dashboards, files, {}, KEYWORDS)}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_message_is_translated_and_none_is_left_over(locale: str) -> None:
    with (CATALOGUE_DIR / f"{locale}.po").open("rb") as file:
        catalogue = read_po(file, locale=locale, abort_invalid=True)
    whole = [
        m for m in catalogue if m.id and not m.fuzzy and all([m.string] if isinstance(m.string, str) else m.string)
    ]
    known = {tuple(m.id) if isinstance(m.id, (list, tuple)) else m.id for m in whole}
    assert known == messages_in_the_code()


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_translation_has_the_figures_of_its_sentence(locale: str) -> None:
    with (CATALOGUE_DIR / f"{locale}.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    for message in catalogue:
        for source in [message.id] if isinstance(message.id, str) else message.id:
            for translated in [message.string] if isinstance(message.string, str) else message.string:
                assert figures(translated) == figures(source) or not message.id, message.id


def figures(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


@pytest.mark.parametrize(
    ("value", "decimals", "english", "russian"),
    [
        (Decimal("1234567.85"), 1, "1,234,567.9", "1\u202f234\u202f567,9"),  # half away from zero
        (Decimal("-0.25"), 1, "\N{MINUS SIGN}0.3", "\N{MINUS SIGN}0,3"),
        (Decimal("-0.04"), 1, "0.0", "0,0"),  # no minus before nothing
        (0, 0, "0", "0"),
        (None, 1, "", ""),  # not known is blank
        (10**18, 0, "1,000,000,000,000,000,000", "\u202f".join(["1", *["000"] * 6])),
    ],
)
def test_a_number_is_written_as_the_language_does(
    value: Decimal | int | None, decimals: int, english: str, russian: str
) -> None:
    assert number(ENGLISH, value, decimals) == english
    assert number(RUSSIAN, value, decimals) == russian


def test_a_column_has_one_scale_by_its_largest_figure() -> None:
    assert energy_scale(ENGLISH, [Decimal("9999.4"), None, Decimal(-3)]).unit == "kWh"
    megawatt_hours = energy_scale(ENGLISH, [Decimal(10_000), Decimal(5)])
    assert (megawatt_hours.unit, amount(ENGLISH, Decimal(5), megawatt_hours)) == ("MWh", "0.0")
    assert energy_scale(RUSSIAN, [Decimal(-10_000_000)]).unit == "ГВт·ч"
    assert energy_scale(ENGLISH, []).unit == "kWh"

    # 43,200,300.00 UZS in the smallest coin
    millions = money_scale(ENGLISH, [4_320_030_000], "UZS", 100)
    assert (amount(ENGLISH, 4_320_030_000, millions), millions.unit) == ("43.2", "million UZS")
    assert money_scale(ENGLISH, [10**15], "IRR", 1).unit == "billion IRR"
    assert amount(ENGLISH, Decimal("0.14105"), share_scale()) == "14.1"
    assert amount(ENGLISH, Decimal("0.067"), share_scale(), signed=True) == "+6.7"


def test_months_are_short_enough_for_an_axis() -> None:
    march = date(2026, 3, 1)
    assert (month_name(ENGLISH, march), month_name(RUSSIAN, march)) == ("March 2026", "март 2026")
    assert (month_abbreviation(ENGLISH, march), month_abbreviation(RUSSIAN, march)) == ("Mar", "мар")


def test_counted_words_follow_the_number() -> None:
    feeders = [RUSSIAN.count("{count} feeder", "{count} feeders", number) for number in (1, 3, 5)]
    assert feeders == ["1 фидер", "3 фидера", "5 фидеров"]


def test_the_chosen_language_goes_before_the_browsers() -> None:
    assert best_language("ru", ["en"]) == "ru"
    assert best_language(None, ["de", "ru"]) == "ru"
    assert best_language("../../etc", ["xx"]) == "en"


def test_every_reason_and_check_of_a_migration_is_told_in_words() -> None:
    words = Words("en")
    with REASONS.open(encoding="utf-8", newline="") as file:
        reasons = [row["reason_code"] for row in csv.DictReader(file)]
    rules = "".join(path.read_text(encoding="utf-8") for path in sorted(MIGRATION_DIR.rglob("*.sql")))
    named = re.findall(r"INTO migration\.difference[^;]*?:load_id, '([A-Z_]+)'", rules)
    checks = {*named, *re.findall(r"'([A-Z]+_SINCE_LOAD|FILE_GONE)'", LATER_DUMP.read_text(encoding="utf-8"))}
    assert len(checks) > 10
    assert [code for code in reasons if reason_in_words(words, code) == code] == []
    assert [code for code in sorted(checks) if check_in_words(words, code) == code] == []
