"""Entering readings: one told at the counter, or a batch; each is judged by the database before anything is written.

Belongs here: the commands that enter, and what they answer. Does not belong here: the rules (`sql/reading_judge.sql`),
files (`reading_files`), what is decided about a reading afterwards (`reading_decisions`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from operational_db.command_session import command_session
from operational_db.refusal import Refusal
from operational_db.settings import Settings

ACCEPTED, QUARANTINED, REFUSED, ENTERED_ALREADY = "accepted", "quarantined", "refused", "entered_already"


@dataclass(frozen=True)
class ToldReading:
    """A reading as it is told: where, on which day, what the register showed at the start of that day.

    `place` is a metering point or an account number; `serial_no` and `zone_code` are needed only where more than one
    scale hangs there. `value_kwh` is the register's value before the ratio; `row_no` is its row in a file.
    """

    place: str
    read_on: date
    value_kwh: Decimal | int
    zone_code: str | None = None
    serial_no: str | None = None
    kind: str = "round"
    row_no: int = 0


@dataclass(frozen=True)
class UnreadableRow:
    """A row of a file that could not be understood, with its cells and the sentence that says why."""

    row_no: int
    cells: Mapping[str, str]
    sentence: str


@dataclass(frozen=True)
class JudgedReading:
    """What became of a told reading, and what it was judged by; ids are empty where no register was found.

    `energy_kwh` counts from the last value that stands (`counted_from`); `usual_kwh` is what those days would usually
    use. The sentence is empty for a plain accepted reading.
    """

    row_no: int
    place: str | None
    verdict: str
    rule: str | None
    sentence: str | None
    point_code: str | None
    serial_no: str | None
    zone_code: str | None
    read_on: date | None
    value_kwh: Decimal | None
    kind: str | None
    booked_month: date | None
    counted_from: date | None
    counted_from_kwh: Decimal | None
    energy_kwh: Decimal | None
    is_rollover: bool
    usual_kwh: Decimal | None
    usual_basis: str | None


@dataclass(frozen=True)
class EnteredReadings:
    """The answer to a batch: every row told, and whether anything was written."""

    was_entered: bool
    is_dry_run: bool
    readings: list[JudgedReading] = field(default_factory=list)

    def of(self, verdict: str) -> list[JudgedReading]:
        return [reading for reading in self.readings if reading.verdict == verdict]

    @property
    def counts(self) -> dict[str, int]:
        """How many readings each verdict has; a verdict without readings is left out."""
        return dict(Counter(reading.verdict for reading in self.readings))


def enter_reading(
    settings: Settings,
    place: str,
    value: Decimal | int | Mapping[str, Decimal | int],
    *,
    on: date,
    by: str,
    serial_no: str | None = None,
    kind: str = "round",
    confirmed: bool = False,
    note: str | None = None,
    dry_run: bool = False,
) -> EnteredReadings:
    """Enter what a meter showed on a day; a meter with zones is told as a mapping from scale to value.

    Args:
        value: the register's value before the ratio.
        confirmed: the user vouches for it, so that what looks like a slip or a jump stands at once; needs a note.

    Raises:
        Refusal: no right, or the reading cannot stand; then nothing is written.
    """
    by_zone = value if isinstance(value, Mapping) else {None: value}
    told = [ToldReading(place, on, shown, zone, serial_no, kind) for zone, shown in by_zone.items()]
    answer = enter_readings(settings, told, by=by, confirmed=confirmed, note=note, dry_run=dry_run)
    refused = answer.of(REFUSED)
    if refused:
        # Of several scales the one that broke a rule itself tells the reason.
        own_reason = [reading for reading in refused if reading.rule not in ("scales_refused", "scales_missing")]
        raise Refusal(str((own_reason or refused)[0].sentence))
    return answer


def enter_readings(
    settings: Settings,
    told: Sequence[ToldReading],
    *,
    by: str,
    unreadable: Sequence[UnreadableRow] = (),
    leave_out_refused: bool = False,
    confirmed: bool = False,
    note: str | None = None,
    origin: Mapping[str, object] | None = None,
    dry_run: bool = False,
) -> EnteredReadings:
    """Enter a batch in one transaction, in whatever order its rows stand.

    Where one is refused nothing is written, unless the refused are to be left out; those are then kept beside
    (`ops.refused_reading`). Entering the same batch again writes nothing.

    Args:
        unreadable: rows of the file that are no readings; they count as refused.
        origin: what is recorded of the file, such as its name and fingerprint.

    Raises:
        Refusal: no right for one of the RES, or a confirmation without a note.
    """
    arguments = {
        "count": len(told) + len(unreadable),
        "leave_out_refused": leave_out_refused,
        "confirmed": confirmed,
        "note": note,
        **(origin or {}),
    }
    with command_session(settings, "enter_readings", arguments, by=by, dry_run=dry_run) as (session, source_id):
        readings = _judged(session, told, confirmed, note, source_id) if told else []
        readings += [_refused_row(row) for row in unreadable]
        if unreadable:
            session.execute(
                "SELECT ops.keep_refused_readings(%s, %s, %s, %s)",
                [
                    [row.row_no for row in unreadable],
                    [Jsonb(dict(row.cells)) for row in unreadable],
                    [row.sentence for row in unreadable],
                    source_id,
                ],
            )
        was_entered = leave_out_refused or not any(reading.verdict == REFUSED for reading in readings)
        if not was_entered:
            session.rollback()
    return EnteredReadings(was_entered and not dry_run, dry_run, sorted(readings, key=lambda reading: reading.row_no))


def _judged(
    session: psycopg.Connection, told: Sequence[ToldReading], confirmed: bool, note: str | None, source_id: int
) -> list[JudgedReading]:
    with session.cursor(row_factory=class_row(JudgedReading)) as cursor:
        return cursor.execute(
            "SELECT source_row AS row_no, place, verdict, rule, sentence, point_code, serial_no, zone_code, read_on,"
            "  value_kwh, kind, booked_month, counted_from, counted_from_kwh, energy_kwh, is_rollover, usual_kwh,"
            "  usual_basis"
            " FROM ops.enter_readings(%s::integer[], %s::text[], %s::text[], %s::text[], %s::date[], %s::numeric[],"
            "  %s::text[], %s, %s, %s)",
            [
                [reading.row_no for reading in told],
                [reading.place for reading in told],
                [reading.serial_no for reading in told],
                [reading.zone_code for reading in told],
                [reading.read_on for reading in told],
                [reading.value_kwh for reading in told],
                [reading.kind for reading in told],
                confirmed,
                note,
                source_id,
            ],
        ).fetchall()


def _refused_row(row: UnreadableRow) -> JudgedReading:
    empty = dict.fromkeys(
        name for name in JudgedReading.__dataclass_fields__ if name not in ("row_no", "verdict", "is_rollover")
    )
    return JudgedReading(
        **{**empty, "row_no": row.row_no, "verdict": REFUSED, "rule": "unreadable", "sentence": row.sentence},
        is_rollover=False,
    )
