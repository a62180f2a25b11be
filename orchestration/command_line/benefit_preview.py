"""How a change of benefits is shown before it is done: month by month, as it stands billed and as it will.

Does not belong here: any figure (`operational_db.benefits.recalculation`).
"""

# Imports inside the function: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from collections.abc import Sequence
from typing import TYPE_CHECKING

from operational_db.settings import Settings

if TYPE_CHECKING:
    from operational_db.benefits.recalculation import RecalculatedMonth


def show_recalculation(settings: Settings, months: Sequence["RecalculatedMonth"]) -> None:
    """A row a metering point and month of use, then what changes in all."""
    from operational_db.tariffs.explanation import plain
    from orchestration.answers import money, say, show_table
    from orchestration.book import book_currency

    if not months:
        say("No billed month changes; bills to come count the benefits as they will be. Nothing was done.")
        return
    currency = book_currency(settings)

    def sums(*amounts_minor: int) -> list[str]:
        return [money(minor, currency.minor_per_major) for minor in amounts_minor]

    heads = ("Point", "Month", "Run of", "kWh", "becomes", "At benefit", "becomes", "Charged", "becomes")
    show_table(
        [*heads, "Benefit", "becomes", "Change"],
        [
            [
                m.point_code, f"{m.service_month:%Y-%m}", f"{m.booked_month:%Y-%m}", plain(m.standing_kwh),
                plain(m.right_kwh), plain(m.standing_benefit_kwh), plain(m.right_benefit_kwh),
                *sums(
                    m.standing_charge_minor, m.right_charge_minor, m.standing_benefit_minor, m.right_benefit_minor,
                    m.change_minor,
                ),
            ]
            for m in months
        ],
    )  # fmt: skip
    change = money(sum(m.change_minor for m in months), currency.minor_per_major)
    say(f"The next bill run would change what is owed by {change} {currency.code}. Nothing was done.")
