"""What stands in a column? Its type, how full it is, its values, by counting patterns over its distinct values.

Belongs here: numbers, dates, flags, codes, account numbers, and what of a column does not fit the rest of it.
Does not belong here: what a column means (`trade_words`), several columns together (`keys`, `relations`).
"""

# ruff: noqa: S608 - names of tables and columns are our own: c0, c1 ...

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from legacy_migration.inspection.findings import ColumnFinding, Doubt
from legacy_migration.inspection.rows_in_duckdb import Rows

DATE_FORMATS: Final[Mapping[str, tuple[str, str]]] = {
    # as a profile calls it: pattern, and what DuckDB parses it by
    "yyyymmdd": (r"(19|20)[0-9]{6}", "%Y%m%d"),
    "dd.mm.yyyy": (r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}", "%d.%m.%Y"),
    "dd/mm/yyyy": (r"[0-9]{2}/[0-9]{2}/[0-9]{4}", "%d/%m/%Y"),
    "yyyy-mm-dd": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "%Y-%m-%d"),
    "dd.mm.yy": (r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}", "%d.%m.%y"),
    "mm/dd/yyyy": (r"[0-9]{2}/[0-9]{2}/[0-9]{4}", "%m/%d/%Y"),
}
MONTH_FORMATS: Final[Mapping[str, tuple[str, str]]] = {
    "yyyymm": (r"(19|20)[0-9]{4}", "%Y%m"),
    "mm.yyyy": (r"[0-9]{2}\.[0-9]{4}", "%m.%Y"),
}
TWO_DIGIT_YEARS: Final = frozenset({"dd.mm.yy"})
PATTERNS: Final[Mapping[str, str]] = {
    "whole": r"[-+]?[0-9]+",
    "point": r"[-+]?[0-9]*\.[0-9]+",
    "comma": r"[-+]?[0-9]*,[0-9]+",
    "grouped": r"[-+]?[0-9]{1,3}([ \x{00a0}\x{202f}][0-9]{3})+([.,][0-9]+)?",
    "negative": r"-[0-9].*",
    "leading_zero": r"0[0-9]+",
    "zero_date": r"0{8}|00[./-]00[./-](00){1,2}|0{4}-00-00|[ ./-]+|0{6}",
    "stars": r"\*+",
    "account": r"[0-9]{1,6}[/\\-][0-9]{1,8}",
    "coins": r"[-+]?[0-9]+[.,][0-9]{2}",
}
FLAG_VALUES: Final = (
    {"T", "F"}, {"t", "f"}, {"Y", "N"}, {"y", "n"}, {"T", "F", "t", "f", "Y", "N", "y", "n", "?"}, {"TRUE", "FALSE"},
    {"Д", "Н"}, {"д", "н"}, {"Да", "Нет"}, {"ДА", "НЕТ"}, {"Так", "Ні"}, {"Ha", "Yoʻq"}, {"+", "-"},
)  # fmt: skip
FITTING_MIN: Final = 0.9
CODES_MAX: Final = 60
CODE_LENGTH_MAX: Final = 12
CODES_SHOWN_MAX: Final = 60
EXAMPLES: Final = 3
MANY: Final = 20
YEARS: Final = (1900, 2100)


@dataclass(frozen=True)
class Counts:
    """Rows of a column by pattern."""

    rows: int
    filled: int
    distinct: int
    of: Mapping[str, int]
    dates: Mapping[str, int]
    smallest: str
    largest: str
    smallest_number: str
    largest_number: str
    decimals: int
    length_max: int

    def share(self, *patterns: str) -> float:
        judged = self.filled - self.of["stars"]
        return sum(self.of[pattern] for pattern in patterns) / judged if judged > 0 else 0.0

    def date_share(self, name: str) -> float:
        judged = self.filled - self.of["zero_date"]
        return self.dates[name] / judged if judged > 0 else 0.0


def look_at(rows: Rows, column: str, declared: str, row_count: int) -> tuple[ColumnFinding, list[Doubt]]:
    """The column's type and values, and what of it does not fit."""
    cell = rows.name_of(column)
    rows.session.execute(
        f"CREATE OR REPLACE TEMP TABLE cell AS SELECT {cell} AS v, count(*) AS n FROM {rows.table} "
        f"WHERE {cell} IS NOT NULL GROUP BY 1"
    )
    counts = _count(rows, row_count)
    kind, date_format = _kind(rows, counts, declared)
    codes: tuple[tuple[str, int], ...] = ()
    is_list = counts.distinct <= CODES_MAX and counts.length_max <= CODE_LENGTH_MAX
    if kind in ("code", "flag") or (is_list and kind in ("text", "whole number", "account-like")):
        codes = tuple(rows.ask(f"SELECT v, n FROM cell ORDER BY n DESC, v LIMIT {CODES_SHOWN_MAX}"))
    examples = tuple(v for (v,) in rows.ask(f"SELECT v FROM cell ORDER BY n DESC, v LIMIT {EXAMPLES}"))
    is_number = kind in ("whole number", "decimal", "money")
    finding = ColumnFinding(
        name=column,
        kind=kind,
        filled_count=counts.filled,
        row_count=row_count,
        distinct_count=counts.distinct,
        declared=declared,
        date_format=date_format,
        smallest=counts.smallest_number if is_number else counts.smallest,
        largest=counts.largest_number if is_number else counts.largest,
        decimals=counts.decimals,
        comma_count=counts.of["comma"],
        point_count=counts.of["point"],
        examples=examples,
        codes=codes,
    )
    return finding, _doubts(rows, finding, counts)


def _count(rows: Rows, row_count: int) -> Counts:
    patterns = ", ".join(
        f"coalesce(sum(n) FILTER (regexp_full_match(v, '{pattern}')), 0)" for pattern in PATTERNS.values()
    )
    formats = DATE_FORMATS | MONTH_FORMATS
    dates = ", ".join(
        f"coalesce(sum(n) FILTER (regexp_full_match(v, '{pattern}') AND "
        f"year(try_strptime(v, '{parsed}')) BETWEEN {YEARS[0]} AND {YEARS[1]}), 0)"
        for pattern, parsed in formats.values()
    )
    number = "try_cast(replace(replace(v, ' ', ''), ',', '.') AS DECIMAL(30, 6))"
    (row,) = rows.ask(
        f"SELECT coalesce(sum(n), 0), count(*), coalesce(min(v), ''), coalesce(max(v), ''), "
        f"coalesce(CAST(min({number}) AS VARCHAR), ''), coalesce(CAST(max({number}) AS VARCHAR), ''), "
        r"coalesce(max(length(regexp_extract(v, '^[-+]?[0-9]*[.,]([0-9]+)$', 1))), 0), "
        f"coalesce(max(length(v)), 0), {patterns}, {dates} FROM cell"
    )
    filled, distinct, smallest, largest, low, high, decimals, length, *counted = row
    return Counts(
        row_count, int(filled), distinct,
        {name: int(n) for name, n in zip(PATTERNS, counted, strict=False)},
        {name: int(n) for name, n in zip(formats, counted[len(PATTERNS) :], strict=True)},
        smallest, largest, _plain(low), _plain(high), decimals, length,
    )  # fmt: skip


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _kind(rows: Rows, counts: Counts, declared: str) -> tuple[str, str]:
    """The type of a column, and the format of its dates."""
    if not counts.filled:
        return "empty", "yyyymmdd" if declared.startswith("D") else ""
    if declared.startswith("D"):
        return "date", "yyyymmdd"
    if declared.startswith("L") or _is_flag(rows, counts):
        return "flag", ""
    for name in DATE_FORMATS:
        if counts.date_share(name) >= FITTING_MIN and counts.dates[name]:
            return "date", name
    for name in MONTH_FORMATS:
        if counts.date_share(name) >= FITTING_MIN and counts.dates[name]:
            return "month", name
    if counts.share("account") >= FITTING_MIN - 0.1:
        return "account-like", ""
    numeric = counts.share("whole", "point", "comma", "grouped")
    if numeric >= FITTING_MIN:
        return _kind_of_number(counts, declared), ""
    is_short = counts.length_max <= CODE_LENGTH_MAX
    if counts.distinct <= CODES_MAX and is_short and counts.filled >= 3 * counts.distinct:
        return "code", ""
    return "text", ""


def _is_flag(rows: Rows, counts: Counts) -> bool:
    if counts.distinct > 8:
        return False
    values = {v for (v,) in rows.ask("SELECT v FROM cell")}
    return any(values <= known for known in FLAG_VALUES) or (values == {"0", "1"} and counts.filled >= 10)


def _kind_of_number(counts: Counts, declared: str) -> str:
    has_decimals = counts.of["point"] + counts.of["comma"] + counts.of["grouped"] > 0
    if has_decimals or re.search(r"\.[1-9]", declared):
        all_coins = counts.of["coins"] + counts.of["whole"] >= FITTING_MIN * (counts.filled - counts.of["stars"])
        is_money = counts.decimals <= 2 and (declared.endswith(".2") or (counts.of["coins"] and all_coins))
        return "money" if is_money else "decimal"
    if counts.share("leading_zero") >= 0.2:
        return "account-like" if counts.length_max >= 5 else "code"
    is_few = counts.distinct <= 20 and counts.length_max <= 3 and counts.filled >= 5 * counts.distinct
    return "code" if is_few else "whole number"


def _doubts(rows: Rows, finding: ColumnFinding, counts: Counts) -> list[Doubt]:
    """What does not fit, with the first place where it stands."""
    cell = rows.name_of(finding.name)
    found: list[Doubt] = []

    def doubt(code: str, count: int, condition: str, what: str) -> None:
        if count:
            place = rows.place(condition)
            found.append(Doubt(code, f"{finding.name}: {what}: {count}; first in {place}.", count))

    def pattern(name: str) -> str:
        return f"regexp_full_match({cell}, '{PATTERNS[name]}')"

    doubt("STARS", counts.of["stars"], pattern("stars"), "cells of `*` (a number that did not fit its column)")
    is_number = finding.kind in ("whole number", "decimal", "money")
    if finding.kind == "date":
        doubt("ZERO_DATE", counts.of["zero_date"], pattern("zero_date"), "dates of zeros")
        bad = counts.filled - counts.of["zero_date"] - counts.dates[finding.date_format]
        known, parsed = DATE_FORMATS[finding.date_format]
        good = f"regexp_full_match({cell}, '{known}') AND try_strptime({cell}, '{parsed}') IS NOT NULL"
        doubt(
            "BAD_DATE",
            bad,
            f"{cell} IS NOT NULL AND NOT {pattern('zero_date')} AND NOT ({good})",
            "cells that are no date",
        )
        if finding.date_format in TWO_DIGIT_YEARS:
            doubt("TWO_DIGIT_YEAR", counts.dates[finding.date_format], f"{cell} IS NOT NULL",
                  "years of two digits (their century must be told)")  # fmt: skip
        if finding.date_format == "mm/dd/yyyy":
            doubt("MONTH_FIRST", counts.dates[finding.date_format], f"{cell} IS NOT NULL", "dates with the month first")
    if is_number:
        bad = counts.filled - sum(counts.of[name] for name in ("whole", "point", "comma", "grouped", "stars"))
        numeric = " OR ".join(pattern(name) for name in ("whole", "point", "comma", "grouped", "stars"))
        doubt("BAD_NUMBER", bad, f"{cell} IS NOT NULL AND NOT ({numeric})", "cells that are no number")
        doubt("GROUPED", counts.of["grouped"], pattern("grouped"), "numbers with blanks between thousands")
        if counts.of["comma"] and counts.of["point"]:
            less = "comma" if counts.of["comma"] < counts.of["point"] else "point"
            doubt(
                "TWO_MARKS",
                counts.of[less],
                pattern(less),
                f"numbers with a decimal {less}, the others with another mark",
            )
        doubt("NEGATIVE", counts.of["negative"], pattern("negative"), "negative numbers")
    if finding.kind in ("text", "code"):
        numeric = counts.share("whole", "point", "comma")
        if 0.5 <= numeric < FITTING_MIN and finding.kind == "text" and counts.filled >= MANY:
            doubt("MOSTLY_NUMBERS", counts.filled - counts.of["whole"], f"NOT {pattern('whole')}",
                  "words among numbers")  # fmt: skip
        mixed = r"\p{Latin}\p{Cyrillic}|\p{Cyrillic}\p{Latin}"
        lost = r"[\p{L}]\?|\?[\p{L}]"
        for code, expression, what in (
            ("LOOK_ALIKE", mixed, "words of Latin and Cyrillic letters mixed"),
            ("LOST_LETTERS", lost, "words with `?` for a letter"),
            ("UNDECODED", r"\\x[0-9a-f]{2}|\x{fffd}", "cells with a byte that is no letter"),
        ):
            ((count,),) = rows.ask(f"SELECT coalesce(sum(n), 0) FROM cell WHERE regexp_matches(v, '{expression}')")
            doubt(code, int(count), f"regexp_matches({cell}, '{expression}')", what)
    return found
