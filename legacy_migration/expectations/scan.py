"""One pass over the rows of a load: each kind of fact is read once, a batch at a time, and forgotten.

Only columns that an expectation names are read, as numbers, texts and days. What stays in memory is a batch, the counts
per expectation and file, the groups of the summaries, and what failed in the batch; failing rows go to the database
after each batch. So memory does not grow with the load.
"""

# ruff: noqa: S608 - names come from `entities` and checked rules
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import psycopg
from sqlalchemy import Date, Text

from legacy_migration.entities import ENTITIES
from legacy_migration.expectations.evaluation import EPOCH, Judge, checked
from legacy_migration.expectations.rules import Expectation, Rules, Summary

BATCH_ROWS = 50_000


@dataclass
class Counts:
    """Of one expectation: rows it was asked of and rows that failed, per file (None where a group is no row)."""

    checked: Counter[int | None] = field(default_factory=Counter)
    failed: Counter[int | None] = field(default_factory=Counter)


@dataclass(frozen=True)
class FailedRow:
    """A row (or group) that does not meet an expectation."""

    expectation: Expectation
    file_id: int | None
    row_no: int | None
    part_no: int | None
    key: str | None  # of a group; a row's is looked up
    value: str | None
    energy_kwh: float | None = None
    amount_minor: float | None = None


def told_rules(session: psycopg.Connection, load_id: int, rules: Rules) -> Rules:
    """Without the rules that ask a column to be filled of which the old program tells nothing in any row."""

    def is_told(expectation: Expectation) -> bool:
        if expectation.kind != "filled" or expectation.of not in ENTITIES:
            return True
        (told,) = session.execute(
            f"SELECT EXISTS (SELECT 1 FROM migration.{expectation.of} AS t WHERE t.load_id = %s "
            f"AND t.{expectation.column} IS NOT NULL)",
            [load_id],
        ).fetchone()
        return told

    return replace(rules, expectations=tuple(filter(is_told, rules.expectations)))


def scan(
    session: psycopg.Connection, load_id: int, rules: Rules, judge: Judge, counts: dict[str, Counts]
) -> Iterator[list[FailedRow]]:
    """Judge every row that is about to enter the book; yields what failed, batch by batch, and fills the counts."""
    folders = dict(
        session.execute(
            "SELECT f.file_id, coalesce(f.folder_value, '') FROM landing.file AS f WHERE f.load_id = %s", [load_id]
        ).fetchall()
    )
    for entity in ENTITIES:
        expectations = rules.about(entity)
        groups = {
            name: _Groups(summary, folders)
            for name, summary in rules.summaries.items()
            if summary.of == entity and rules.about(name)
        }
        if not expectations and not groups:
            continue
        columns = list(
            dict.fromkeys(
                [column for expectation in expectations for column in expectation.columns]
                + [column for group in groups.values() for column in group.summary.source_columns]
            )
        )
        for frame in _batches(session, load_id, entity, columns, rules):
            for group in groups.values():
                group.add(frame)
            if expectations:
                yield _failed_rows(frame, expectations, judge, counts, _days(entity))
        for name, group in groups.items():
            yield _failed_groups(group, rules.about(name), judge, counts)


def _batches(session: psycopg.Connection, load_id: int, entity: str, columns: list[str], rules: Rules) -> Iterator[Any]:
    """Frames of the rows that no verdict holds back."""
    import pandas as pd  # noqa: PLC0415 - as slow to import as it is seldom needed

    selected = [_selected(entity, column, rules) for column in columns]
    texts = [column for column in columns if isinstance(ENTITIES[entity].fields.get(column), Text)]
    with session.cursor(name="rows_of_load") as cursor:
        cursor.itersize = BATCH_ROWS
        cursor.execute(
            f"SELECT t.file_id, t.row_no, t.part_no, {', '.join(selected)} FROM migration.{entity} AS t "
            "WHERE t.load_id = %(load_id)s AND NOT t.is_deleted AND t.bad_reason IS NULL AND NOT EXISTS ("
            "SELECT 1 FROM migration.verdict AS d WHERE d.load_id = %(load_id)s AND d.entity = %(entity)s "
            "AND d.file_id = t.file_id AND d.row_no = t.row_no AND d.part_no = t.part_no)",
            {"load_id": load_id, "entity": entity},
        )
        while rows := cursor.fetchmany(BATCH_ROWS):
            frame = pd.DataFrame(rows, columns=["file_id", "row_no", "part_no", *columns])
            for column in columns:
                if column not in texts:
                    frame[column] = pd.to_numeric(frame[column])
            yield frame


def _selected(entity: str, column: str, rules: Rules) -> str:
    array = rules.sums_of_arrays.get((entity, column))
    if array is not None:
        return f"(SELECT sum(n) FROM unnest(t.{array}) AS n)::float8 AS {column}"
    kind = ENTITIES[entity].fields[column]
    if isinstance(kind, Date):
        return f"t.{column} - date '{EPOCH}' AS {column}"
    return f"t.{column}" if isinstance(kind, Text) else f"t.{column}::float8 AS {column}"


def _days(entity: str) -> set[str]:
    return {name for name, kind in ENTITIES[entity].fields.items() if isinstance(kind, Date)}


def _failed_rows(
    frame: Any,  # noqa: ANN401 - of pandas
    expectations: list[Expectation],
    judge: Judge,
    counts: dict[str, Counts],
    days: set[str],
) -> list[FailedRow]:
    found = []
    failing = judge.failing(frame, expectations)
    for expectation in expectations:
        tally = counts[expectation.code]
        asked = frame.loc[checked(frame, expectation), "file_id"].value_counts()
        tally.checked.update({int(file_id): int(count) for file_id, count in asked.items()})
        part = frame.loc[failing[expectation.code], ["file_id", "row_no", "part_no", expectation.column]]
        for file_id, row_no, part_no, value in part.itertuples(index=False, name=None):
            tally.failed[int(file_id)] += 1
            shown = _shown(value, is_day=expectation.column in days)
            found.append(FailedRow(expectation, int(file_id), int(row_no), int(part_no), None, shown))
    return found


def _shown(value: Any, *, is_day: bool = False) -> str | None:  # noqa: ANN401 - whatever a column holds
    if value is None or value != value:
        return None
    if is_day:
        return _day(int(value))
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


def _day(days: int) -> str:
    try:
        return (EPOCH + timedelta(days=days)).isoformat()
    except OverflowError:
        return f"{days} days from {EPOCH}"


class _Groups:
    """Sums of a summary, growing with each batch; as many as there are units and months."""

    def __init__(self, summary: Summary, folders: Mapping[int, str]) -> None:
        self.summary = summary
        self._folders = folders
        self._sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * (len(summary.sums) + 1))
        self._mixes: dict[tuple[Any, ...], Counter[Any]] = defaultdict(Counter)

    def add(self, frame: Any) -> None:  # noqa: ANN401
        keyed = frame.assign(**{f"per_{n}": self._key(frame, name) for n, name in enumerate(self.summary.per)})
        by = [f"per_{n}" for n in range(len(self.summary.per))]
        for key, count in keyed.groupby(by, dropna=False).size().items():
            self._sums[_as_tuple(key)][0] += int(count)
        for n, name in enumerate(self.summary.sums, start=1):
            for key, total in keyed.groupby(by, dropna=False)[name].sum().items():
                self._sums[_as_tuple(key)][n] += float(total)
        if self.summary.mix:
            for key, count in keyed.groupby([*by, self.summary.mix]).size().items():
                self._mixes[key[:-1]][key[-1]] += int(count)

    def _key(self, frame: Any, name: str) -> Any:  # noqa: ANN401
        if name == "folder":
            return frame["file_id"].map(self._folders)
        return frame[name.removeprefix("month of ")].map(_month) if self._is_month(name) else frame[name]

    def _is_month(self, name: str) -> bool:
        return name.startswith("month of ") or name == self.summary.beside

    def frame(self) -> Any:  # noqa: ANN401
        """One row per group, with what the summary adds."""
        import pandas as pd  # noqa: PLC0415

        summary = self.summary
        whole: Counter[Any] = Counter()
        for mix in self._mixes.values():
            whole.update(mix)
        rows = []
        for key, (row_count, *sums) in sorted(self._sums.items(), key=lambda item: str(item[0])):
            row = {**dict(zip(summary.per, key, strict=True)), "row_count": row_count}
            row |= dict(zip(summary.sums, sums, strict=True))
            if summary.beside:
                row |= self._beside(key, sums)
            if summary.mix:
                row["mix_distance"] = _distance(self._mixes[key], whole)
            rows.append(row)
        return pd.DataFrame(rows, columns=["row_count", *summary.columns])

    def _beside(self, key: tuple[Any, ...], sums: list[float]) -> dict[str, float | None]:
        """The sums of the same group a month earlier; nothing where there is none."""
        place = self.summary.per.index(self.summary.beside)
        if not isinstance(key[place], str):
            return {}
        before = self._sums.get((*key[:place], _month_before(key[place]), *key[place + 1 :]))
        told: dict[str, float | None] = {}
        for n, name in enumerate(self.summary.sums):
            if before is not None:
                told[f"{name}_before"] = before[n + 1]
                told[f"{name}_change"] = sums[n] - before[n + 1]
                told[f"{name}_ratio"] = sums[n] / before[n + 1] if before[n + 1] else None
        return told


def _as_tuple(key: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return key if isinstance(key, tuple) else (key,)


def _month(days: Any) -> str | None:  # noqa: ANN401
    return None if days != days else _day(int(days))[:7]


def _month_before(month: str) -> str:
    return (date.fromisoformat(f"{month}-01") - timedelta(days=1)).isoformat()[:7]


def _distance(mix: Counter[Any], whole: Counter[Any]) -> float | None:
    """Half the sum of the differences of shares: 0 where the group is as the whole, 1 where it shares nothing."""
    here, everywhere = sum(mix.values()), sum(whole.values())
    if not here:
        return None
    return sum(abs(mix[code] / here - whole[code] / everywhere) for code in whole) / 2


def _failed_groups(
    group: _Groups, expectations: list[Expectation], judge: Judge, counts: dict[str, Counts]
) -> list[FailedRow]:
    frame = group.frame()
    found = []
    for expectation in expectations:
        part = frame[frame["row_count"] >= expectation.at_least_rows]
        tally = counts[expectation.code]
        tally.checked[None] += int(checked(part, expectation).sum())
        if not len(part) or not tally.checked[None]:
            continue
        for label in judge.failing(part, [expectation])[expectation.code]:
            row = part.loc[label]
            tally.failed[None] += 1
            key = " ".join(str(row[name]) for name in group.summary.per if row[name] not in (None, ""))
            found.append(
                FailedRow(
                    expectation, None, None, None, key, _shown(float(row[expectation.column])),
                    *_stake_of_group(expectation, row),
                )
            )  # fmt: skip
    return found


def _stake_of_group(expectation: Expectation, row: Any) -> tuple[float, float]:  # noqa: ANN401
    """The column of the group that the rule names: energy, or money where its name says so."""
    if expectation.stake is None or row[expectation.stake] != row[expectation.stake]:
        return 0.0, 0.0
    stake = abs(float(row[expectation.stake]))
    return (0.0, stake) if "_minor" in expectation.stake else (stake, 0.0)
