"""For which days is a load published? Its first day, its end, and the month from which it can be booked.

Belongs here: days alone. Does not belong here: opening months (`publishing`).
"""

from dataclasses import dataclass
from datetime import date

import psycopg

from legacy_migration.reconciliation.standing_facts import earlier_loads
from operational_db.refusal import Refusal


@dataclass(frozen=True)
class Days:
    """The days of a load; what a later dump tells of closed months is booked in the first month after them."""

    first_day: date
    booked_from: date
    half_hours_from: date
    end_day: date

    def words(self) -> dict[str, str]:
        """For the statements in files."""
        return {f":{name}": f"date '{day}'" for name, day in vars(self).items()}


def days_of_load(session: psycopg.Connection, load_id: int, first_day: str | None) -> Days:
    """By the rows that stand; needs the standing and told views of the session."""
    end, half_hours_from = session.execute(
        "SELECT max(n.end_day)::date, (SELECT date_trunc('month', min(h.measured_on))::date FROM "
        "standing_half_hours AS h) "
        "FROM (SELECT date_trunc('month', max(read_on) - 1) + interval '1 month' FROM standing_reading UNION ALL "
        "SELECT date_trunc('month', max(read_on) - 1) + interval '1 month' FROM standing_grid_reading UNION ALL "
        "SELECT date_trunc('month', max(measured_on)) + interval '1 month' FROM standing_half_hours UNION ALL "
        "SELECT max(service_month) + interval '1 month' FROM standing_declared_energy UNION ALL "
        "SELECT max(service_month) + interval '1 month' FROM standing_grid_energy) AS n (end_day)"
    ).fetchone()
    is_later = bool(earlier_loads(session, load_id))
    if first_day is None or (end is None and not is_later):
        raise Refusal(
            f"Load {load_id} has no loaded reading to tell its first month by; correct the readings or the profile."
        )
    first = date.fromisoformat(first_day).replace(day=1)
    if not is_later:
        return Days(first, first, first, end)
    # The first month that no RES of the load has closed; without readings it is the month that is booked in.
    booked_from, end = session.execute(
        "SELECT n.booked_from, greatest(%(end)s::date, (n.booked_from + interval '1 month')::date) FROM ("
        "SELECT greatest(%(first)s::date, (max(c.booked_month) + interval '1 month')::date) AS booked_from "
        "FROM ops.period_close AS c INNER JOIN ops.unit AS u ON u.unit_id = c.res_id "
        "WHERE u.code IN (SELECT a.res_code FROM told_account AS a)) AS n",
        {"first": first, "end": end},
    ).fetchone()
    return Days(first, booked_from, half_hours_from or first, end)
