"""What was really used, where it is not what the register counted: adjusted by a person, for a reason.

Does not belong here: readings that are wrong themselves (`operational_db.metering.reading_decisions`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from operational_db.command_session import command_session
from operational_db.settings import Settings


@dataclass(frozen=True)
class AdjustedConsumption:
    """The energy of a span between two readings, before and after; `used_from` is its first day."""

    is_dry_run: bool
    point_code: str
    serial_no: str
    zone_code: str
    used_from: date
    counted_kwh: Decimal
    adjusted_before_kwh: Decimal
    adjusted_kwh: Decimal

    @property
    def right_kwh(self) -> Decimal:
        """What stands now."""
        return self.counted_kwh + self.adjusted_before_kwh + self.adjusted_kwh


def adjust_consumption(
    settings: Settings,
    place: str,
    right_kwh: Decimal,
    *,
    on: date,
    reason: str,
    by: str,
    serial_no: str | None = None,
    zone: str | None = None,
    dry_run: bool = False,
) -> AdjustedConsumption:
    """Say what was used between the reading of a day and the one before it; the next bill run posts the difference.

    The bills of the span are reversed and made anew in the open month, as after any correction. The readings stay.

    Raises:
        Refusal: no such reading or it is not billed, several scales fit, no reason, nothing changes, no right to bill.
    """
    arguments = {"place": place, "kwh": right_kwh, "on": on, "reason": reason, "serial_no": serial_no, "zone": zone}
    with command_session(settings, "adjust_consumption", arguments, by=by, dry_run=dry_run) as (session, source_id):
        row = session.execute(
            "SELECT point_code, serial_no, zone_code, used_from, counted_kwh, adjusted_before_kwh, adjusted_kwh"
            " FROM ops.adjust_consumption(%s, %s, %s, %s, %s, %s, %s)",
            [place, serial_no, on, zone, right_kwh, reason, source_id],
        ).fetchone()
    return AdjustedConsumption(dry_run, *row)
