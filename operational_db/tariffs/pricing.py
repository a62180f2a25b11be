"""What a volume costs: the question at the counter, answered by the SQL that bills."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from operational_db.connections import Role, connect
from operational_db.refused import refusals
from operational_db.settings import Settings

ALL_HOURS = "all"
"""The zone of a meter that has none."""

STANDARD_VARIANT = "all"
"""The price list of a tariff version that holds unless another is asked for."""


@dataclass(frozen=True)
class Use:
    """What was used in one calendar month, and what the tariff may ask of the consumer.

    Attributes:
        zone_kwh: energy by zone; `{"all": kWh}` for a meter without zones.
        variant: price list of the tariff, such as `estove` or `class_1`.
        residents: persons, for tariffs with steps per resident.
        days: days in which the energy was used, for tariffs with steps per day; the month's (or thirty) unless given.
        ordered_power_kw: power ordered for the month, for two-part tariffs.
        contracted_kwh: volume of the contract for the month, for tariffs with over-limit prices.
    """

    zone_kwh: Mapping[str, Decimal]
    variant: str = STANDARD_VARIANT
    residents: int = 1
    days: int | None = None
    ordered_power_kw: Decimal | None = None
    contracted_kwh: Decimal | None = None


@dataclass(frozen=True)
class PricedLine:
    """The part of a use that falls into one step of one zone, or the ordered power.

    `over_kwh` and `up_to_kwh` are the bounds of the step as they hold for this use (`up_to_kwh` None for the last);
    `price_minor` is the step's price in the smallest coin per kWh (per kW and year for power), times the fraction
    `price_numerator / price_denominator` of the zone where there is one. `days` of `days_of_month` tell how much of the
    month power is paid for; None is the whole month.
    """

    component: str
    zone_code: str
    step_no: int
    energy_kwh: Decimal
    over_kwh: Decimal | None
    up_to_kwh: Decimal | None
    price_minor: Decimal | None
    price_numerator: int | None
    price_denominator: int | None
    power_kw: Decimal | None
    charge_minor: int | None
    vat_minor: int | None
    vat_rate: Decimal
    price_includes_vat: bool
    is_verified: bool
    days: int | None = None
    days_of_month: int | None = None


@dataclass(frozen=True)
class Price:
    """A use priced line by line; money in the smallest coin, VAT within the total."""

    tariff_code: str
    variant: str
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


def price(settings: Settings, tariff_code: str, on: date, use: Decimal | Use) -> Price:
    """Price energy used in one calendar month under a tariff in force on a day.

    Args:
        tariff_code: such as `uz.household`.
        on: the day that picks the tariff version, the season and the VAT rate.
        use: the month's volume in kWh, zero or more, or a whole `Use`.

    Raises:
        Refusal: no such tariff, variant or zones, no price in force on that day or none known for the volume, a
            negative volume.
    """
    asked = use if isinstance(use, Use) else Use({ALL_HOURS: use})
    with connect(settings, Role.APP) as session, refusals():
        rows = session.execute(
            "SELECT component, zone_code, step_no, energy_kwh, over_kwh, up_to_kwh, price_minor, price_numerator,"
            "   price_denominator, power_kw, charge_minor, vat_minor, vat_rate, price_includes_vat, is_verified,"
            "   tariff_version_id"
            " FROM ops.price(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                tariff_code, on, list(asked.zone_kwh), list(asked.zone_kwh.values()), asked.variant, asked.residents,
                asked.days, asked.ordered_power_kw, asked.contracted_kwh,
            ],
        ).fetchall()  # fmt: skip
        source, currency, minor_per_major = session.execute(
            "SELECT v.source, t.currency, t.minor_per_major FROM ops.tariff_version AS v"
            " INNER JOIN ops.tariff AS t USING (tariff_code) WHERE v.tariff_version_id = %s",
            [rows[0][-1]],
        ).fetchone()
    lines = tuple(PricedLine(*row[:-1]) for row in rows)
    return Price(
        tariff_code=tariff_code,
        variant=asked.variant,
        on=on,
        energy_kwh=sum(asked.zone_kwh.values(), Decimal(0)),
        currency=currency,
        minor_per_major=minor_per_major,
        total_minor=sum(line.charge_minor for line in lines),
        vat_minor=sum(line.vat_minor for line in lines),
        source=source,
        lines=lines,
    )
