"""The mart of subsidies: the rows of the tariff sheet, by RES and month."""

import psycopg
import pytest

from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from orchestration.dbt_runs import build
from tests.integration.test_dbt_marts import MODELS
from tests.small_book import ADMINISTRATOR
from tests.subsidy_desk import FEBRUARY, JANUARY, KARIMOV, SOUM, SubsidyDesk

pytestmark = pytest.mark.db


@pytest.mark.requirement("E144")
def test_subsidies_awarded_used_and_unused_by_res_and_month(settings: Settings, database: psycopg.Connection) -> None:
    desk = SubsidyDesk(settings, database)
    desk.book.consumer("SA01/1/2", res="SA01", readings={JANUARY: 0, FEBRUARY: 100})
    bill_month(settings, JANUARY, by=ADMINISTRATOR)
    desk.award(KARIMOV, JANUARY, 200_000)
    desk.award("SA01/1/2", JANUARY, 40_000)
    desk.use(JANUARY)
    assert not build(settings, select=MODELS).failed
    close_month(settings, JANUARY, by=ADMINISTRATOR)
    desk.read_in_february()
    bill_month(settings, FEBRUARY, by=ADMINISTRATOR)
    desk.award(KARIMOV, JANUARY, -10_000, decision="D-7", kind="recalculation")
    desk.award("SA01/1/2", FEBRUARY, 5_000)
    desk.use(FEBRUARY)
    assert not build(settings).failed
    with connect(settings, Role.READER, user=ADMINISTRATOR) as session:
        rows = session.execute(
            "SELECT u.code, s.booked_month, s.awarded_account_count, s.used_account_count, s.unused_account_count,"
            "  s.carried_minor, s.awarded_minor, s.recalculated_minor, s.used_minor, s.unused_minor, s.is_closed"
            " FROM marts.fct_subsidies AS s INNER JOIN ops.unit AS u ON u.unit_id = s.res_id ORDER BY 2"
        ).fetchall()
    assert [(*row[:5], *(minor // SOUM for minor in row[5:10]), row[10]) for row in rows] == [
        # 160,000 of 200,000, and 40,000 of the 60,000 that 100 kWh cost.
        ("SA01", JANUARY, 2, 2, 1, 0, 240_000, 0, 200_000, 40_000, True),
        # 40,000 - 10,000 = 30,000 of Karimov's 90,000; the other has 5,000 and no bill.
        ("SA01", FEBRUARY, 1, 1, 1, 40_000, 5_000, -10_000, 30_000, 5_000, False),
    ]
