"""Which meter measures at a point: installing, removing, replacing, relocating. One function, one transaction.

Each can be tried dry: everything is computed and shown, and nothing stays. The rules are in sql/meter_operations.sql;
each is refused in one sentence. The last operation of a point can be undone (`undo`).
"""

from datetime import date
from decimal import Decimal

from operational_db.metering.operation_outcome import MeterOperation, Values, as_values, perform
from operational_db.settings import Settings


def install_meter(
    settings: Settings,
    point_code: str,
    serial_no: str,
    *,
    on: date,
    values: Values,
    by: str,
    current_ratio: Decimal | int = 1,
    voltage_ratio: Decimal | int = 1,
    beside: bool = False,
    address_id: int | None = None,
    meter_type: str | None = None,
    digits: int | None = None,
    zones: list[str] | None = None,
    made_in: int | None = None,
    order_no: str | None = None,
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Hang a meter at a point; days since the last meter are told as energy of a gap and billed with the month.

    Args:
        values: what the meter shows at the start of the day, one value for each scale.
        current_ratio: kWh are register differences times current and voltage ratio.
        beside: another meter hangs there and stays, on other scales.
        address_id: where the meter itself is, unless at the address of the premises.
        meter_type: registers the meter now, with `digits` and `zones` where they differ from the type's.

    Raises:
        Refusal: no such point or meter, no right, the meter is not free, the point is, the day is not after the last
            reading, a gap whose daily use nobody knows, or a value that cannot stand.
    """
    return perform(
        settings,
        "install_meter",
        {
            "point_code": point_code,
            "of_serial_no": serial_no,
            "on_day": on,
            "opening": as_values(values),
            "of_current_ratio": current_ratio,
            "of_voltage_ratio": voltage_ratio,
            "is_beside": beside,
            "at_address_id": address_id,
            "of_type_code": meter_type,
            "of_digits": digits,
            "of_zones": zones,
            "made_in": made_in,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
        point_code=point_code,
    )


def remove_meter(
    settings: Settings,
    point_code: str,
    *,
    on: date,
    order_no: str,
    by: str,
    values: Values | None = None,
    serial_no: str | None = None,
    unreadable: bool = False,
    confirmed: bool = False,
    to_place: str = "store",
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Take a meter off its point. The days until the next one are billed when that is installed.

    Args:
        values: what the meter shows at the start of the day, one value for each scale.
        serial_no: which meter, where several hang there.
        unreadable: a meter that is recorded as broken has no value to give; its days since the last reading are billed
            like days without a meter.
        confirmed: a value that the judge of readings would hold is right all the same; the user vouches for it and
            tells in `note` how it was checked.
        to_place: store, repair, laboratory or scrapped, of the point's RES.

    Raises:
        Refusal: no meter there, no work order for it, the day is not after the last reading, or a value that the
            judge of readings would hold and that is not confirmed.
    """
    return perform(
        settings,
        "remove_meter",
        {
            "point_code": point_code,
            "of_serial_no": serial_no,
            "on_day": on,
            "closing": as_values(values),
            "cannot_be_read": unreadable,
            "is_confirmed": confirmed,
            "to_place": to_place,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
        point_code=point_code,
    )


def replace_meter(
    settings: Settings,
    point_code: str,
    new_serial_no: str,
    *,
    on: date,
    new_values: Values,
    order_no: str,
    by: str,
    values: Values | None = None,
    serial_no: str | None = None,
    unreadable: bool = False,
    confirmed: bool = False,
    current_ratio: Decimal | int | None = None,
    voltage_ratio: Decimal | int | None = None,
    to_place: str = "store",
    address_id: int | None = None,
    meter_type: str | None = None,
    digits: int | None = None,
    zones: list[str] | None = None,
    made_in: int | None = None,
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Take one meter off and hang another on the same day. Ratios stay unless told.

    Args:
        values: what the old meter shows at the start of the day.
        new_values: what the new one shows.

    Raises:
        Refusal: as for `remove_meter` and `install_meter`.
    """
    return perform(
        settings,
        "replace_meter",
        {
            "point_code": point_code,
            "of_serial_no": serial_no,
            "new_serial_no": new_serial_no,
            "on_day": on,
            "closing": as_values(values),
            "cannot_be_read": unreadable,
            "is_confirmed": confirmed,
            "opening": as_values(new_values),
            "of_current_ratio": current_ratio,
            "of_voltage_ratio": voltage_ratio,
            "to_place": to_place,
            "at_address_id": address_id,
            "of_type_code": meter_type,
            "of_digits": digits,
            "of_zones": zones,
            "made_in": made_in,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
        point_code=point_code,
    )


def relocate_meter(
    settings: Settings,
    point_code: str,
    to_point_code: str,
    *,
    on: date,
    values: Values,
    order_no: str,
    by: str,
    serial_no: str | None = None,
    confirmed: bool = False,
    current_ratio: Decimal | int = 1,
    voltage_ratio: Decimal | int = 1,
    beside: bool = False,
    address_id: int | None = None,
    inspection_type: str | None = None,
    note: str | None = None,
    dry_run: bool = False,
) -> MeterOperation:
    """Take a meter off one point and hang it at another on the same day; its values close here and open there.

    Raises:
        Refusal: as for `remove_meter` at the one point and `install_meter` at the other.
    """
    return perform(
        settings,
        "relocate_meter",
        {
            "point_code": point_code,
            "of_serial_no": serial_no,
            "to_point_code": to_point_code,
            "on_day": on,
            "closing": as_values(values),
            "is_confirmed": confirmed,
            "of_current_ratio": current_ratio,
            "of_voltage_ratio": voltage_ratio,
            "is_beside": beside,
            "at_address_id": address_id,
            "of_order_no": order_no,
            "of_inspection": inspection_type,
            "of_note": note,
        },
        by=by,
        dry_run=dry_run,
        point_code=point_code,
    )
