"""`wattbook readings`: what meters show comes in, is judged, decided on, and stood in for."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line import reading_decisions
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode, day_of
from orchestration.command_line.reading_arguments import (
    SHOWN_ROWS,
    Book,
    Confirmed,
    DryRun,
    Kind,
    MeterSerial,
    Note,
    OnDay,
    Place,
    value_of,
)

if TYPE_CHECKING:
    from operational_db.metering.reading_estimates import Estimate
    from operational_db.metering.readings import EnteredReadings, JudgedReading

app = typer.Typer(help="Readings: entered, judged, decided on, estimated.", no_args_is_help=True)
app.add_typer(reading_decisions.app)


@app.command()
def enter(
    place: Place,
    on: OnDay,
    values: Annotated[
        list[str], typer.Argument(metavar="VALUE...", help="What the register shows; day=1350 night=700 for scales.")
    ],
    meter: MeterSerial = None,
    kind: Kind = "round",
    confirmed: Confirmed = False,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Enter what a meter shows. What looks like a slip or a jump goes to quarantine and is not billed.

    [dim]wattbook readings enter SA01/12/345 1350 --on 2026-03-01[/]
    [dim]wattbook readings enter SA01/12/345 day=1350 night=700 --on 2026-03-01 --kind consumer[/]
    """
    from operational_db.metering.readings import enter_reading
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database

    by_zone = dict(value_of(text) for text in values)
    if len(by_zone) != len(values) or (None in by_zone and len(by_zone) > 1):
        raise typer.BadParameter("give one value, or one for each scale by its name")
    answer = enter_reading(
        settings_with_database(),
        place,
        by_zone[None] if None in by_zone else {str(zone): value for zone, value in by_zone.items()},
        on=on,
        serial_no=meter,
        kind=kind,
        confirmed=confirmed,
        note=note,
        dry_run=dry_run,
        by=by,
    )
    if as_json:
        show_json(_as_document(answer))
    else:
        _say_judged(answer.readings, dry_run=dry_run)


@app.command()
def automatic(
    point: Annotated[str, typer.Argument(metavar="POINT", help="A metering point, such as SA01/12/345#1.")],
    on: Annotated[
        date | None,
        typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="Day of signing, else that of the contract."),
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Begin a point whose contract is signed before a meter hangs: the automatic reading of 0, already billed.

    [dim]wattbook readings automatic SA01/12/345#1 --on 2026-03-10[/]
    """
    from operational_db.metering.automatic_readings import set_automatic_reading
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    signed_on, is_new = set_automatic_reading(settings_with_database(), point, on=on, by=by)
    if as_json:
        show_json({"point_code": point, "read_on": signed_on, "is_new": is_new})
    elif is_new:
        say(
            f"{point} begins on {signed_on} with the automatic reading 0; `wattbook readings estimate` tells what it "
            "uses until a meter is hung."
        )
    else:
        say(f"The automatic reading of {point} stands on {signed_on} already; nothing was done.")


@app.command()
def load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or XLSX; `readings round-sheet` writes such files.")
    ],
    on: Annotated[
        date | None,
        typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The day of rows that tell none."),
    ] = None,
    kind: Kind = "round",
    delimiter: Annotated[str, typer.Option(metavar="CHAR", help="What separates the cells of a CSV.")] = ",",
    encoding: Annotated[str, typer.Option(metavar="NAME", help="utf-8, cp1251 or cp866.")] = "utf-8",
    leave_out_refused: Annotated[
        bool, typer.Option("--leave-out-refused", help="Enter the rest where some are refused; else nothing enters.")
    ] = False,
    refused_to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write refused rows with their reasons here, to be corrected.")
    ] = None,
    confirmed: Confirmed = False,
    note: Note = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Enter the readings of a file, all or none. Rows without a value were not read and are counted.

    Loading the same file again enters nothing twice.

    [dim]wattbook readings load round-SA01-12.csv --leave-out-refused --refused-to to-correct.csv[/]
    """
    from operational_db.metering.reading_files import load_readings, write_refused
    from operational_db.metering.readings import REFUSED
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database

    if len(delimiter) != 1:
        raise typer.BadParameter("--delimiter is one character, such as ; or ,")
    answer, loaded = load_readings(
        settings_with_database(),
        file,
        on=on,
        kind=kind,
        delimiter=delimiter,
        encoding=encoding,
        leave_out_refused=leave_out_refused,
        confirmed=confirmed,
        note=note,
        dry_run=dry_run,
        by=by,
    )
    refused = answer.of(REFUSED)
    if refused_to is not None and refused:
        write_refused(refused, loaded.unreadable, refused_to)
    if as_json:
        show_json({**_as_document(answer), "not_read_count": loaded.empty_count})
    else:
        _say_loaded(answer, loaded.empty_count, refused_to)
    if refused and not leave_out_refused:
        raise Refusal(
            f"{len(refused)} of {len(answer.readings)} readings are refused, so none was entered; correct them, or "
            "load the rest with --leave-out-refused."
        )


@app.command()
def missing(
    month: Month, unit: UnitCode = None, book: Book = None, by: ByUser = FIRST_USER, as_json: AsJson = False
) -> None:
    """Meters and points without a reading in a month.

    [dim]wattbook readings missing --month 2026-03 --book SA01/12[/]
    """
    from operational_db.metering.reading_estimates import missing_readings
    from orchestration.answers import grouped, say, show_json, show_table
    from orchestration.command_line.surroundings import settings_with_database

    rows = missing_readings(settings_with_database(), month, unit_code=unit, book=book, by=by)
    if as_json:
        show_json(rows)
        return
    if not rows:
        say(f"Everything there was read in {month:%Y-%m}.")
        return
    show_table(
        ["account", "point", "meter", "last read", "value", "instead"],
        [
            [
                row.account_no,
                row.point_code,
                row.serial_no or "none",
                row.last_on,
                row.last_values,
                "in quarantine" if row.is_in_doubt else "estimated" if row.is_estimated else "",
            ]
            for row in rows[:SHOWN_ROWS]
        ],
    )
    if len(rows) > SHOWN_ROWS:
        say(f"... and {grouped(len(rows) - SHOWN_ROWS)} more; name a --unit or --book, or ask for all with --json.")
    waiting = sum(not row.is_estimated for row in rows)
    say(
        f"{grouped(len(rows))} not read in {month:%Y-%m}, {grouped(waiting)} of them without an estimate "
        f"(`wattbook readings estimate --month {month:%Y-%m}`)."
    )


@app.command()
def estimate(
    month: Month,
    place: Annotated[
        str | None, typer.Option(metavar="PLACE", help="One metering point or account, such as SA01/12/345.")
    ] = None,
    unit: UnitCode = None,
    book: Book = None,
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="average, contract, group, or best: the first that has a figure.")
    ] = "best",
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Estimate what was not read in a month; a second run makes nothing twice.

    [dim]wattbook readings estimate --month 2026-03 --unit SA01 --dry-run[/]
    [dim]wattbook readings estimate --month 2026-03 --place SA01/12/345 --method contract[/]
    """
    from operational_db.metering.reading_estimates import estimate_readings
    from orchestration.answers import energy, grouped, say, show_json, show_table
    from orchestration.command_line.surroundings import settings_with_database

    if place is not None and (unit is not None or book is not None):
        raise typer.BadParameter("give --place, or --unit and --book, not both")
    rows = estimate_readings(
        settings_with_database(), month, method=method, unit_code=unit, place=place, book=book, dry_run=dry_run, by=by
    )
    if as_json:
        show_json({"is_dry_run": dry_run, "estimates": rows})
        return
    made = [row for row in rows if row.kind is not None]
    if made:
        show_table(
            ["account", "point", "scale", "from", "to", "by", "kWh a day", "kWh", "value"],
            [
                [
                    row.account_no,
                    row.point_code,
                    row.zone_code or "no meter",
                    row.span_from,
                    row.span_to,
                    _method(row),
                    energy(row.daily_kwh, 2),
                    energy(row.energy_kwh, 1),
                    energy(row.value_kwh, 1),
                ]
                for row in made[:SHOWN_ROWS]
            ],
        )
    if len(made) > SHOWN_ROWS:
        say(f"... and {grouped(len(made) - SHOWN_ROWS)} more; ask for all with --json.")
    for row in [row for row in rows if row.kind is None][:SHOWN_ROWS]:
        say(str(row.reason))
    total = sum((row.energy_kwh or Decimal(0) for row in made), Decimal(0))
    say(
        f"{'Would estimate' if dry_run else 'Estimated'} {grouped(len(made))} for {month:%Y-%m}, {energy(total)} kWh; "
        f"{grouped(len(rows) - len(made))} could not be."
    )


@app.command()
def round_sheet(
    month: Month,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: CSV, or XLSX by its ending.")],
    unit: UnitCode = None,
    book: Book = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Write the sheet that a controller takes along and that `readings load` takes back.

    [dim]wattbook readings round-sheet round-SA01-12.xlsx --month 2026-03 --book SA01/12[/]
    """
    from operational_db.metering.reading_estimates import round_sheet as rows_of_round
    from operational_db.metering.reading_files import write_sheet
    from orchestration.answers import grouped, say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    rows = rows_of_round(settings_with_database(), month, unit_code=unit, book=book, by=by)
    if not rows:
        raise Refusal(f"No meter is to be read there in {month:%Y-%m}; check --unit and --book.")
    write_sheet(rows, file)
    if as_json:
        show_json({"file": file, "row_count": len(rows)})
    else:
        say(
            f"Wrote {file}: {grouped(len(rows))} scales to read, by address. Fill in read_on and value_kwh, then load "
            "it."
        )


def _method(row: "Estimate") -> str:
    """average (season), group (dwelling, 12 points)."""
    points = f", {row.point_count} points" if row.point_count else ""
    return f"{row.kind} ({row.basis}{points})"


def _as_document(answer: "EnteredReadings") -> dict[str, object]:
    return {
        "was_entered": answer.was_entered,
        "is_dry_run": answer.is_dry_run,
        "counts": answer.counts,
        "readings": answer.readings,
    }


def _say_judged(readings: "list[JudgedReading]", *, dry_run: bool) -> None:
    from operational_db.metering.readings import ACCEPTED, QUARANTINED
    from orchestration.answers import say

    for reading in readings:
        scale = "" if reading.zone_code == "all" else f" ({reading.zone_code})"
        shown = f"{reading.value_kwh:f} of {reading.point_code}{scale} on {reading.read_on}"
        if reading.verdict == ACCEPTED:
            counted = (
                "no energy yet"
                if reading.energy_kwh is None
                else f"{reading.energy_kwh.normalize():f} kWh since {reading.counted_from}"
            )
            say(
                f"{'Would enter' if dry_run else 'Entered'} {shown}: {counted}, booked in {reading.booked_month:%Y-%m}."
            )
            if reading.sentence:
                say(reading.sentence)
        elif reading.verdict == QUARANTINED:
            say(f"{'Would put into' if dry_run else 'Entered into'} quarantine. {reading.sentence}")
        else:
            say(str(reading.sentence))


def _say_loaded(answer: "EnteredReadings", empty_count: int, refused_to: Path | None) -> None:
    from operational_db.metering.readings import ACCEPTED, ENTERED_ALREADY, QUARANTINED, REFUSED
    from orchestration.answers import energy, grouped, say

    for verdict, word in ((REFUSED, "refused"), (QUARANTINED, "quarantine")):
        rows = answer.of(verdict)
        for reading in rows[:SHOWN_ROWS]:
            say(f"row {reading.row_no} {word}: {reading.sentence}")
        if len(rows) > SHOWN_ROWS:
            say(f"... and {grouped(len(rows) - SHOWN_ROWS)} more {word}; ask for all with --json.")
    accepted = answer.of(ACCEPTED)
    counted = sum((reading.energy_kwh or Decimal(0) for reading in accepted), Decimal(0))
    parts = [
        f"{grouped(len(accepted))} accepted ({energy(counted)} kWh, {sum(r.is_rollover for r in accepted)} past zero)",
        f"{grouped(len(answer.of(QUARANTINED)))} into quarantine",
        f"{grouped(len(answer.of(ENTERED_ALREADY)))} entered already",
        f"{grouped(len(answer.of(REFUSED)))} refused",
        f"{grouped(empty_count)} rows not read",
    ]
    done = "Would be" if answer.is_dry_run else "Entered" if answer.was_entered else "Nothing entered"
    say(f"{done}: {', '.join(parts)}.")
    if refused_to is not None and answer.of(REFUSED):
        say(f"What was refused is in {refused_to}; correct it there and load that file.")
