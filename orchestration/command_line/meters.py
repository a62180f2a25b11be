"""`wattbook meters`: the stock, operations at metering points and their undoing, work orders.

Every operation answers with what it did, or with --dry-run what it would do: values, days without a meter, the bill
that follows and the balance.
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from operational_db.settings import Settings
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of
from orchestration.command_line.readings import value_of

if TYPE_CHECKING:
    from operational_db.metering.operation_outcome import MeterOperation, Values

app = typer.Typer(help="Meters: stock, operations at points, undo, work orders.", no_args_is_help=True)
order_app = typer.Typer(help="Work orders at metering points.", no_args_is_help=True)
app.add_typer(order_app, name="order")

Point = Annotated[str, typer.Argument(metavar="POINT", help="A metering point, such as SA01/12/345#1.")]
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="Serial number of the meter.")]
OnDay = Annotated[
    date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="Day of the operation; values at its start.")
]
Shown = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="VALUE", help="What the meter shows: 1350, or day=1350 for each scale."),
]
NewShown = Annotated[
    list[str],
    typer.Option("--new-value", metavar="VALUE", help="What the new meter shows: 0, or day=0 for each scale."),
]
OrderNo = Annotated[str, typer.Option("--order", metavar="NUMBER", help="Work order that the operation carries out.")]
OfSeveral = Annotated[
    str | None, typer.Option("--meter", metavar="SERIAL", help="Which meter, where several hang there.")
]
Confirmed = Annotated[bool, typer.Option("--confirmed", help="You vouch for a value that looks like a slip.")]
Unreadable = Annotated[bool, typer.Option("--unreadable", help="The meter is broken and shows nothing.")]
Ratio = Annotated[str | None, typer.Option("--ratio", metavar="NUMBER", help="Ratio of the current transformers.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]


@app.command()
def register(
    serial: Serial,
    meter_type: Annotated[str, typer.Option("--type", metavar="CODE", help="Type of the meter.")],
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="In whose store it is.")],
    on: OnDay,
    digits: Annotated[int | None, typer.Option(help="Whole digits, where they are not the type's.")] = None,
    scales: Annotated[
        list[str] | None, typer.Option("--scale", metavar="ZONE", help="Its scales, where they are not the type's.")
    ] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Add a meter to the store of a unit."""
    from operational_db.metering.meter_stock import register_meter
    from orchestration.answers import say

    register_meter(_settings(), serial, meter_type, unit_code=unit, on=on, by=by, digits=digits, zones=scales)
    say(f'Meter "{serial}" is in the store of {unit}.')


@app.command()
def stock(
    unit: Annotated[str | None, typer.Option("--unit", metavar="CODE", help="Only this unit's.")] = None,
    free: Annotated[bool, typer.Option("--free", help="Only those that hang nowhere and can be installed.")] = False,
    due_before: Annotated[
        date | None, typer.Option("--due-before", parser=day_of, metavar="YYYY-MM-DD", help="Verification due.")
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Meters, where they are and in what condition."""
    _list_meters(unit=unit, free=free, broken=False, due_before=due_before, by=by, as_json=as_json)


@app.command()
def broken(
    unit: Annotated[str | None, typer.Option("--unit", metavar="CODE", help="Only this unit's.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Meters that are recorded as broken."""
    _list_meters(unit=unit, free=False, broken=True, due_before=None, by=by, as_json=as_json)


@app.command()
def report_broken(
    serial: Serial,
    on: OnDay,
    fault: Annotated[str, typer.Option("--fault", metavar="TEXT", help="What is wrong with it.")],
    by: ByUser = FIRST_USER,
) -> None:
    """Record that a meter is broken, so that it may be removed without a value."""
    from operational_db.metering.meter_stock import record_broken
    from orchestration.answers import say

    record_broken(_settings(), serial, fault, on=on, by=by)
    say(f'Meter "{serial}" is recorded as broken since {on}.')


@app.command()
def show(
    point: Annotated[str | None, typer.Argument(metavar="POINT", help="A metering point.")] = None,
    meter: Annotated[str | None, typer.Option("--meter", metavar="SERIAL", help="A meter, wherever it was.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """What was done at a point, or to a meter, and the values that stand."""
    from operational_db.metering.meter_history import meter_history
    from orchestration.answers import say, show_json, show_table

    history = meter_history(_settings(), by=by, point_code=point, serial_no=meter)
    if as_json:
        show_json(history)
        return
    if history.operations:
        show_table(
            ("no.", "on", "operation", "point", "meter", "new meter", "values", "gap kWh", "by", "undone because"),
            [
                (
                    one.operation_id, one.performed_on, one.kind, one.point_code or "", one.serial_no,
                    one.new_serial_no or "", one.readings or "", "" if one.gap_kwh is None else one.gap_kwh,
                    one.entered_by or "", one.undone_because or "",
                )
                for one in history.operations
            ],
            title="Operations",
        )  # fmt: skip
    if history.events:
        show_table(("on", "meter", "what"), [(e.happened_on, e.serial_no, e.what) for e in history.events])
    if history.last_readings:
        show_table(
            ("meter", "scale", "read on", "value", "kind"),
            [(r.serial_no, r.zone_code, r.read_on, _plain(r.value_kwh), r.kind) for r in history.last_readings],
            title="Values that stand",
        )
    if not (history.operations or history.events or history.last_readings):
        say("Nothing was done there yet.")


@app.command()
def install(
    point: Point,
    serial: Serial,
    on: OnDay,
    value: Annotated[
        list[str], typer.Option("--value", metavar="VALUE", help="What the meter shows: 0, or day=0 for each scale.")
    ],
    ratio: Ratio = None,
    order: Annotated[str | None, typer.Option("--order", metavar="NUMBER", help="Work order carried out.")] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Hang a meter at a point; days since the last meter are billed by what the point uses a day.

    [dim]wattbook meters install SA01/12/345#1 N-77 --on 2026-03-10 --value 0 --dry-run[/]
    """
    from operational_db.metering.meter_operations import install_meter

    done = install_meter(
        _settings(), point, serial, on=on, values=_values(value), by=by, order_no=order, dry_run=dry_run,
        **({} if ratio is None else {"current_ratio": Decimal(ratio)}),
    )  # fmt: skip
    _answer(done, as_json=as_json)


@app.command()
def remove(
    point: Point,
    on: OnDay,
    order: OrderNo,
    value: Shown = None,
    meter: OfSeveral = None,
    unreadable: Unreadable = False,
    confirmed: Confirmed = False,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a meter off its point."""
    from operational_db.metering.meter_operations import remove_meter

    done = remove_meter(
        _settings(), point, on=on, order_no=order, by=by, values=_values(value), serial_no=meter,
        unreadable=unreadable, confirmed=confirmed, dry_run=dry_run,
    )  # fmt: skip
    _answer(done, as_json=as_json)


@app.command()
def replace(
    point: Point,
    new_serial: Annotated[str, typer.Argument(metavar="NEW-SERIAL", help="Serial number of the new meter.")],
    on: OnDay,
    new_value: NewShown,
    order: OrderNo,
    value: Shown = None,
    meter: OfSeveral = None,
    ratio: Ratio = None,
    unreadable: Unreadable = False,
    confirmed: Confirmed = False,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take a meter off and hang another in its place on the same day.

    [dim]wattbook meters replace SA01/12/345#1 N-77 --on 2026-03-10 --value 1350 --new-value 0 --order 17 --dry-run[/]
    """
    from operational_db.metering.meter_operations import replace_meter

    done = replace_meter(
        _settings(), point, new_serial, on=on, new_values=_values(new_value), order_no=order, by=by,
        values=_values(value), serial_no=meter, unreadable=unreadable, confirmed=confirmed,
        current_ratio=None if ratio is None else Decimal(ratio), dry_run=dry_run,
    )  # fmt: skip
    _answer(done, as_json=as_json)


@app.command()
def undo(
    point: Annotated[str | None, typer.Argument(metavar="POINT", help="The point whose last operation it was.")] = None,
    meter: Annotated[str | None, typer.Option("--meter", metavar="SERIAL", help="A meter that hangs nowhere.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the book.")] = "",
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take the last operation of a point back, while nothing of it is billed.

    [dim]wattbook meters undo SA01/12/345#1 --reason "wrong apartment"[/]
    """
    from operational_db.metering.undo import undo_last

    done = undo_last(_settings(), reason=reason, by=by, point_code=point, serial_no=meter, dry_run=dry_run)
    _answer(done, as_json=as_json)


@order_app.command("issue")
def issue_order(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="install, remove, replace, relocate, test, inspect ...")],
    point: Point,
    on: OnDay,
    number: Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="The number on the paper.")] = None,
    executor: Annotated[str | None, typer.Option("--executor", metavar="NAME", help="Who shall do it.")] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """Issue a work order; the answer is its number."""
    from operational_db.metering.work_orders import issue_order as issue
    from orchestration.answers import say

    given = issue(_settings(), kind, point, on=on, by=by, order_no=number, executor=executor)
    say(f"Work order {given} is issued: {kind} at {point}.")


@order_app.command("list")
def list_orders(
    point: Annotated[str | None, typer.Option("--point", metavar="POINT", help="Only at this point.")] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="open, executed, cancelled ...")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Work orders, newest first."""
    from operational_db.metering.work_orders import list_orders as list_all
    from orchestration.answers import say, show_json, show_table

    found = list_all(_settings(), by=by, point_code=point, state=state)
    if as_json:
        show_json(found)
    elif not found:
        say("There are no such work orders.")
    else:
        show_table(
            ("order", "kind", "point", "issued on", "state", "executor", "result"),
            [(o.order_no, o.kind, o.point_code, o.issued_on, o.state, o.executor or "", o.result or "") for o in found],
        )


def _settings() -> Settings:
    from orchestration.command_line.surroundings import settings_with_database

    return settings_with_database()


def _values(given: list[str] | None) -> "Values | None":
    """One number for a meter with one scale, else one by scale."""
    if not given:
        return None
    by_zone = dict(value_of(text) for text in given)
    if len(by_zone) < len(given):
        raise typer.BadParameter("one scale was given twice; give each scale once, as day=1350 night=700")
    return by_zone[None] if list(by_zone) == [None] else {zone or "all": value for zone, value in by_zone.items()}


def _list_meters(
    *, unit: str | None, free: bool, broken: bool, due_before: date | None, by: str, as_json: bool
) -> None:
    from operational_db.metering.meter_stock import list_meters
    from orchestration.answers import say, show_json, show_table

    found = list_meters(_settings(), by=by, unit_code=unit, free=free, broken=broken, due_before=due_before)
    if as_json:
        show_json(found)
    elif not found:
        say("There are no such meters.")
    else:
        show_table(
            ("meter", "type", "scales", "digits", "place", "unit or point", "verified", "due", "fault"),
            [
                (
                    m.serial_no, m.meter_type, " ".join(m.zones), m.digits, m.place or "",
                    m.point_code or m.unit_code or "", m.verified_on or "", m.next_due_on or "", m.fault or "",
                )
                for m in found
            ],
        )  # fmt: skip


def _answer(done: "MeterOperation", *, as_json: bool) -> None:
    """What an operation did or would do, from the values to the balance."""
    from orchestration.answers import energy, money, say, show_json, show_table
    from orchestration.book import book_currency

    if as_json:
        show_json(done)
        return
    currency = book_currency(_settings())
    where = " -> ".join(code for code in (done.point_code, done.to_point_code) if code)
    which = " -> ".join(serial for serial in (done.serial_no, done.new_serial_no) if serial)
    verb = "Would be done" if done.is_dry_run else f"Operation {done.operation_id}"
    say(f"{verb}: {done.kind} at {where}, meter {which}, on {done.performed_on}{', undone' if done.is_undone else ''}.")
    if done.readings:
        show_table(
            ("meter", "scale", "", "value", "counted from", "ratio", "kWh"),
            [
                (
                    r.serial_no, r.zone_code, r.purpose, _plain(r.value_kwh),
                    "" if r.counted_from_kwh is None else f"{_plain(r.counted_from_kwh)} on {r.counted_from}",
                    "" if r.ratio is None else _plain(r.ratio),
                    "" if r.energy_kwh is None else _plain(r.energy_kwh),
                )
                for r in done.readings
            ],
            title="Values",
        )  # fmt: skip
    if done.gap is not None:
        say(
            f"Days without a meter: {done.gap.span_from} to {done.gap.span_to}, {_plain(done.gap.daily_kwh)} kWh a day "
            f"({done.gap.basis}), {_plain(done.gap.energy_kwh)} kWh."
        )
    for bill in done.bills:
        show_table(
            ("point", "scale", "from", "to", "step", "kWh", "price", currency.code),
            [
                (
                    line.point_code, line.zone_code, line.span_from, line.span_to, line.step_no,
                    energy(line.energy_kwh, 3), _plain(line.price_minor / currency.minor_per_major),
                    money(line.charge_minor, currency.minor_per_major),
                )
                for line in bill.lines
            ],
            title=f"Bill to come of {bill.account_no} for {bill.booked_month:%Y-%m}",
        )  # fmt: skip
        say(
            f"{energy(bill.energy_kwh, 3)} kWh, {money(bill.charge_minor, currency.minor_per_major)} {currency.code}; "
            f"balance {money(bill.balance_minor, currency.minor_per_major)} before, "
            f"{money(bill.balance_after_minor, currency.minor_per_major)} after."
        )
    if done.is_dry_run:
        say("Nothing was written.")


def _plain(value: Decimal) -> str:
    """A number without the zeros that its type keeps."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
