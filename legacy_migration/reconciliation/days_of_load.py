"""For which days is a load published?

Belongs here: days alone. Does not belong here: opening months (`publishing`), into which open month a fact is booked
(`publishing_rules/04_accounts.sql`).
"""

from dataclasses import dataclass
from datetime import date

import psycopg

from legacy_migration.reconciliation.standing_facts import earlier_loads
from operational_db.refusal import Refusal


@dataclass(frozen=True)
class Days:
    """The days of a load: its first one, that from which its half-hours go on, the day after its last month."""

    first_day: date
    half_hours_from: date
    end_day: date

    def words(self) -> dict[str, str]:
        """For the statements in files."""
        return {f":{name}": f"date '{day}'" for name, day in vars(self).items()}


def days_of_load(session: psycopg.Connection, load_id: int, first_day: str | None) -> Days:
    """By the rows that stand and those of earlier loads; needs the standing and told views of the session."""
    end, half_hours_from = session.execute(
        "SELECT max(n.end_day)::date, (SELECT date_trunc('month', min(h.measured_on))::date FROM "
        "standing_half_hours AS h) "
        "FROM (SELECT date_trunc('month', max(read_on) - 1) + interval '1 month' FROM told_reading UNION ALL "
        "SELECT date_trunc('month', max(read_on) - 1) + interval '1 month' FROM told_grid_reading UNION ALL "
        "SELECT date_trunc('month', max(measured_on)) + interval '1 month' FROM told_half_hours UNION ALL "
        "SELECT max(service_month) + interval '1 month' FROM told_declared_energy UNION ALL "
        "SELECT max(service_month) + interval '1 month' FROM told_grid_energy) AS n (end_day)"
    ).fetchone()
    if first_day is None or end is None:
        raise Refusal(
            f"Load {load_id} has no loaded reading to tell its first month by; correct the readings or the profile."
        )
    first = date.fromisoformat(first_day).replace(day=1)
    is_later = bool(earlier_loads(session, load_id)) and half_hours_from is not None
    return Days(first, half_hours_from if is_later else first, end)
