"""Marts of what is owed: by means of payment and by age, equal to the receivables that they are parts of."""

from datetime import date

import psycopg

from orchestration.dbt_runs import build
from tests.integration.test_dbt_marts import FEBRUARY, JANUARY, SOUM, SmallNation, nation, reader

__all__ = ["nation", "reader"]  # fixtures


def test_receivables_are_told_by_means_of_payment_and_by_age(nation: SmallNation, reader: psycopg.Connection) -> None:
    nation.january_is_closed_and_february_billed()
    nation.pay(nation.city, date(2026, 2, 20), -30_000 * SOUM)
    assert not build(nation.settings).failed
    by_channel = reader.execute(
        "SELECT u.code, p.booked_month, p.channel_code, p.paid_minor, p.payment_count"
        " FROM marts.fct_payments_by_channel AS p INNER JOIN marts.dim_unit AS u ON u.unit_id = p.res_id"
    ).fetchall()
    # 100 000 paid, 30 000 of it taken back
    assert by_channel == [("SA01", FEBRUARY, "bank", 70_000 * SOUM, 2)]
    ages = reader.execute(
        "SELECT d.booked_month, d.balance_minor, d.current_minor, d.days_1_30_minor, d.is_closed"
        " FROM marts.fct_debt_by_age AS d INNER JOIN marts.dim_unit AS u ON u.unit_id = d.res_id"
        " WHERE u.code = 'SA01' ORDER BY 1"
    ).fetchall()
    # January: 306 000 charged. February: 222 000 charged, and 70 000 paid of January's.
    assert ages == [
        (JANUARY, 306_000 * SOUM, 306_000 * SOUM, 0, True),
        (FEBRUARY, 458_000 * SOUM, 222_000 * SOUM, 236_000 * SOUM, False),
    ]
