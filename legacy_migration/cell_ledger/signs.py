"""What became of a cell? The signs in which patterns of cells are written, and how the states of fields become them.

Belongs here: signs, their classes, the number of a pattern and its text. Does not belong here: counting (`counts`).

A field is in one of three states: its cells were carried, transformed or could not be read. The states of all fields of
a row, two bits each, are the number of its pattern; the text of a pattern has a sign for every column of the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CARRIED, TRANSFORMED, BAD = 0, 1, 2

NOT_READ: Final = "."
SIGN_CARRIED: Final = "="
TRANSFORMED_SIGNS: Final = {
    "text": "T", "join": "J", "account_number": "A", "number": "N", "difference": "D", "money": "M", "code": "C",
    "flag": "F", "half_hours": "H",
}  # fmt: skip
BAD_SIGNS: Final = {"EMPTY_CELL": "e", "BAD_NUMBER": "n", "BAD_DATE": "d", "CODE_UNKNOWN": "c"}
REASON_OF_RULE: Final = {
    "number": "BAD_NUMBER", "difference": "BAD_NUMBER", "money": "BAD_NUMBER", "half_hours": "BAD_NUMBER",
    "statuses": "BAD_NUMBER", "date": "BAD_DATE", "month": "BAD_DATE", "code": "CODE_UNKNOWN",
}  # fmt: skip

SIGNS: Final = (
    (SIGN_CARRIED, "carried", "", 0),
    *((sign, "transformed", rule, 1) for rule, sign in TRANSFORMED_SIGNS.items()),
    *((sign, "rejected", reason, 2) for reason, sign in BAD_SIGNS.items()),
)
"""Sign, class, rule and rank: of several facts that read a cell, the lowest rank tells what became of it."""
_RANK: Final = {sign: (rank, sign) for sign, _, _, rank in SIGNS}


@dataclass(frozen=True)
class FieldCells:
    """What becomes of the cells of one field: always the same, or by an expression that yields the state."""

    field: str
    rule: str
    state: int | str

    def sign(self, state: int) -> str:
        if state == CARRIED:
            return SIGN_CARRIED
        if state == TRANSFORMED:
            return TRANSFORMED_SIGNS.get(self.rule, "T")
        return BAD_SIGNS[REASON_OF_RULE.get(self.rule, "EMPTY_CELL")]


def field_state(
    field: str,
    rule: str,
    value: str,
    cells: Sequence[str],
    transformed: str | bool,
    *,
    is_optional: bool,
    leaves_empty: bool,
) -> FieldCells:
    """The state of a field's cells. A blank cell is carried as an empty value; so is a date of zeros where it may be.

    A required field without a value rejects its row, and what became of the row's cells is then told by the verdict.
    """
    may_be_empty = is_optional or leaves_empty
    if not may_be_empty and isinstance(transformed, bool):
        return FieldCells(field, rule, TRANSFORMED if transformed else CARRIED)
    when_there = (
        str(int(transformed)) if isinstance(transformed, bool) else f"CASE WHEN {transformed} THEN 1 ELSE 0 END"
    )
    if not may_be_empty:
        return FieldCells(field, rule, when_there)
    nothing = "''" if leaves_empty and not is_optional else "'', '00000000'"
    bad = " OR ".join(f"coalesce({cell}, '') NOT IN ({nothing})" for cell in cells)
    return FieldCells(
        field, rule, f"CASE WHEN {value} IS NOT NULL THEN {when_there} WHEN {bad} THEN {BAD} ELSE {CARRIED} END"
    )


def pattern_number_sql(fields: Sequence[FieldCells]) -> str:
    """The number of the pattern: two bits for every field whose state differs from row to row."""
    varying = [field.state for field in fields if isinstance(field.state, str)]
    terms = [f"CAST({state} AS BIGINT) * {4**place}" for place, state in enumerate(varying)]
    return " + ".join(terms) or "CAST(0 AS BIGINT)"


def states_of_pattern(fields: Sequence[FieldCells], number: int) -> dict[str, int]:
    """The state of each field in the pattern of this number."""
    states = {}
    for field in fields:
        if isinstance(field.state, str):
            states[field.field] = number % 4
            number //= 4
        else:
            states[field.field] = field.state
    return states


def best(signs: Sequence[str]) -> str:
    """What became of a cell that several fields read."""
    return min(signs, key=_RANK.__getitem__)


def text_of(signs: Mapping[int, str], width: int) -> str:
    """A pattern's text: the sign of every column, counted from 1."""
    return "".join(signs.get(place, NOT_READ) for place in range(1, width + 1))
