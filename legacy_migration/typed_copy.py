"""Typed rows out of a file into the database: DuckDB makes the lines of COPY, batch by batch, while others are sent.

Belongs here: the statement that turns a batch into lines, hashes of rows, remarks, what was sent in all.
Does not belong here: what a rule computes (`canonical_rules`), patterns of cells (`cell_ledger`).

The canonical text of a row is its facts in the order of the table, a tab between them, NULL written \\N: numbers with
the digits that their column keeps, days as 2026-01-31, yes and no as true and false. Its md5 is the row's hash, and
`row_hashes.sql` computes the same from the stored row.
"""

# ruff: noqa: S608 - names come from `entities` and checked profiles, values are quoted by `literal`

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb
import numpy as np
import psycopg
import pyarrow as pa
from sqlalchemy import ARRAY

from legacy_migration.canonical_rules import literal
from legacy_migration.cell_ledger.patterns import PatternPlan, plans
from legacy_migration.source_rows import SourceBatch
from legacy_migration.typed_rows import BATCH, Fact

ENGINE_MEMORY: Final = "600MB"
ENGINE_THREADS: Final = 2
ROWS_A_THREAD: Final = 25_000
ROWS_TOGETHER: Final = 50_000
_TAB, _NULL = "chr(9)", "'\\N'"
_SPECIAL: Final = (b"\\", b"\t", b"\n", b"\r")
_NIBBLE: Final = np.zeros(256, dtype=np.int64)
_NIBBLE[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def open_engine() -> duckdb.DuckDBPyConnection:
    """A DuckDB of this process, in bounded memory and without any file."""
    engine = duckdb.connect(":memory:")
    engine.execute(f"SET memory_limit = '{ENGINE_MEMORY}'")
    engine.execute(f"SET threads = {ENGINE_THREADS}")
    engine.execute("SET temp_directory = ''")
    return engine


@dataclass
class SentRows:
    """What was sent of one file and kind of fact: how many rows, the sum that proves them, which patterns."""

    row_count: int = 0
    hash_sum: int = 0
    patterns: set[int] = field(default_factory=set)


@dataclass
class SentFact:
    """One kind of fact on its way, with what was sent of it by file."""

    fact: Fact
    plan: PatternPlan
    statements: dict[bool, str]
    remark_statement: str | None
    by_file: dict[int, SentRows] = field(default_factory=dict)


@dataclass(frozen=True)
class FilePart:
    """Consecutive rows of one file."""

    file_id: int
    folder_value: str | None
    file_name: str
    batch: SourceBatch


@dataclass(frozen=True)
class Lines:
    """Typed rows of one batch and fact, ready to be sent."""

    sent: SentFact
    chunks: list[memoryview]
    remarks: list[tuple[Any, ...]]


class TypedFiles:
    """The typed rows of files that have the same columns and rules, on their way. Small files share a statement."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, load_id: int, facts: Sequence[Fact], width: int) -> None:
        self.engine, self.load_id = engine, load_id
        self.used = sorted(_used_places(facts))
        self.sent = [
            SentFact(
                fact,
                plan,
                {escaped: _statement(fact, plan, number, load_id, escaped=escaped) for escaped in (False, True)},
                _remark_statement(fact, plan, number),
            )
            for number, (fact, plan) in enumerate(zip(facts, plans(facts, width), strict=True))
        ]

    def made(self, parts: Iterable[FilePart]) -> Iterator[Lines]:
        """The lines of every row, batch by batch."""
        for some in _together(parts):
            table = _arrow(some, self.used, self.sent)
            escaped = _has_special(table)
            self.engine.register(BATCH, table)
            for sent in self.sent:
                yield self._lines(sent, escaped)
            self.engine.unregister(BATCH)

    def _lines(self, sent: SentFact, escaped: bool) -> Lines:
        made = self.engine.sql(sent.statements[escaped]).to_arrow_table()
        _account_for(sent, made)
        remarks: list[tuple[Any, ...]] = []
        if sent.remark_statement:
            marked = made.filter(made.column("has_remark"))
            if len(marked):
                found = self.engine.execute(
                    sent.remark_statement, [marked.column("row_no").to_pylist(), marked.column("file_id").to_pylist()]
                )
                remarks = found.fetchall()
        return Lines(sent, [_flat(chunk) for chunk in made.column("line").chunks], remarks)

    def hashes(self, parts: Iterable[FilePart]) -> Iterator[tuple[str, int, list[int], list[str]]]:
        """Kind of fact, part, row numbers and hashes of the rows as they would be sent; nothing is sent."""
        for some in _together(parts):
            self.engine.register(BATCH, _arrow(some, self.used, self.sent))
            for sent in self.sent:
                made = self.engine.sql(sent.statements[False]).to_arrow_table()
                name, part_no = sent.fact.entity.name, sent.fact.part_no
                yield name, part_no, made.column("row_no").to_pylist(), made.column("row_hash").to_pylist()
            self.engine.unregister(BATCH)

    def sent_rows(self, file_ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        """Rows of migration.sent_rows: what was sent of each file, nothing included."""
        for file_id in file_ids:
            for sent in self.sent:
                rows = sent.by_file.get(file_id, SentRows())
                fact = sent.fact
                yield (
                    self.load_id, file_id, fact.entity.name, fact.part_no, rows.row_count, rows.hash_sum,
                    fact.only_where is not None,
                )  # fmt: skip

    def patterns(self, file_ids: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        """Rows of migration.cell_pattern: the patterns that the cells of each file made."""
        for file_id in file_ids:
            for sent in self.sent:
                for number in sorted(sent.by_file.get(file_id, SentRows()).patterns):
                    name, part_no = sent.fact.entity.name, sent.fact.part_no
                    yield file_id, name, part_no, number, self.load_id, *sent.plan.texts(number)


def send(session: psycopg.Connection, load_id: int, made: Iterator[Lines]) -> None:
    """Send every row; the next lines are made, whatever that takes, while the database takes in those before."""
    with ThreadPoolExecutor(1) as maker:
        waiting = maker.submit(next, made, None)
        while (lines := waiting.result()) is not None:
            waiting = maker.submit(next, made, None)
            _write(session, load_id, lines)


def _write(session: psycopg.Connection, load_id: int, lines: Lines) -> None:
    entity = lines.sent.fact.entity
    columns = ", ".join(entity.fields)
    if lines.chunks:
        with session.cursor().copy(
            f"COPY migration.{entity.name} (load_id, file_id, row_no, part_no, {columns}, is_deleted, bad_reason, "
            "bad_field, bad_value, row_hash, cell_pattern) FROM STDIN"
        ) as copy:
            for chunk in lines.chunks:
                copy.write(chunk)
    if lines.remarks:
        with session.cursor().copy(
            "COPY migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key) FROM STDIN"
        ) as copy:
            for row in lines.remarks:
                copy.write_row((load_id, entity.name, *row))


def _together(parts: Iterable[FilePart]) -> Iterator[list[FilePart]]:
    """Small parts go into one statement, so that the work of planning it is done once."""
    some: list[FilePart] = []
    row_count = 0
    for part in parts:
        if not len(part.batch.row_no):
            continue
        some.append(part)
        row_count += len(part.batch.row_no)
        if row_count >= ROWS_TOGETHER:
            yield some
            some, row_count = [], 0
    if some:
        yield some


def _account_for(sent: SentFact, made: pa.Table) -> None:
    """Count and sum what goes out, by file; the rows of a file stand together."""
    if not len(made):
        return
    file_ids, rows = made.column("file_id").to_numpy(), made.column("row_no").to_numpy()
    hashes = np.concatenate([_first_32_bits(chunk) for chunk in made.column("row_hash").chunks])
    patterns = made.column("pattern_no").to_numpy()
    begins = np.concatenate([[0], np.flatnonzero(np.diff(file_ids)) + 1])
    ends = np.append(begins[1:], len(rows))
    products = hashes * rows
    # Summed in halves, each far from the end of 64 bits.
    high, low = np.add.reduceat(products >> 32, begins), np.add.reduceat(products & 0xFFFFFFFF, begins)
    for place, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        rows_of_file = sent.by_file.setdefault(int(file_ids[begin]), SentRows())
        rows_of_file.row_count += end - begin
        rows_of_file.hash_sum += int(high[place]) * 2**32 + int(low[place])
        rows_of_file.patterns.update(np.unique(patterns[begin:end]).tolist())


def _used_places(facts: Sequence[Fact]) -> set[int]:
    places = {place for fact in facts for place in fact.positions}
    for fact in facts:
        position = fact.context.position
        if fact.only_column:
            places.add(position[fact.context.column(fact.only_column)])
        places.update(place for name, place in position.items() if f"r{place} " in fact.bad_reason and name)
    return places


def _arrow(parts: Sequence[FilePart], used: Sequence[int], sent: Sequence[SentFact]) -> pa.Table:
    """The rows as DuckDB sees them, in chunks that its threads share."""
    tables = []
    for part in parts:
        batch, count = part.batch, len(part.batch.row_no)
        names, texts = list(batch.text), list(batch.text.values())
        columns: dict[str, Any] = {
            "row_no": pa.array(batch.row_no, pa.int64()),
            "deleted": pa.array(batch.deleted),
            "ragged": pa.array(np.isin(batch.row_no, list(batch.ragged)) if batch.ragged else np.zeros(count, bool)),
            "file_id": pa.array(np.full(count, part.file_id, np.int64)),
            "folder": pa.repeat(pa.scalar(part.folder_value, pa.string()), count),
            "file_name": pa.repeat(pa.scalar(part.file_name, pa.string()), count),
        }
        for number, one in enumerate(sent):
            read = {names[place - 1] for place in one.fact.positions}
            columns[f"undecodable_{number}"] = _first_undecodable(batch, read)
        columns |= {f"r{place}": texts[place - 1] for place in used}
        tables.append(pa.table(columns))
    table = pa.concat_tables(tables)
    return pa.Table.from_batches(table.to_batches(max_chunksize=ROWS_A_THREAD), table.schema)


def _first_undecodable(batch: SourceBatch, used: set[str]) -> pa.Array:
    """For every row the first column, by name, with a byte that is no letter; nearly always none."""
    if not batch.undecodable:
        return pa.nulls(len(batch.row_no), pa.string())
    first = (min(used.intersection(batch.undecodable.get(row, ())), default=None) for row in batch.row_no.tolist())
    return pa.array(list(first), pa.string())


def _has_special(table: pa.Table) -> bool:
    """Is there a letter that must be escaped in a line of COPY?"""
    return any(
        letter in text
        for name in table.column_names
        if name.startswith("r") and name[1:].isdigit()
        for chunk in table.column(name).chunks
        for text in [bytes(_flat(chunk))]
        for letter in _SPECIAL
    )


def _flat(texts: pa.Array) -> memoryview:
    """All the texts of an array, one behind the other, without a copy."""
    data = texts.buffers()[2]
    if not len(texts) or data is None:
        return memoryview(b"")
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, 4 * texts.offset)
    return memoryview(data)[int(offsets[0]) : int(offsets[-1])]


def _first_32_bits(hashes: pa.Array) -> np.ndarray:
    digits = np.frombuffer(_flat(hashes), np.uint8).reshape(-1, 32)[:, :8]
    bits = np.zeros(len(digits), np.int64)
    for place in range(8):
        bits = bits * 16 + _NIBBLE[digits[:, place]]
    return bits


def _cells(used: Iterable[int], number: int) -> str:
    columns = "".join(f", r{place}, nullif(trim(r{place}), '') AS c{place}" for place in sorted(used))
    about = "row_no, deleted, ragged, file_id, folder, file_name"
    return f"SELECT {about}, undecodable_{number}{columns} FROM {BATCH}"


def _typed(fact: Fact, plan: PatternPlan, number: int, condition: str = "") -> str:
    used = _used_places([fact]) | set(plan.owned)
    values = [f"{value} AS v_{name}" for name, value in fact.values.items()]
    values += [f"{value} AS {alias}" for alias, value in plan.extra_values.items()]
    where = " AND ".join(text for text in (fact.only_where, condition) if text)
    return (
        f"WITH cells AS ({_cells(used, number)}),\n"
        f"typed AS (SELECT *, {', '.join(values)} FROM cells{' WHERE ' + where if where else ''}),\n"
        f"judged AS (SELECT *, {fact.bad_reason} AS bad_reason FROM typed)"
    )


def _statement(fact: Fact, plan: PatternPlan, number: int, load_id: int, *, escaped: bool) -> str:
    """The statement that turns the batch into lines: what is constant in it is written once, not per row."""
    texts = [_canonical(f"v_{name}", kind) for name, kind in fact.entity.fields.items()]
    facts = f"concat_ws({_TAB}, {', '.join(f'coalesce({text}, {_NULL})' for text in texts)})"
    sent = "facts"
    if escaped:
        sent = f"concat_ws({_TAB}, {', '.join(f'coalesce({_escaped(text)}, {_NULL})' for text in texts)})"
    bad = (
        f"concat(CASE WHEN deleted THEN 't' ELSE 'f' END, {_TAB}, coalesce(bad_reason, {_NULL}), {_TAB}, "
        f"coalesce({_escaped(fact.bad_field)}, {_NULL}), {_TAB}, coalesce({_escaped(fact.bad_value)}, {_NULL}))"
    )
    good = literal("f\t\\N\t\\N\t\\N")
    before, part = literal(f"{load_id}\t"), literal(f"\t{fact.part_no}\t")
    remarks = " OR ".join(f"({remark.condition})" for remark in fact.remarks) or "false"
    return (
        f"{_typed(fact, plan, number)},\n"
        f"told AS (SELECT *, {facts} AS facts, {plan.number_sql} AS pattern_no,\n"
        f"    NOT deleted AND bad_reason IS NULL AND ({remarks}) AS has_remark FROM judged),\n"
        "hashed AS (SELECT *, md5(facts) AS row_hash FROM told)\n"
        "SELECT file_id, row_no, pattern_no, row_hash, has_remark,\n"
        f"    concat({before}, file_id, {_TAB}, row_no, {part}, {sent}, {_TAB},\n"
        f"    CASE WHEN deleted OR bad_reason IS NOT NULL THEN {bad} ELSE {good} END,\n"
        f"    {_TAB}, row_hash, {_TAB}, pattern_no, chr(10)) AS line\nFROM hashed"
    )


def _remark_statement(fact: Fact, plan: PatternPlan, number: int) -> str | None:
    """The cells of the marked rows that are to be remarked on, with the old key of the row."""
    if not fact.remarks:
        return None
    key = "concat_ws(' ', " + ", ".join(f"CAST(v_{column} AS VARCHAR)" for column in fact.entity.shown_key) + ")"
    selected = " UNION ALL ".join(
        f"SELECT file_id, row_no, {literal(remark.reason)}, {literal(remark.column)}, {remark.value}, {key} "
        f"FROM judged WHERE bad_reason IS NULL AND NOT deleted AND ({remark.condition})"
        for remark in fact.remarks
    )
    return f"{_typed(fact, plan, number, '(file_id, row_no) IN (SELECT unnest($2), unnest($1))')}\n{selected}"


def _canonical(value: str, kind: object) -> str:
    """The one text of a value, which PostgreSQL's own text of the stored value equals."""
    if isinstance(kind, ARRAY):
        return f"'{{' || array_to_string({value}, ',') || '}}'"
    return f"CAST({value} AS VARCHAR)"


def _escaped(text: str) -> str:
    for letter, written in (("'\\'", "'\\\\'"), ("chr(9)", "'\\t'"), ("chr(10)", "'\\n'"), ("chr(13)", "'\\r'")):
        text = f"replace({text}, {letter}, {written})"
    return text
