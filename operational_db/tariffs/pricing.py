"""What a volume costs: the question at the counter, answered by the SQL that bills."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class PricedLine:
    """The part of a volume that falls into one step."""

    step_no: int
    energy_kwh: Decimal
    price_minor: Decimal
    charge_minor: int
    vat_minor: int
    is_verified: bool


@dataclass(frozen=True)
class Price:
    """A volume priced line by line; money in the smallest coin, VAT within the total."""

    tariff_code: str
    on: date
    energy_kwh: Decimal
    currency: str
    minor_per_major: int
    total_minor: int
    vat_minor: int
    source: str
    lines: tuple[PricedLine, ...]

    @property
    def is_verified(self) -> bool:
        return all(line.is_verified for line in self.lines)


def price(settings: Settings, tariff_code: str, on: date, kwh: Decimal) -> Price:
    """Price energy used in one calendar month under a tariff in force on a day.

    Args:
        tariff_code: such as `uz.household`.
        on: the day that picks the tariff version, the season and the VAT rate.
        kwh: the month's volume, zero or more.

    Raises:
        Refusal: no such tariff, no price in force on that day, a negative volume.
    """
    with connect(settings, Role.APP) as session, refusals():
        rows = session.execute(
            "SELECT p.step_no, p.energy_kwh, p.price_minor, p.charge_minor, p.vat_minor,"
            "   s.is_verified AND v.is_verified, v.source, t.currency, t.minor_per_major"
            " FROM ops.price(%s, %s, %s) AS p"
            " INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = p.tariff_version_id"
            " INNER JOIN ops.tariff AS t ON t.tariff_code = v.tariff_code"
            " INNER JOIN ops.tariff_step AS s ON s.tariff_version_id = p.tariff_version_id AND s.step_no = p.step_no"
            " ORDER BY p.step_no",
            [tariff_code, on, kwh],
        ).fetchall()
    lines = tuple(PricedLine(*row[:6]) for row in rows)
    source, currency, minor_per_major = rows[0][6:]
    return Price(
        tariff_code=tariff_code,
        on=on,
        energy_kwh=kwh,
        currency=currency,
        minor_per_major=minor_per_major,
        total_minor=sum(line.charge_minor for line in lines),
        vat_minor=sum(line.vat_minor for line in lines),
        source=source,
        lines=lines,
    )
