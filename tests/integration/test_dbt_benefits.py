"""The statement of benefits: by category, row, financing source and tariff; what was taken back has a minus."""

import psycopg
import pytest

from operational_db.benefits.grants import end_benefit
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from orchestration.dbt_runs import build
from tests.benefit_desk import APRIL, MARCH, BenefitDesk
from tests.integration.test_dbt_marts import MODELS
from tests.small_book import ADMINISTRATOR

pytestmark = pytest.mark.db


@pytest.mark.requirement("E56", "E62", "E75", "E76", "E169")
def test_a_statement_stays_and_what_is_taken_back_stands_in_the_open_month(
    settings: Settings, database: psycopg.Connection
) -> None:
    desk = BenefitDesk(settings, database)
    desk.consumer("SA01/1/1", 300, 100)
    desk.consumer("SA01/1/2", 40, 0)
    grant_no = desk.grant("SA01/1/1", "half", MARCH)
    desk.grant("SA01/1/2", "teacher", MARCH)
    desk.bill(MARCH)
    assert not build(settings, select=MODELS).failed
    desk.close(MARCH)
    end_benefit(settings, grant_no, on=APRIL, by=ADMINISTRATOR)
    end_benefit(settings, grant_no, on=MARCH, by=ADMINISTRATOR)
    desk.bill(APRIL)
    assert not build(settings).failed
    with connect(settings, Role.READER, user=ADMINISTRATOR) as session:
        rows = session.execute(
            "SELECT booked_month, service_month, category_code, report_row, financing_source, tariff_code,"
            "  account_count, energy_kwh, full_minor, benefit_minor, paid_by_consumer_minor"
            " FROM marts.fct_benefits ORDER BY 1, 2, 3"
        ).fetchall()
        supplied = session.execute(
            "SELECT booked_month, service_month, sum(energy_kwh) FROM marts.fct_useful_supply"
            " GROUP BY 1, 2 HAVING sum(energy_kwh) <> 0 ORDER BY 1, 2"
        ).fetchall()
    town = "ua.household"
    assert rows == [
        # domain.md 3.1: of 300 kWh 160 have the benefit, 100 x 0.90 + 60 x 1.68 = 190.80, half of it 95.40.
        (MARCH, MARCH, "half", "3", "state budget", town, 1, 160, 19_080, 9_540, 9_540),
        # A teacher's 30 kWh x 0.90, paid whole.
        (MARCH, MARCH, "teacher", "11", "local budget", town, 1, 30, 2_700, 2_700, 0),
        # Cancelled after the close: March's statement stays, April takes it back.
        (APRIL, MARCH, "half", "3", "state budget", town, 1, -160, -19_080, -9_540, -9_540),
    ]
    # Only the price class moved: useful supply of March is as it was.
    assert supplied == [(MARCH, MARCH, 340), (APRIL, APRIL, 100)]
