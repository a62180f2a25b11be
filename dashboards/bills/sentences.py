"""Sentences that the book keeps in English, in the language of the paper: why a bill was made anew, why there is none.

The book writes such a sentence once, with its figures; `sentences.yaml` has each with the figures in braces, in every
language. A sentence that is not among them is somebody's own words and stays as it was written.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Formatter

import yaml

from dashboards.bills.words import BillWords
from dashboards.words.amounts import day, exact, month_name

SENTENCES_FILE = Path(__file__).with_name("sentences.yaml")


@cache
def sentences() -> list[dict[str, str]]:
    """Every sentence by language."""
    return yaml.safe_load(SENTENCES_FILE.read_text(encoding="utf-8"))


def in_language(words: BillWords, sentence: str) -> str:
    """The sentence of the book in the reader's language, its days and numbers written as there."""
    for pattern, told in _patterns():
        match = pattern.fullmatch(sentence)
        if match is not None:
            figures = {name: _figure(words, name, text) for name, text in match.groupdict().items()}
            return told[words.locale].format(**figures)
    return sentence


@cache
def _patterns() -> list[tuple[re.Pattern[str], Mapping[str, str]]]:
    """Each sentence as a pattern; the longer one first, which leaves less to chance."""
    by_length = sorted(sentences(), key=lambda told: len(told["en"]), reverse=True)
    return [(re.compile(_pattern(told["en"]), re.DOTALL), told) for told in by_length]


def _pattern(sentence: str) -> str:
    parts = []
    for literal, field, _, _ in Formatter().parse(sentence):
        parts.append(re.escape(literal))
        if field is not None:
            kind = field.partition("_")[0]
            parts.append(f"(?P<{field}>{_SHAPES.get(kind, '.+?')})")
    return "".join(parts)


_SHAPES = {
    "day": r"\d{4}-\d\d-\d\d",
    "month": r"\d{4}-\d\d",
    "number": r"-?\d+(?:\.\d+)?",
    "event": r"\w+",
    "what": r"-?[\d.]+ of .+? on \d{4}-\d\d-\d\d",
}
"""What a figure can look like, by the first part of its name; others are any text."""

_WRITTEN: dict[str, Callable[[BillWords, str], str]] = {
    "day": lambda words, text: day(words, date.fromisoformat(text)),
    "month": lambda words, text: month_name(words, date.fromisoformat(f"{text}-01")),
    "number": lambda words, text: exact(words, Decimal(text)),
    "event": lambda words, text: words.named("event", text),
    "operation": lambda words, text: words.named("operation", text),
    "zone": lambda words, text: words.named("zone", text),
    "sentence": in_language,
    "what": in_language,
}


def _figure(words: BillWords, name: str, text: str) -> str:
    write = _WRITTEN.get(name.partition("_")[0])
    return text if write is None else write(words, text)
