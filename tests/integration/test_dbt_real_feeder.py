"""The energy balance of a real feeder, month by month, beside what its utility declares.

The expected figures are summed here from the regulator's tables themselves, so nothing of the way between is trusted.
"""

import csv
import os
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from legacy_migration.commands import accept, migrate
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.schema import upgrade
from operational_db.settings import REPOSITORY_DIR, Settings
from orchestration.dbt_runs import build
from tests.small_book import ADMINISTRATOR

pytestmark = pytest.mark.db

REAL_FEEDER = Path(os.environ.get("WATTBOOK_REAL_FEEDER", REPOSITORY_DIR.parent / "shared" / "real_feeder"))
MONTHS = [date(2024, month, 1) for month in range(1, 13)]


@pytest.mark.requirement("A23", "B22", "C15", "C19")
@pytest.mark.skipif(not REAL_FEEDER.is_dir(), reason=f"the real feeder is not in {REAL_FEEDER}")
def test_the_balance_of_a_real_feeder_stands_beside_what_its_utility_declares(
    settings: Settings, database: psycopg.Connection
) -> None:
    upgrade(settings)  # rights on a database as such are not copied with its template
    protocol = migrate(settings, REAL_FEEDER, profile="bdgd", by=ADMINISTRATOR)
    accept(settings, protocol.protocol_id, by=APPROVER)
    build(settings)

    intake = _by_month(["CTMT"], "ENE")
    generation = _by_month(["UGBT_tab", "UGMT_tab"], "ENE")
    supply = _by_month(["UCBT_tab", "UCMT_tab", "PIP"], "ENE")
    declared = [
        low + medium for low, medium in zip(_by_month(["CTMT"], "PNTBT"), _by_month(["CTMT"], "PNTMT"), strict=True)
    ]
    balances = database.execute(
        "SELECT service_month, intake_kwh, generation_kwh, useful_supply_kwh, loss_kwh, declared_non_technical_kwh, "
        "why_not_stated FROM marts.fct_feeder_balance ORDER BY service_month"
    ).fetchall()
    assert balances == [
        (month, came_in, put_in, supplied, came_in + put_in - supplied, non_technical, None)
        for month, came_in, put_in, supplied, non_technical in zip(
            MONTHS, intake, generation, supply, declared, strict=True
        )
    ]
    # The year as the description of the tables sums it: 39,788,746 sent in + 2,840,792 generated - (25,419,682 +
    # 13,580,221 + 753,267 = 39,753,170) supplied leaves 2,876,368, against 2,854,646 + 319,965 declared.
    assert round(sum(loss for _, _, _, _, loss, _, _ in balances)) == 2_876_368
    assert database.execute(
        "SELECT loss_class, sum(energy_kwh) FROM marts.fct_declared_loss GROUP BY loss_class ORDER BY loss_class"
    ).fetchall() == [("non_technical", 319_965), ("technical", 2_854_646)]


def _by_month(tables: Iterable[str], measure: str) -> list[Decimal]:
    """Sums of the twelve monthly columns over all rows, each cell to a millionth of a kWh as the book keeps it."""
    totals = [Decimal(0)] * 12
    for table in tables:
        with (REAL_FEEDER / f"{table}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for index in range(12):
                    totals[index] += round(Decimal(row[f"{measure}_{index + 1:02d}"]), 6)
    return totals
