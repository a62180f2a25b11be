"""What an inspection finds: files, columns, keys, relations, doubts, as plain values that become JSON.

Belongs here: the shape of the answer. Does not belong here: how anything is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Doubt:
    """Something that looks wrong: what, how often, and where it stands first."""

    code: str
    sentence: str
    count: int = 0
    column: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class EncodingFinding:
    """The encoding of a file and what speaks for it; `by_column` names columns that speak for another."""

    encoding: str
    evidence: str
    is_certain: bool = True
    by_column: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recognised:
    """What kind of file it is, how that was seen, and what a reader needs to know of it."""

    format: str  # dbf, delimited, fixed_width, spreadsheet, layout_80020, or none
    how: str
    delimiter: str = ""
    has_heading: bool = True
    sheet: str = ""
    head_rows: tuple[int, int] = (1, 1)
    first_row: int = 2
    columns: tuple[str, ...] = ()  # names that the file does not give itself
    widths: tuple[tuple[int, int], ...] = ()  # first place from 1 and width of each column
    declared: dict[str, str] = field(default_factory=dict)  # column to the type that the file declares
    language_byte: int | None = None
    belongs_to: str = ""  # a memo or an index goes with a table
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class FileFinding:
    """One file of the dump."""

    path: str
    byte_count: int
    recognised: Recognised
    encoding: EncodingFinding
    columns: tuple[str, ...]
    row_count: int
    deleted_count: int
    sampled_count: int
    unit: str = ""  # the part of the path that `{res}` stands for


@dataclass(frozen=True)
class ColumnFinding:
    """One column of a description."""

    name: str
    kind: str
    filled_count: int
    row_count: int
    distinct_count: int
    declared: str = ""
    date_format: str = ""
    smallest: str = ""
    largest: str = ""
    decimals: int = 0
    comma_count: int = 0
    point_count: int = 0
    examples: tuple[str, ...] = ()
    codes: tuple[tuple[str, int], ...] = ()
    concept: str = ""
    concept_why: str = ""
    missing_in: tuple[str, ...] = ()  # units whose file lacks it

    @property
    def filled_share(self) -> float:
        return self.filled_count / self.row_count if self.row_count else 0.0


@dataclass(frozen=True)
class KeyFinding:
    """Columns that tell the rows apart, and how many rows break them."""

    columns: tuple[str, ...]
    breaking_count: int
    blank_count: int
    within_unit: bool
    only_in: tuple[str, ...] = ()  # units whose files have these columns, where not all have


@dataclass(frozen=True)
class RelationFinding:
    """Distinct values of one column that are found in a key of another file."""

    of_file: str
    columns: tuple[str, ...]
    in_file: str
    key: tuple[str, ...]
    distinct_count: int
    matched_count: int
    orphan_rows: int
    how: str  # as it stands, without leading zeros, without its prefix
    orphans: tuple[str, ...] = ()

    @property
    def matched_share(self) -> float:
        return self.matched_count / self.distinct_count if self.distinct_count else 0.0


@dataclass(frozen=True)
class GuessedField:
    """A field of a fact with the columns it probably comes from."""

    name: str
    concept: str
    columns: tuple[str, ...] = ()
    constant: str | None = None
    why: str = ""


@dataclass(frozen=True)
class GuessedFact:
    """A kind of fact that the rows of a file probably tell."""

    entity: str
    fields: tuple[GuessedField, ...]
    missing: tuple[str, ...]  # required fields that nothing was found for
    why: str = ""


@dataclass(frozen=True)
class Description:
    """Files of one shape, as a profile describes them."""

    name: str
    path: str
    placeholder: str  # res, or empty
    files: tuple[FileFinding, ...]
    columns: tuple[ColumnFinding, ...] = ()
    decimal: str = "."
    keys: tuple[KeyFinding, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    facts: tuple[GuessedFact, ...] = ()

    @property
    def format(self) -> str:
        return self.files[0].recognised.format

    @property
    def row_count(self) -> int:
        return sum(file.row_count for file in self.files)

    @property
    def sampled_count(self) -> int:
        return sum(file.sampled_count for file in self.files)

    @property
    def deleted_count(self) -> int:
        return sum(file.deleted_count for file in self.files)

    def column(self, name: str) -> ColumnFinding:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Inspection:
    """All that was seen of a dump."""

    directory: str
    descriptions: tuple[Description, ...]
    relations: tuple[RelationFinding, ...]
    doubts: tuple[Doubt, ...]
    seconds: float
    words: Sequence[str] = ()
