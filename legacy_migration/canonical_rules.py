"""How does a cell of text become a canonical value? The named rules that a profile may use, each one SQL expression.

Belongs here: date, number, money, code, account number, join ...; an expression is NULL where the text is none.
Does not belong here: which column goes where (the profile), what becomes of a row with a bad cell (`verdicts`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, Numeric, SmallInteger
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

OPTIONS: Final = (
    "optional", "if_bad", "separator", "leave_out", "times", "side", "format", "list", "true", "lost_letters",
)  # fmt: skip

DATE_FORMATS: Final = {
    # pattern, positions of year, month, day
    "yyyymmdd": (r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$", (1, 5, 7)),
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
            return "f.folder_value"
        return f"nullif(btrim(r.cells[{self.position[self.column(name)]}]), '')"


@dataclass(frozen=True)
class Rule:
    """A named rule: the columns it reads, the SQL it becomes, the reason when a cell is none of it."""

    columns: Callable[[Mapping[str, Any]], list[str]]
    sql: Callable[[Mapping[str, Any], RowContext, TypeEngine], str]
    reason: str
    mistake: Callable[[Mapping[str, Any]], str | None] = lambda body: None  # noqa: ARG005


def sql_type(column_type: TypeEngine) -> str:
    """The type's name in PostgreSQL."""
    return column_type.compile(dialect=postgresql.dialect())


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


def _one(rule: str) -> Callable[[Mapping[str, Any]], list[str]]:
    return lambda body: [body[rule]]


def _many(rule: str) -> Callable[[Mapping[str, Any]], list[str]]:
    return lambda body: list(body[rule])


def _none(body: Mapping[str, Any]) -> list[str]:  # noqa: ARG001
    return []


def _text(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    return f"regexp_replace({row.cell(body['text'])}, '\\s+', ' ', 'g')"


def _joined(parts: list[str], body: Mapping[str, Any], row: RowContext) -> str:
    """The parts with a separator; a part that equals `leave_out` is left out with its separator."""
    separator = literal(body.get("separator", "/"))
    cells = [row.cell(part) for part in parts]
    if body.get("optional") and "join" in body:  # what there is of it
        return f"nullif(concat_ws({separator}, {', '.join(cells)}), '')"
    if "leave_out" not in body:
        return "(" + f" || {separator} || ".join(cells) + ")"
    first, rest = cells[0], f" || {separator} || ".join(cells[1:])
    return f"CASE WHEN {first} = {literal(body['leave_out'])} THEN {rest} ELSE {first} || {separator} || {rest} END"


def _join(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    return _joined(body["join"], body, row)


def _account_number(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    """Leading zeros of each part go: `0012` in one file is `12` in another."""
    return f"regexp_replace({_joined(body['account_number'], body, row)}, '(^|/)0+([0-9])', '\\1\\2', 'g')"


def _number_sql(cell: str, decimal: str, digits: int) -> str:
    point = re.escape(decimal)
    number = cell if decimal == "." else f"replace({cell}, {literal(decimal)}, '.')"
    return f"CASE WHEN {cell} ~ '^[-+]?[0-9]{{1,{digits}}}({point}[0-9]{{0,18}})?$' THEN ({number})::numeric END"


def _number(body: Mapping[str, Any], row: RowContext, column_type: TypeEngine) -> str:
    number = _number_sql(row.cell(body["number"]), row.decimal, _whole_digits(column_type))
    return f"({number}) * {body['times']}" if "times" in body else number


def _difference(body: Mapping[str, Any], row: RowContext, column_type: TypeEngine) -> str:
    minuend, subtrahend = (
        _number_sql(row.cell(name), row.decimal, _whole_digits(column_type)) for name in body["difference"]
    )
    return f"(({minuend}) - ({subtrahend})) * {body.get('times', '1')}"


def _money(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    cell = row.cell(body["money"])
    point = re.escape(row.decimal)
    number = cell if row.decimal == "." else f"replace({cell}, {literal(row.decimal)}, '.')"
    minor = (
        f"CASE WHEN {cell} ~ '^-?[0-9]{{1,13}}({point}[0-9]{{0,{row.minor_digits}}}0*)?$' "
        f"THEN ({number})::numeric * {10**row.minor_digits} END"
    )
    if body.get("side") == "debit":
        return f"greatest({minor}, 0) + 0 * ({minor})"
    if body.get("side") == "credit":
        return f"-least({minor}, 0) + 0 * ({minor})"
    return minor


def _date(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    pattern, (year, month, day) = DATE_FORMATS[body["format"]]
    cell = row.cell(body["date"])
    made = f"substr({cell}, {year}, 4)::int, substr({cell}, {month}, 2)::int"
    days = f"extract(day FROM make_date({made}, 1) + interval '1 month' - interval '1 day')"
    return (
        f"CASE WHEN {cell} ~ '{pattern}' THEN CASE "
        f"WHEN substr({cell}, {day}, 2) <= '28' OR substr({cell}, {day}, 2)::int <= {days} "
        f"THEN make_date({made}, substr({cell}, {day}, 2)::int) END END"
    )


def _month(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    pattern, (year, month) = MONTH_FORMATS[body["format"]]
    cell = row.cell(body["month"])
    return (
        f"CASE WHEN {cell} ~ '{pattern}' "
        f"THEN make_date(substr({cell}, {year}, 4)::int, substr({cell}, {month}, 2)::int, 1) END"
    )


def _code(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    if not row.lists[body["list"]]:  # a draft in which no code is decided yet
        return "NULL"
    branches = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in row.lists[body["list"]].items())
    return f"CASE {row.cell(body['code'])} {branches} END"


def _flag(body: Mapping[str, Any], row: RowContext, _: TypeEngine) -> str:
    wanted = ", ".join(literal(value) for value in body["true"])
    return f"coalesce({row.cell(body['flag'])} IN ({wanted}), false)"


def _numbers(rule: str) -> Callable[[Mapping[str, Any], RowContext, TypeEngine], str]:
    def array(body: Mapping[str, Any], row: RowContext, column_type: TypeEngine) -> str:
        return f"string_to_array({row.cell(body[rule])}, ' ')::{sql_type(column_type)}"

    return array


def _of(rule: str, known: Mapping[str, object]) -> Callable[[Mapping[str, Any]], str | None]:
    def mistake(body: Mapping[str, Any]) -> str | None:
        if body.get("format") in known:
            return None
        return f"a {rule} needs a `format`, one of {', '.join(known)}."

    return mistake


def _list_of(rule: str, count: int = 1) -> Callable[[Mapping[str, Any]], str | None]:
    def mistake(body: Mapping[str, Any]) -> str | None:
        if isinstance(body[rule], list) and len(body[rule]) >= count:
            return None
        return f"`{rule}` is a list of at least {count} columns."

    return mistake


def _factor(body: Mapping[str, Any]) -> str | None:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", body.get("times", "1")):
        return None
    return f'times "{body["times"]}" is not a number.'


def _true_values(body: Mapping[str, Any]) -> str | None:
    return None if isinstance(body.get("true"), list) else "a flag needs `true`, the list of values that mean yes."


RULES: Final[Mapping[str, Rule]] = {
    "text": Rule(_one("text"), _text, "EMPTY_CELL"),
    "join": Rule(_many("join"), _join, "EMPTY_CELL", _list_of("join")),
    "account_number": Rule(_many("account_number"), _account_number, "EMPTY_CELL", _list_of("account_number")),
    "number": Rule(_one("number"), _number, "BAD_NUMBER", _factor),
    "difference": Rule(_many("difference"), _difference, "BAD_NUMBER", _list_of("difference", 2)),
    "money": Rule(_one("money"), _money, "BAD_NUMBER"),
    "date": Rule(_one("date"), _date, "BAD_DATE", _of("date", DATE_FORMATS)),
    "month": Rule(_one("month"), _month, "BAD_DATE", _of("month", MONTH_FORMATS)),
    "code": Rule(_one("code"), _code, "CODE_UNKNOWN"),
    "flag": Rule(_one("flag"), _flag, "EMPTY_CELL", _true_values),
    "half_hours": Rule(_one("half_hours"), _numbers("half_hours"), "BAD_NUMBER"),
    "statuses": Rule(_one("statuses"), _numbers("statuses"), "BAD_NUMBER"),
    "constant": Rule(_none, lambda body, row, kind: literal(body["constant"]), "EMPTY_CELL"),  # noqa: ARG005
    "folder": Rule(_none, lambda body, row, kind: "f.folder_value", "EMPTY_CELL"),  # noqa: ARG005
    "file_name": Rule(_none, lambda body, row, kind: "regexp_replace(f.path, '^.*/', '')", "EMPTY_CELL"),  # noqa: ARG005
    "each_month": Rule(
        _none,
        lambda body, row, kind: f"({literal(row.first_day or '')}::date + interval '{row.part_no - 1} months')",  # noqa: ARG005
        "BAD_DATE",
    ),
    "first_day": Rule(_none, lambda body, row, kind: f"{literal(row.first_day or '')}::date", "BAD_DATE"),  # noqa: ARG005
}
