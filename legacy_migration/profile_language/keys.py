"""Which keys has a profile? Every key, format, rule and option with the kind of its value and its meaning.

Belongs here: the declaration; a new key is one entry here (and whoever reads it).
Does not belong here: what a kind of value is (`kinds`), how a rule computes (`legacy_migration.canonical_rules`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from legacy_migration.canonical_rules import DATE_FORMATS, MONTH_FORMATS
from legacy_migration.profile_language.kinds import (
    ANYTHING,
    BODIES,
    BODY,
    COLUMN,
    COLUMNS,
    COUNT,
    ENCODING,
    ENCODING_OR_DETECT,
    FACTOR,
    NAME,
    PLACE,
    SWITCH,
    TEXT,
    TEXT_OR_NOTHING,
    TEXT_OR_UNDECIDED,
    TEXTS,
    Kind,
    list_of,
    mapping_of,
    one_of,
)


@dataclass(frozen=True)
class Key:
    """One key: what stands behind it and what it means."""

    name: str
    kind: Kind
    meaning: str
    is_needed: bool = False
    formats: tuple[str, ...] = ()  # for files of these formats only, where it is needed if `is_needed`


@dataclass(frozen=True)
class RuleKey:
    """A rule of a field: what it is given, which options mean something to it, and which of them it cannot do without.

    `narrowed` are options whose values depend on the rule.
    """

    name: str
    argument: Kind
    meaning: str
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    narrowed: Mapping[str, Kind] = field(default_factory=dict)


PROFILE_KEYS: Final = (
    Key("profile", TEXT, "its name", is_needed=True),
    Key("title", TEXT, "what it describes", is_needed=True),
    Key("first_day", BODY, "the cell with the first day of the dump; else the earliest opening reading"),
    Key("lists", BODY, "lists of old codes by their names"),
    Key("unused", mapping_of(TEXT, "mapping of columns to the reason why"), "columns that no rule reads in any file"),
    Key("files", BODY, "kinds of file by their names (letters, digits and _)", is_needed=True),
)

FIRST_DAY_KEYS: Final = (
    Key("file", TEXT, "name of the file", is_needed=True),
    Key("column", COLUMN, "its column; the first row counts", is_needed=True),
    Key("format", one_of(DATE_FORMATS), "how the date is written", is_needed=True),
)

LIST_KEYS: Final = (
    Key("unknown", TEXT, "reason code for a code that is not in the list", is_needed=True),
    Key("mapping", TEXT, "a CSV `legacy_code,code,meaning` beside the profile or in `legacy_migration/mappings/`"),
    Key(
        "codes",
        mapping_of(TEXT_OR_UNDECIDED, "mapping of old codes to ours"),
        'instead of a CSV: `{"1": uz.household}`; a code with nothing behind it is undecided and counts as unknown',
    ),
)

FORMATS: Final[Mapping[str, str]] = {
    "dbf": "dBase and FoxPro tables",
    "delimited": "text with a separator, the first row names the columns",
    "fixed_width": "text whose cells stand at fixed places",
    "spreadsheet": "XLS and XLSX; a column SHEET names the sheet, row 10000007 is row 7 of the second one",
    "layout_80020": "XML 80020 with half-hours",
    "none": "anything else: hashed, nothing is read",
}

FILE_KEYS: Final = (
    Key(
        "path",
        TEXT,
        "where such files lie below the folder of the dump; `{name}` and `*` stand for a part without a slash",
        is_needed=True,
    ),
    Key("format", one_of(FORMATS), "what kind of file it is", is_needed=True),
    Key(
        "encoding",
        ENCODING_OR_DETECT,
        "what its bytes mean, or `detect`: told by the letters of each file and column, refused where they are too "
        "few; utf-8 unless given",
    ),
    Key(
        "encodings",
        mapping_of(ENCODING, "mapping of columns to encodings"),
        "columns in another encoding than the file",
        formats=("dbf", "delimited", "fixed_width"),
    ),
    Key(
        "delimiter",
        TEXT,
        "what stands between two cells, one letter or several",
        is_needed=True,
        formats=("delimited",),
    ),
    Key(
        "quote",
        TEXT,
        'what stands around a cell that holds the delimiter, `"` unless given; `none` where such marks are letters',
        formats=("delimited",),
    ),
    Key("columns", COLUMNS, "names of the columns, where no head names them", formats=("delimited", "spreadsheet")),
    Key(
        "places",
        mapping_of(list_of(PLACE, count_min=2, count_max=2), "mapping of columns to [place, width]"),
        "where each column begins, from 1, and how wide it is",
        is_needed=True,
        formats=("fixed_width",),
    ),
    Key(
        "measured_in",
        one_of(("characters", "bytes")),
        "what places and widths count, `characters` unless given",
        formats=("fixed_width",),
    ),
    Key("line_length", PLACE, "the length that every line has", formats=("fixed_width",)),
    Key(
        "trimmed",
        SWITCH,
        "lines may lack the blanks at their end; else a short line is named",
        formats=("fixed_width",),
    ),
    Key("sheet", TEXT, "name of the sheet, or a pattern as `RES *`; the first unless given", formats=("spreadsheet",)),
    Key(
        "head_rows",
        list_of(PLACE, count_max=2),
        "row of the head, or its first and last: merged cells make one name, as `Balance / Debit`; [1] unless given",
        formats=("spreadsheet",),
    ),
    Key(
        "first_row",
        PLACE,
        "first row with data; the one behind the head unless given",
        formats=("fixed_width", "spreadsheet"),
    ),
    Key(
        "totals",
        BODY,
        "rows that are totals: left out, and their sums proved against the rows above",
        formats=("dbf", "delimited", "fixed_width", "spreadsheet"),
    ),
    Key(
        "missing_memo",
        one_of(("name_cells",)),
        "read the table without its memo file and name each cell that points at a memo; else it is refused",
        formats=("dbf",),
    ),
    Key("decimal", one_of((".", ",")), "the decimal mark, `.` unless given"),
    Key("required", SWITCH, "whether a dump must have it; true unless given"),
    Key(
        "instead_of",
        TEXT,
        "name of a kind of file in whose place it may stand in a folder: one of the two must be there",
    ),
    Key("sums", COLUMNS, "columns whose sums are proved"),
    Key(
        "unused",
        mapping_of(TEXT, "mapping of columns to sentences"),
        "columns that no rule reads, each with the reason why",
    ),
    Key("out_of_scope", TEXT, "instead of `rows`: why the file is landed and used for nothing"),
    Key("rows", BODIES, "the facts that its rows tell; one row may tell several"),
)

TOTALS_KEYS: Final = (
    Key("column", COLUMN, "the column that tells a total row", is_needed=True),
    Key(
        "starts_with", TEXTS, 'how its cell begins there, in any case of letters, as ["Итого", "Всего"]', is_needed=True
    ),
    Key("groups", TEXTS, "which of these sum the rows since the total before; the others sum all rows above"),
)

ROW_KEYS: Final = (
    Key("to", TEXT, "kind of fact", is_needed=True),
    Key("fields", BODY, "the fields of the fact, each with its rule", is_needed=True),
    Key(
        "repeats",
        one_of(("judge", "join")),
        "what rows with one key are: `judge` (merged when equal, else rejected; unless given), or `join` (one consumer "
        "over time: joined, energy added)",
    ),
    Key("only_first", COLUMN, "only rows with the smallest value of this column"),
    Key("months", COUNT, "the row tells a fact for each of so many months; `{mm}` in a column is 01, 02 ..."),
)

FIELD_OPTIONS: Final = (
    Key("optional", SWITCH, "the cell may be blank"),
    Key(
        "if_bad",
        one_of(("leave_empty",)),
        "keep the row and remark on the cell, with `optional` only if it is not blank; else the row is rejected",
    ),
    Key("separator", TEXT_OR_NOTHING, "what stands between the parts, `/` unless given"),
    Key("leave_out", TEXT, "a first part that is this is dropped"),
    Key("times", FACTOR, 'factor for another unit, as "0.001"'),
    Key("side", one_of(("debit", "credit")), "one side of a signed balance"),
    Key("format", one_of((*DATE_FORMATS, *MONTH_FORMATS)), "how the date or month is written"),
    Key("list", TEXT, "one of `lists`"),
    Key("true", TEXTS, 'values that mean yes, as ["T", "1"]'),
    Key("lost_letters", TEXT, "a letter such as `?` that stands where others were lost: remarked on"),
)
COMMON_OPTIONS: Final = ("optional", "if_bad")

RULE_KEYS: Final = (
    RuleKey("text", COLUMN, "the text, blanks collapsed", ("lost_letters",)),
    RuleKey(
        "join",
        COLUMNS,
        'parts with a separator, as [A, "=constant", "{folder}"]; with `optional` what there is of them',
        ("separator", "leave_out", "lost_letters"),
    ),
    RuleKey("account_number", COLUMNS, "as join, leading zeros of each part gone", ("separator", "leave_out")),
    RuleKey("number", COLUMN, "a number", ("times",)),
    RuleKey("difference", list_of(COLUMN, count_min=2), "the first column less the second", ("times",)),
    RuleKey("money", COLUMN, "an amount, kept in the smallest coins", ("side",)),
    RuleKey("date", COLUMN, "a day", needs=("format",), narrowed={"format": one_of(DATE_FORMATS)}),
    RuleKey("month", COLUMN, "a month", needs=("format",), narrowed={"format": one_of(MONTH_FORMATS)}),
    RuleKey("code", COLUMN, "what the code means by a list", needs=("list",)),
    RuleKey("flag", COLUMN, "whether it is one of `true`", needs=("true",)),
    RuleKey("half_hours", COLUMN, "48 numbers"),
    RuleKey("statuses", COLUMN, "48 whole numbers"),
    RuleKey("constant", TEXT, "the same text for every row"),
    RuleKey("folder", NAME, "the first `{name}` of the path"),
    RuleKey("file_name", ANYTHING, "the name of the file, without folders"),
    RuleKey("first_day", ANYTHING, "the first day of the dump; needs `first_day` in the profile"),
    RuleKey("each_month", ANYTHING, "the month of each part, counted from `first_day` in the profile"),
)
RULES_BY_NAME: Final = {rule.name: rule for rule in RULE_KEYS}
ONE_OF: Final = Key("one_of", BODIES, "instead of a rule: several; the first whose columns the file has counts")


def options_of(rule: RuleKey) -> tuple[Key, ...]:
    """The options that mean something to a rule, those it needs first."""
    wanted = (*rule.needs, *rule.options, *COMMON_OPTIONS)
    return tuple(
        Key(key.name, rule.narrowed.get(key.name, key.kind), key.meaning, is_needed=key.name in rule.needs)
        for name in wanted
        for key in FIELD_OPTIONS
        if key.name == name
    )
