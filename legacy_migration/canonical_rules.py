"""How does a cell of text become a canonical value? The named rules that a profile may use, each one SQL expression.

Belongs here: date, number, money, code, account number, join ...; an expression is NULL where the text is none. Beside
it stands whether the value is another one than the text, the cell then being `transformed` rather than `carried`.
Does not belong here: what a rule is given and which options it has (`profile_language.keys`), which column goes where
(the profile), what becomes of a row with a bad cell (`verdicts`).

The expressions are DuckDB's, which reads the file; `c3` is the third column without blanks around it, `folder` and
`file_name` tell of the file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, Integer, Numeric, SmallInteger, Text
from sqlalchemy.types import TypeEngine

DATE_FORMATS: Final = {
    # pattern, positions of year, month, day
    "yyyymmdd": (r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$", (1, 5, 7)),
    "ddmmyyyy": (r"^(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])(19|20)[0-9]{2}$", (5, 3, 1)),
    "dd.mm.yyyy": (r"^(0[1-9]|[12][0-9]|3[01])\.(0[1-9]|1[0-2])\.(19|20)[0-9]{2}$", (7, 4, 1)),
    "dd/mm/yyyy": (r"^(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/(19|20)[0-9]{2}$", (7, 4, 1)),
    "yyyy-mm-dd": (r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", (1, 6, 9)),
}
MONTH_FORMATS: Final = {
    "yyyymm": (r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])$", (1, 5)),
    "mm.yyyy": (r"^(0[1-9]|1[0-2])\.(19|20)[0-9]{2}$", (4, 1)),
}


def literal(value: str) -> str:
    """Text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True)
class RowContext:
    """What a rule may know: where each column stands, and the file it is in."""

    position: Mapping[str, int]  # 1-based
    lists: Mapping[str, Mapping[str, str]]
    decimal: str
    minor_digits: int
    first_day: str | None
    part_no: int

    def column(self, name: str) -> str:
        """The column's name in this part of the row."""
        return name.replace("{mm}", f"{self.part_no:02d}")

    def has(self, name: str) -> bool:
        return name.startswith(("=", "{folder}")) or self.column(name) in self.position

    def cell(self, name: str) -> str:
        """The text of the cell without blanks around it, NULL where nothing stands."""
        if name.startswith("="):
            return literal(name[1:])
        if name == "{folder}":
            return "folder"
        return f"c{self.position[self.column(name)]}"


Body = Mapping[str, Any]


def _never(body: Body, row: RowContext, value: str) -> str | bool:  # noqa: ARG001
    return False


def _always(body: Body, row: RowContext, value: str) -> str | bool:  # noqa: ARG001
    return True


@dataclass(frozen=True)
class Rule:
    """A named rule: the columns it reads, the SQL it becomes, the reason when a cell is none of it.

    `is_transformed` tells whether the value `value`, which is not NULL, is another one than the text says.
    """

    columns: Callable[[Body], list[str]]
    sql: Callable[[Body, RowContext, TypeEngine], str]
    reason: str
    is_transformed: Callable[[Body, RowContext, str], str | bool] = _never


def duckdb_type(column_type: TypeEngine) -> str:
    """The type in which DuckDB computes a column of PostgreSQL."""
    if isinstance(column_type, ARRAY):
        return duckdb_type(column_type.item_type) + "[]"
    if isinstance(column_type, Numeric):
        return f"DECIMAL({column_type.precision or 38}, {column_type.scale or 0})"
    for kind, name in ((SmallInteger, "SMALLINT"), (BigInteger, "BIGINT"), (Integer, "INTEGER"), (Date, "DATE"),
                       (Boolean, "BOOLEAN")):  # fmt: skip
        if isinstance(column_type, kind):
            return name
    return "VARCHAR"


def typed_value(rule: Rule, body: Body, row: RowContext, column_type: TypeEngine) -> str:
    """The value of a field in the type of its column; NULL where it does not fit."""
    value = rule.sql(body, row, column_type)
    return value if duckdb_type(column_type) == "VARCHAR" else f"TRY_CAST({value} AS {duckdb_type(column_type)})"


def _whole_digits(column_type: TypeEngine) -> int:
    """How many digits before the point fit into the column."""
    if isinstance(column_type, SmallInteger):
        return 4
    if isinstance(column_type, BigInteger):
        return 15
    if isinstance(column_type, Integer):
        return 9
    if isinstance(column_type, Numeric) and column_type.precision is not None:
        return column_type.precision - (column_type.scale or 0)
    return 12


def _one(rule: str) -> Callable[[Body], list[str]]:
    return lambda body: [body[rule]]


def _many(rule: str) -> Callable[[Body], list[str]]:
    return lambda body: list(body[rule])


def _none(body: Body) -> list[str]:  # noqa: ARG001
    return []


_UNEVEN_BLANKS: Final = r"'  |[\t\n\r\f\v]'"


def _text(body: Body, row: RowContext, _: TypeEngine) -> str:
    cell = row.cell(body["text"])
    even = f"regexp_replace({cell}, '\\s+', ' ', 'g')"
    return f"CASE WHEN regexp_matches({cell}, {_UNEVEN_BLANKS}) THEN {even} ELSE {cell} END"


def _text_is_transformed(body: Body, row: RowContext, value: str) -> str | bool:  # noqa: ARG001
    return f"regexp_matches({row.cell(body['text'])}, {_UNEVEN_BLANKS})"


def _joined(parts: list[str], body: Body, row: RowContext) -> str:
    """The parts with a separator; a part that equals `leave_out` is left out with its separator."""
    separator = literal(body.get("separator", "/"))
    cells = [row.cell(part) for part in parts]
    if body.get("optional") and "join" in body:  # what there is of it
        return f"nullif(concat_ws({separator}, {', '.join(cells)}), '')"
    if "leave_out" not in body:
        return "(" + f" || {separator} || ".join(cells) + ")"
    first, rest = cells[0], f" || {separator} || ".join(cells[1:])
    return f"CASE WHEN {first} = {literal(body['leave_out'])} THEN {rest} ELSE {first} || {separator} || {rest} END"


def _join(body: Body, row: RowContext, _: TypeEngine) -> str:
    return _joined(body["join"], body, row)


def _join_is_transformed(body: Body, row: RowContext, value: str) -> str | bool:  # noqa: ARG001
    return len(body["join"]) > 1


_LEADING_ZEROS: Final = "'(^|/)0+([0-9])'"


def _account_number(body: Body, row: RowContext, _: TypeEngine) -> str:
    """Leading zeros of each part go: `0012` in one file is `12` in another."""
    number = _joined(body["account_number"], body, row)
    return (
        f"CASE WHEN regexp_matches({number}, {_LEADING_ZEROS}) "
        f"THEN regexp_replace({number}, {_LEADING_ZEROS}, '\\1\\2', 'g') ELSE {number} END"
    )


def _account_number_is_transformed(body: Body, row: RowContext, value: str) -> str | bool:
    parts = body["account_number"]
    return True if len(parts) > 1 else f"{value} <> {row.cell(parts[0])}"


FRACTION_DIGITS_MAX: Final = 18


def _exact(cell: str, decimal: str, digits: int) -> str:
    """The number that the cell states, to its last digit."""
    point = "[.]" if decimal == "." else re.escape(decimal)
    number = cell if decimal == "." else f"replace({cell}, {literal(decimal)}, '.')"
    return (
        f"CASE WHEN regexp_full_match({cell}, '[-+]?[0-9]{{1,{digits}}}({point}[0-9]{{0,{FRACTION_DIGITS_MAX}}})?') "
        f"THEN TRY_CAST({number} AS DECIMAL({digits + FRACTION_DIGITS_MAX}, {FRACTION_DIGITS_MAX})) END"
    )


def _number(body: Body, row: RowContext, column_type: TypeEngine) -> str:
    number = _exact(row.cell(body["number"]), row.decimal, _whole_digits(column_type))
    if "times" in body:
        return f"({number}) * {body['times']}"
    if isinstance(column_type, Text):
        text = f"replace({row.cell(body['number'])}, {literal(row.decimal)}, '.')"
        return f"CASE WHEN ({number}) IS NOT NULL THEN {text} END"
    return number


def _number_is_transformed(body: Body, row: RowContext, value: str) -> str | bool:
    """Multiplied, or rounded to the digits that the column keeps; `12.50` for 12.5 is neither."""
    if "times" in body:
        return True
    return f"{value} <> ({_exact(row.cell(body['number']), row.decimal, 15)})"


def _difference(body: Body, row: RowContext, column_type: TypeEngine) -> str:
    minuend, subtrahend = (
        _exact(row.cell(name), row.decimal, _whole_digits(column_type)) for name in body["difference"]
    )
    return f"(({minuend}) - ({subtrahend})) * {body.get('times', '1')}"


def _money(body: Body, row: RowContext, _: TypeEngine) -> str:
    cell = row.cell(body["money"])
    point = "[.]" if row.decimal == "." else re.escape(row.decimal)
    number = cell if row.decimal == "." else f"replace({cell}, {literal(row.decimal)}, '.')"
    minor = (
        f"CASE WHEN regexp_full_match({cell}, '-?[0-9]{{1,13}}({point}[0-9]{{0,{row.minor_digits}}}0*)?') "
        f"THEN TRY_CAST({number} AS DECIMAL(18, {row.minor_digits})) * {10**row.minor_digits} END"
    )
    if body.get("side") == "debit":
        return f"greatest({minor}, 0) + 0 * ({minor})"
    if body.get("side") == "credit":
        return f"-least({minor}, 0) + 0 * ({minor})"
    return minor


def _money_is_transformed(body: Body, row: RowContext, value: str) -> str | bool:  # noqa: ARG001
    return "side" in body


def _day_of(cell: str, pattern: str, places: str) -> str:
    day = f"CAST(try_strptime({cell}, '{places}') AS DATE)"
    return f"CASE WHEN regexp_full_match({cell}, '{pattern[1:-1]}') THEN {day} END"


def _date(body: Body, row: RowContext, _: TypeEngine) -> str:
    return _day_of(row.cell(body["date"]), DATE_FORMATS[body["format"]][0], _places(body["format"]))


def _month(body: Body, row: RowContext, _: TypeEngine) -> str:
    return _day_of(row.cell(body["month"]), MONTH_FORMATS[body["format"]][0], _places(body["format"]))


def _places(date_format: str) -> str:
    return date_format.replace("yyyy", "%Y").replace("mm", "%m").replace("dd", "%d")


def _code(body: Body, row: RowContext, _: TypeEngine) -> str:
    if not row.lists[body["list"]]:  # a draft in which no code is decided yet
        return "NULL"
    branches = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in row.lists[body["list"]].items())
    return f"CASE {row.cell(body['code'])} {branches} END"


def _flag(body: Body, row: RowContext, _: TypeEngine) -> str:
    wanted = ", ".join(literal(value) for value in body["true"])
    return f"coalesce({row.cell(body['flag'])} IN ({wanted}), false)"


def _numbers(rule: str) -> Callable[[Body, RowContext, TypeEngine], str]:
    def array(body: Body, row: RowContext, column_type: TypeEngine) -> str:
        numbers = f"TRY_CAST(string_split({row.cell(body[rule])}, ' ') AS {duckdb_type(column_type)})"
        return f"CASE WHEN list_count({numbers}) = len({numbers}) THEN {numbers} END"

    return array


def _half_hours_are_transformed(body: Body, row: RowContext, value: str) -> str | bool:  # noqa: ARG001
    return f"regexp_matches({row.cell(body['half_hours'])}, '[.][0-9]{{6}}[0-9]*[1-9]')"


RULES: Final[Mapping[str, Rule]] = {
    "text": Rule(_one("text"), _text, "EMPTY_CELL", _text_is_transformed),
    "join": Rule(_many("join"), _join, "EMPTY_CELL", _join_is_transformed),
    "account_number": Rule(_many("account_number"), _account_number, "EMPTY_CELL", _account_number_is_transformed),
    "number": Rule(_one("number"), _number, "BAD_NUMBER", _number_is_transformed),
    "difference": Rule(_many("difference"), _difference, "BAD_NUMBER", _always),
    "money": Rule(_one("money"), _money, "BAD_NUMBER", _money_is_transformed),
    "date": Rule(_one("date"), _date, "BAD_DATE"),
    "month": Rule(_one("month"), _month, "BAD_DATE"),
    "code": Rule(_one("code"), _code, "CODE_UNKNOWN", _always),
    "flag": Rule(_one("flag"), _flag, "EMPTY_CELL", _always),
    "half_hours": Rule(_one("half_hours"), _numbers("half_hours"), "BAD_NUMBER", _half_hours_are_transformed),
    "statuses": Rule(_one("statuses"), _numbers("statuses"), "BAD_NUMBER"),
    "constant": Rule(_none, lambda body, row, kind: literal(body["constant"]), "EMPTY_CELL"),  # noqa: ARG005
    "folder": Rule(_none, lambda body, row, kind: row.cell("{folder}"), "EMPTY_CELL"),  # noqa: ARG005
    "file_name": Rule(_none, lambda body, row, kind: "file_name", "EMPTY_CELL"),  # noqa: ARG005
    "each_month": Rule(
        _none,
        lambda body, row, kind: (  # noqa: ARG005
            f"(TRY_CAST({literal(row.first_day or '')} AS DATE) + INTERVAL {row.part_no - 1} MONTH)"
        ),
        "BAD_DATE",
    ),
    "first_day": Rule(_none, lambda body, row, kind: f"TRY_CAST({literal(row.first_day or '')} AS DATE)", "BAD_DATE"),  # noqa: ARG005
}
