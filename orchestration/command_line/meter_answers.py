"""How commands about meters answer: from the values of an operation to the balance, or the one line that was noted."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestration.command_line.meter_arguments import database_settings

if TYPE_CHECKING:
    from operational_db.metering.condition_events import NotedEvent
    from operational_db.metering.operation_outcome import MeterOperation


def answer(done: "MeterOperation", *, as_json: bool) -> None:
    """What an operation did or would do, from the values to the balance."""
    from orchestration.answers import energy, money, say, show_json, show_table
    from orchestration.book import book_currency

    if as_json:
        show_json(done)
        return
    currency = book_currency(database_settings())
    where = " -> ".join(code for code in (done.point_code, done.to_point_code) if code)
    which = " -> ".join(serial for serial in (done.serial_no, done.new_serial_no) if serial)
    verb = "Would be done" if done.is_dry_run else f"Operation {done.operation_id}"
    at, undone = f" at {where}" if where else "", ", undone" if done.is_undone else ""
    say(f"{verb}: {done.kind}{at}, meter {which}, on {done.performed_on}{undone}.")
    if done.readings:
        show_table(
            ("meter", "scale", "", "value", "counted from", "ratio", "kWh"),
            [
                (
                    r.serial_no, r.zone_code, r.purpose, plain(r.value_kwh),
                    "" if r.counted_from_kwh is None else f"{plain(r.counted_from_kwh)} on {r.counted_from}",
                    "" if r.ratio is None else plain(r.ratio),
                    "" if r.energy_kwh is None else plain(r.energy_kwh),
                )
                for r in done.readings
            ],
            title="Values",
        )  # fmt: skip
    if done.gap is not None:
        say(
            f"Days without a meter: {done.gap.span_from} to {done.gap.span_to}, {plain(done.gap.daily_kwh)} kWh a day "
            f"({done.gap.basis}), {plain(done.gap.energy_kwh)} kWh."
        )
    for bill in done.bills:
        show_table(
            ("point", "scale", "from", "to", "step", "kWh", "price", currency.code),
            [
                (
                    line.point_code, line.zone_code, line.span_from, line.span_to, line.step_no,
                    energy(line.energy_kwh, 3), plain(line.price_minor / currency.minor_per_major),
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


def say_noted(noted: "NotedEvent", *, as_json: bool) -> None:
    """What was noted of the condition of a meter, or would be."""
    from orchestration.answers import say, show_json

    if as_json:
        show_json(noted)
        return
    verb = "Would be noted" if noted.is_dry_run else "Noted"
    say(f'{verb} of meter "{noted.serial_no}" on {noted.happened_on}: {noted.what}.')
    if noted.is_dry_run:
        say("Nothing was written.")


def plain(value: Decimal) -> str:
    """A number without the zeros that its type keeps."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
