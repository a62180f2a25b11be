"""The arithmetic of a penalty in words, row by row; the figures are those of the SQL that charges."""

from datetime import timedelta
from decimal import Decimal

from operational_db.debt.penalties import Penalty, PenaltyRow

_COMPONENTS = {"penalty": "Penalty", "annual": "Interest by law", "inflation": "Inflation"}
_NARROW_SPACE = "\u202f"


def explain_penalty(penalty: Penalty, minor_per_major: int, currency: str) -> list[str]:
    """A sentence for each row, then what it comes to beside what is charged."""

    def money(amount_minor: int | Decimal) -> str:
        decimals = len(str(minor_per_major)) - 1
        return f"{Decimal(amount_minor) / minor_per_major:,.{decimals}f}".replace(",", _NARROW_SPACE)

    told = [_row(row, money) for row in penalty.rows]
    if penalty.suspended_since is not None:
        told.append(f"Nothing accrues since {penalty.suspended_since}: {penalty.suspended_by}.")
    elif not penalty.rows:
        told.append(f"Nothing was overdue before {penalty.to}.")
    told.append(
        f"Together {money(penalty.charge_minor)} {currency}; charged already {money(penalty.standing_minor)}, "
        f"so {money(penalty.to_post_minor)} is left to post."
    )
    return told


def _row(row: PenaltyRow, money: object) -> str:
    days = (row.day_to - row.day_from).days
    last_day = row.day_to - timedelta(days=1)
    begin = (
        f"{_COMPONENTS[row.component]} on the debt due on {row.due_on}, {row.day_from} to {last_day}: "
        f"{money(row.debt_minor)} overdue"
    )
    if row.charge_minor is None:
        wanted = "reference rate" if row.method == "reference_rate" else "price index"
        return f"{begin} for {days} days; the {wanted} of these days is not entered, so they wait."
    sentence = f"{begin}{_factors(row, days)} = {money(row.charge_minor)}"
    if row.cap_minor is not None and round(row.accrued_minor) > row.cap_minor:
        sentence += f", held to the cap of {money(row.cap_minor)} in all"
    if not row.is_verified:
        sentence += " (by a rule that is not verified, so it is not charged)"
    return f"{sentence}. Source: {row.source}."


def _factors(row: PenaltyRow, days: int) -> str:
    year = 366 if _is_leap(row.day_from.year) else 365
    if row.method == "daily":
        return f" x {_per_cent(row.rate)} % x {days} days"
    if row.method == "yearly":
        return f" x {_per_cent(row.rate)} % x {days} / {year} days"
    if row.method == "reference_rate":
        return f" x {_plain(row.rate)} x {_per_cent(row.multiplier)} % x {days} / {year} days"
    month_days = ((row.day_from.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    return (
        f" x ({_plain(row.multiplier)} - 1) x {days} / {month_days} days, and what prices added before grows as well"
    )


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _per_cent(share: Decimal) -> str:
    return _plain(share * 100)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
