"""What changes on a meter that stays where it is: its ratio, its scales, a test, what the book says about its plate.

As with `meter_operations`, each can be tried dry and the last one undone.
"""

from datetime import date
from decimal import Decimal

from operational_db.metering.operation_outcome import MeterOperation, Values, as_values, perform
from operational_db.settings import Settings


def change_ratio(
    settings: Settings,
    point_code: str,
    *,
    on: date,
    values: Values,
    current_ratio: Decimal | int,
    voltage_ratio: Decimal | int = 1,
    by: str,
    serial_no: str | None = None,
    confirmed: bool = False,
    order_no: str | None = None,
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Other transformers from a day on; the values of that day part the energy of the two ratios.

    Raises:
        Refusal: no meter there, the same ratio, the day is not after the last reading, a value in doubt.
    """
    return perform(
        settings,
        "change_meter_ratio",
        {
            "point_code": point_code,
            "of_serial_no": serial_no,
            "on_day": on,
            "given": as_values(values),
            "is_confirmed": confirmed,
            "of_current_ratio": current_ratio,
            "of_voltage_ratio": voltage_ratio,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
        point_code=point_code,
    )


def set_zones(
    settings: Settings,
    serial_no: str,
    zones: list[str],
    *,
    on: date,
    by: str,
    values: Values | None = None,
    new_values: Values | None = None,
    digits: int | None = None,
    confirmed: bool = False,
    order_no: str | None = None,
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Set the scales of a meter from a day on: `all`, or two or three parts of the day.

    Args:
        values: where the meter hangs, what its old scales show on that day.
        new_values: and what the new ones show.

    Raises:
        Refusal: unknown scales, the same ones, values missing or not wanted, the day is not after the last reading.
    """
    return perform(
        settings,
        "set_meter_zones",
        {
            "of_serial_no": serial_no,
            "new_zones": zones,
            "new_digits": digits,
            "on_day": on,
            "closing": as_values(values),
            "opening": as_values(new_values),
            "is_confirmed": confirmed,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
    )


def record_test(
    settings: Settings,
    point_code: str,
    *,
    on: date,
    within_class: bool,
    by: str,
    error_percent: Decimal | None = None,
    values: Values | None = None,
    serial_no: str | None = None,
    confirmed: bool = False,
    order_no: str | None = None,
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Record the test of a meter where it hangs; values taken on the way are readings like others.

    Args:
        within_class: its error is within its class of accuracy.
        error_percent: positive when it shows too much.

    Raises:
        Refusal: no meter there, or values of a day that is not after the last reading.
    """
    return perform(
        settings,
        "test_meter",
        {
            "point_code": point_code,
            "of_serial_no": serial_no,
            "on_day": on,
            "given": as_values(values),
            "is_confirmed": confirmed,
            "within_class": within_class,
            "of_error_percent": error_percent,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
        point_code=point_code,
    )


def edit_meter(
    settings: Settings,
    serial_no: str,
    *,
    by: str,
    new_serial_no: str | None = None,
    meter_type: str | None = None,
    digits: int | None = None,
    made_in: int | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Put right what the book says about a meter. Another type brings its digits along unless `digits` tells them.

    Raises:
        Refusal: the serial number belongs to another, an unknown type, digits that a reading or a bill contradicts, or
            nothing to change.
    """
    return perform(
        settings,
        "edit_meter",
        {
            "of_serial_no": serial_no,
            "new_serial_no": new_serial_no,
            "new_type_code": meter_type,
            "new_digits": digits,
            "new_made_in": made_in,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
    )
