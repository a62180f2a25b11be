"""What is a form made of? The types of a specification, and the rules that its parts keep with one another.

Belongs here: the shape of the YAML files in `specifications/`. Does not belong here: reading them
(`specification_files`), computing (`matrix`), drawing (`workbook`).

A specification names marts, predicates and measures; it has no expressions of its own, since SQL already is a language.
Every total is stated twice, as a predicate of its own and as the parts it has on paper, so that each issue checks one
against the other.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from operational_db.settings import REPOSITORY_DIR

SPECIFICATIONS_DIR = REPOSITORY_DIR / "dashboards" / "forms" / "specifications"
LEVELS = ("republic", "region", "ptpp", "res", "substation", "feeder", "transformer_point")
"""The keys of ancestors in marts.dim_unit, top first; each has a column `<level>_id`."""

Level = Literal["republic", "region", "ptpp", "res", "substation", "feeder", "transformer_point"]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.]*$", max_length=12)]
Words = Annotated[dict[str, str], Field(min_length=1, description="a text by language")]
Place = tuple[str | int, ...]


class Part(BaseModel):
    """Whatever stands in a specification: frozen, and a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Source(Part):
    """A mart, and which of its columns say where and when."""

    mart: ColumnName
    unit_column: ColumnName = Field(description="the unit of the fact: a leaf of the hierarchy, or a feeder")
    month_column: ColumnName


class Condition(Part):
    """A column's value is, or is not, one of these (null is a value too), or is a day before the form's month."""

    one_of: list[str | int | bool | None] | None = Field(None, min_length=1)
    none_of: list[str | int | bool | None] | None = Field(None, min_length=1)
    before_month: Literal[True] | None = None


Predicate = dict[ColumnName, Condition]


class Term(Part):
    """The sum of a measure over the rows of a source, or their number where no measure is named."""

    source: str
    measure: ColumnName | None = None
    where: Predicate = {}


class Balance(Part):
    """What a column or row is on paper: these columns added, those taken away."""

    adds: list[str] = Field(min_length=1)
    subtracts: list[str] = []


class Quotient(Part):
    of: str
    by: str
    times: int = 1


class Column(Part):
    """One column; its figures are a sum of terms, or a quotient of columns, or reasons in words."""

    code: Code
    name: Words
    group: Words | None = Field(None, description="a merged head over neighbours that share it")
    unit: Words | None = None
    decimals: int = Field(3, ge=0, le=6)
    per: Literal[1, 1000, 1000000] = Field(1, description="1000 shows kWh as thousand kWh")
    is_money: bool = Field(False, description="the measure is in the smallest coin")
    width: int = Field(16, ge=4, le=80)
    sum: list[Term] | None = Field(None, min_length=1)
    equals: Balance | None = Field(None, description="what the sum must come to; printed as its formula")
    quotient: Quotient | None = None
    reasons: Term | None = Field(None, description="distinct texts of the measure, counted")
    texts: dict[str, Words] = Field({}, description="how those texts are printed; one that is not here as it is")
    is_printed: bool = Field(True, description="false for a figure that only a control rule or a quotient needs")


class Row(Part):
    """One row; `where` says which rows of each source it takes, `parts` which lines it is the total of."""

    line: Code
    code: str | None = Field(None, description="its code in `row_codes_from`; a row without one is unverified there")
    name: Words
    depth: int = Field(0, ge=0, le=5)
    where: dict[str, Predicate] = {}
    parts: list[str] = []


class Children(Part):
    """The row `under` is followed by one row for each unit below, which are its parts."""

    under: str
    down_to: Level = Field(description="the deepest level at which the sources have facts to show")
    directly: Words = Field(description="what hangs on the unit itself, under none of the children")


class Control(Part):
    """A relation between lines, on every summed column, beside those that totals carry already."""

    name: str
    line: str
    adds: list[str] = Field(min_length=1)
    subtracts: list[str] = []


class Layout(Part):
    orientation: Literal["portrait", "landscape"] = "landscape"
    name_width: int = Field(44, ge=10, le=80)


class Specification(Part):
    """One version of one form."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
    version: int = Field(ge=1)
    valid_from: date
    valid_to: date | None = Field(None, description="the first day on which it no longer holds")
    language: Literal["en", "ru", "uk", "uz"]
    title: Words
    month_means: Words = Field(description="whether the period is the month booked or the month of use")
    row_codes_from: str | None = Field(None, description="the document that gives the rows their codes")
    levels: list[Level] = Field(min_length=1)
    sources: dict[ColumnName, Source] = Field(min_length=1)
    columns: list[Column] = Field(min_length=1)
    rows: list[Row] = Field(min_length=1)
    children: Children | None = None
    controls: list[Control] = []
    notes: list[Words] = []
    signatures: list[Words] = Field(min_length=1)
    layout: Layout = Layout()

    def holds_in(self, month: date) -> bool:
        return self.valid_from <= month and (self.valid_to is None or month < self.valid_to)

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)

    @property
    def summed_columns(self) -> list[Column]:
        return [column for column in self.columns if column.sum]

    def words(self) -> Iterator[tuple[Place, Words]]:
        """Every text of the form with its place, to be had in both of its languages."""
        yield ("title",), self.title
        yield ("month_means",), self.month_means
        for number, column in enumerate(self.columns):
            for key in ("name", "group", "unit"):
                words: Words | None = getattr(column, key)
                if words is not None:
                    yield ("columns", number, key), words
            for text, words in column.texts.items():
                yield ("columns", number, "texts", text), words
        for number, row in enumerate(self.rows):
            yield ("rows", number, "name"), row.name
        if self.children is not None:
            yield ("children", "directly"), self.children.directly
        for key in ("notes", "signatures"):
            for number, words in enumerate(getattr(self, key)):
                yield (key, number), words


def faults(form: Specification) -> Iterator[tuple[Place, str]]:
    """What is wrong between the parts of a specification: the place and what to mend there."""
    if form.valid_to is not None and form.valid_to <= form.valid_from:
        yield ("valid_to",), "is not after valid_from"
    for place, words in form.words():
        for language in dict.fromkeys([form.language, "en"]):
            if not words.get(language, "").strip():
                yield place, f'has no text in the language "{language}"'
    yield from _faults_of_columns(form)
    yield from _faults_of_rows(form)


def _faults_of_columns(form: Specification) -> Iterator[tuple[Place, str]]:
    summed = {column.code for column in form.summed_columns}
    yield from _repeated("columns", "code", [column.code for column in form.columns])
    for number, column in enumerate(form.columns):
        place = ("columns", number)
        if [column.sum, column.quotient, column.reasons].count(None) != 2:
            yield place, "needs exactly one of sum, quotient and reasons"
        if column.texts and column.reasons is None:
            yield (*place, "texts"), "stands on a column that has no reasons"
        if column.equals is not None and column.sum is None:
            yield (*place, "equals"), "stands on a column that sums nothing"
        if column.unit is None and column.reasons is None:
            yield place, "is a figure without a unit"
        terms = [*(column.sum or []), *([column.reasons] if column.reasons else [])]
        for term in terms:
            if term.source not in form.sources:
                yield place, f'names the source "{term.source}", which sources does not have'
            yield from _faults_of_predicate(place, term.where)
        if column.reasons is not None and column.reasons.measure is None:
            yield (*place, "reasons"), "names no measure with the texts"
        for named in _columns_named(column):
            if named not in summed:
                yield place, f'names the column "{named}", which is not a summed column of this form'


def _columns_named(column: Column) -> list[str]:
    named = [column.quotient.of, column.quotient.by] if column.quotient else []
    return named + (column.equals.adds + column.equals.subtracts if column.equals else [])


def _faults_of_rows(form: Specification) -> Iterator[tuple[Place, str]]:
    lines = [row.line for row in form.rows]
    yield from _repeated("rows", "line", lines)
    for number, row in enumerate(form.rows):
        place = ("rows", number)
        for source, predicate in row.where.items():
            if source not in form.sources:
                yield (*place, "where"), f'names the source "{source}", which sources does not have'
            yield from _faults_of_predicate((*place, "where", source), predicate)
        if row.code is not None and form.row_codes_from is None:
            yield (*place, "code"), "comes from no document; leave the code out or name the document in row_codes_from"
        for part in row.parts:
            if part not in lines:
                yield (*place, "parts"), f'names the line "{part}", which this form does not have'
            if part == row.line:
                yield (*place, "parts"), "names the line itself"
    if form.children is not None and form.children.under not in lines:
        yield ("children", "under"), f'names the line "{form.children.under}", which this form does not have'
    for number, control in enumerate(form.controls):
        for line in [control.line, *control.adds, *control.subtracts]:
            if line not in lines:
                yield ("controls", number), f'names the line "{line}", which this form does not have'


def _faults_of_predicate(place: Place, predicate: Predicate) -> Iterator[tuple[Place, str]]:
    for column, condition in predicate.items():
        if [condition.one_of, condition.none_of, condition.before_month].count(None) != 2:
            yield place, f'needs exactly one of one_of, none_of and before_month for "{column}"'


def _repeated(part: str, key: str, values: list[str]) -> Iterator[tuple[Place, str]]:
    for number, value in enumerate(values):
        if value in values[:number]:
            yield (part, number, key), f'repeats "{value}"'
