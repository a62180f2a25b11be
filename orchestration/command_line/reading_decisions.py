"""Commands of `wattbook readings` about readings that stand: their history, and what a clerk decides on them."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, UnitCode, day_of
from orchestration.command_line.reading_arguments import (
    SHOWN_ROWS,
    DryRun,
    MeterSerial,
    OnDay,
    Place,
    Reason,
    value_of,
)

if TYPE_CHECKING:
    from operational_db.metering.reading_decisions import ReadingInHistory

app = typer.Typer()


@app.command()
def history(
    place: Place,
    since: Annotated[
        date | None, typer.Option(parser=day_of, metavar="YYYY-MM-DD", help="Only from this day on.")
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Readings of a point or account, newest first: new, billed, quarantined or cancelled.

    [dim]wattbook readings history SA01/12/345[/]
    """
    from operational_db.metering.reading_decisions import reading_history
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database

    rows = reading_history(settings_with_database(), place, since=since, by=by)
    if as_json:
        show_json(rows)
    else:
        _show_history(rows)


@app.command()
def quarantine(unit: UnitCode = None, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Readings that wait for a decision, oldest first, each with its reason.

    [dim]wattbook readings quarantine --unit SA01[/]
    """
    from operational_db.metering.reading_decisions import quarantined_readings
    from orchestration.answers import grouped, say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    rows = quarantined_readings(settings_with_database(), unit_code=unit, by=by)
    if as_json:
        show_json(rows)
        return
    if not rows:
        say("No reading stands in quarantine there.")
        return
    for row in rows[:SHOWN_ROWS]:
        say(f"{row.read_on} {row.point_code} [{row.rule or 'by hand'}] {row.reason}")
    if len(rows) > SHOWN_ROWS:
        say(f"... and {grouped(len(rows) - SHOWN_ROWS)} more; name a smaller --unit, or ask for all with --json.")
    say(
        f"{grouped(len(rows))} in quarantine. `wattbook readings release PLACE --on DAY --reason TEXT` bills one, "
        "`wattbook readings cancel` drops it."
    )


@app.command()
def release(
    place: Place,
    on: OnDay,
    reason: Reason,
    meter: MeterSerial = None,
    passed_zero: Annotated[
        bool, typer.Option("--passed-zero", help="The register did pass zero, though it is hard to believe.")
    ] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Bring a reading out of quarantine, so that it is billed.

    [dim]wattbook readings release SA01/12/345 --on 2026-03-01 --reason "Seen: electric heating"[/]
    """
    from operational_db.metering.reading_decisions import release_reading
    from orchestration.command_line.surroundings import settings_with_database

    done = release_reading(
        settings_with_database(), place, on=on, reason=reason, serial_no=meter, passed_zero=passed_zero, by=by
    )
    _say_decided(done, as_json)


@app.command()
def hold(
    place: Place,
    on: OnDay,
    reason: Reason,
    meter: MeterSerial = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Put a reading into quarantine by hand; what was billed on it is taken back by the next bill run.

    [dim]wattbook readings hold SA01/12/345 --on 2026-03-01 --reason "The consumer doubts it"[/]
    """
    from operational_db.metering.reading_decisions import quarantine_reading
    from orchestration.command_line.surroundings import settings_with_database

    _say_decided(
        quarantine_reading(settings_with_database(), place, on=on, reason=reason, serial_no=meter, by=by), as_json
    )


@app.command()
def cancel(
    place: Place,
    on: OnDay,
    reason: Reason,
    meter: MeterSerial = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Cancel a reading: it stays in the history and never counts again.

    [dim]wattbook readings cancel SA01/12/345 --on 2026-03-01 --reason "Read on the neighbour's meter"[/]
    """
    from operational_db.metering.reading_decisions import cancel_reading
    from orchestration.command_line.surroundings import settings_with_database

    _say_decided(cancel_reading(settings_with_database(), place, on=on, reason=reason, serial_no=meter, by=by), as_json)


@app.command()
def adjust(
    place: Place,
    energy: Annotated[
        str, typer.Argument(metavar="KWH", help="What was really used; day=120 for one scale of several.")
    ],
    on: OnDay,
    reason: Reason,
    meter: MeterSerial = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Say what was really used up to a billed reading; the reading stays, the bill is made anew by the next run.

    [dim]wattbook readings adjust SA01/12/345 120 --on 2026-03-01 --reason "The rest went to the neighbour's line"[/]
    """
    from operational_db.billing.adjustments import adjust_consumption
    from orchestration.answers import energy as in_kwh
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    zone, right_kwh = value_of(energy)
    done = adjust_consumption(
        settings_with_database(),
        place,
        right_kwh,
        on=on,
        reason=reason,
        serial_no=meter,
        zone=zone,
        dry_run=dry_run,
        by=by,
    )
    if as_json:
        show_json(done)
        return
    scale = "" if done.zone_code == "all" else f" ({done.zone_code})"
    say(
        f"{'Would adjust' if dry_run else 'Adjusted'} {done.point_code}{scale} from {done.used_from} to {on}: counted "
        f"{in_kwh(done.counted_kwh, 1)} kWh, adjusted before by {in_kwh(done.adjusted_before_kwh, 1)}, now by "
        f"{in_kwh(done.adjusted_kwh, 1)}, right is {in_kwh(done.right_kwh, 1)}. `wattbook bill` posts the pair."
    )


def _say_decided(done: "list[ReadingInHistory]", as_json: bool) -> None:
    from orchestration.answers import say, show_json

    if as_json:
        show_json(done)
        return
    words = {"quarantined": "in quarantine", "cancelled": "cancelled", "new": "released and will be billed"}
    for reading in done:
        scale = "" if reading.zone_code == "all" else f" ({reading.zone_code})"
        energy = "" if reading.state != "new" else f", {reading.energy_kwh.normalize():f} kWh"  # type: ignore[union-attr]
        say(
            f"{reading.value_kwh.normalize():f} of {reading.point_code}{scale} on {reading.read_on} is "
            f"{words.get(reading.state, reading.state)}{energy}."
        )
        if reading.reason and len(done) > 1:
            say(reading.reason)


def _show_history(rows: "list[ReadingInHistory]") -> None:
    from orchestration.answers import energy, say, show_table

    if not rows:
        say("No reading was entered there.")
        return
    show_table(
        ["point", "meter", "scale", "day", "value", "kWh", "kind", "state", "booked", "by", "remark"],
        [
            [
                row.point_code,
                row.serial_no or "none",
                row.zone_code,
                row.read_on,
                f"{row.value_kwh.normalize():f}",
                energy(row.energy_kwh, 1),
                row.kind,
                row.state,
                f"{row.booked_month:%Y-%m}",
                row.entered_by,
                "passed zero" if row.is_rollover else "a true reading followed" if row.is_passed_over else "",
            ]
            for row in rows
        ],
    )
    for row in rows:
        if row.reason:
            say(f"{row.read_on} {row.state}: {row.reason}")
