"""What of a value may be shown? Names, papers and telephones only by their shape.

Belongs here: which columns are about persons, how their values are shown. Does not belong here: where that is.
"""

import re
from dataclasses import replace
from typing import Final

from legacy_migration.inspection.findings import ColumnFinding

PERSONAL: Final = frozenset(
    {"full_name", "first_name", "patronymic", "tax_number", "passport_number", "phone", "address", "note"}
)
WORDS: Final = re.compile(r"[^\W\d_]{2,}\s+[^\W\d_]{2,}")
"""Two words of letters: a name, as long as nobody has said that it is none."""
ENDING: Final = 2


def without_persons(column: ColumnFinding) -> ColumnFinding:
    """The column with its values masked, if they may tell who somebody is."""
    is_unknown_text = not column.concept and column.kind == "text"
    looks_personal = is_unknown_text and any(WORDS.search(value) for value in column.examples)
    if column.concept not in PERSONAL and not looks_personal:
        return column
    return replace(
        column,
        examples=tuple(masked(value) for value in column.examples),
        smallest=masked(column.smallest),
        largest=masked(column.largest),
        codes=(),
    )


def masked(value: str) -> str:
    """The first letter of each word, the last two digits of a long number, dots for the rest."""
    return re.sub(
        r"\d{3,}", _digits, re.sub(r"[^\W\d_]{2,}", lambda word: word[0][0] + "•" * (len(word[0]) - 1), value)
    )


def _digits(number: re.Match[str]) -> str:
    return "•" * (len(number[0]) - ENDING) + number[0][-ENDING:]
