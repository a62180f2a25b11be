"""Marts of shadow billing and readiness over the twenty accounts, against figures worked by hand."""

from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.readiness.commands import score_readiness
from legacy_migration.shadow_billing.commands import shadow_bill
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.access.commands import create_user
from operational_db.connections import Role, connect
from operational_db.settings import Settings
from orchestration.dbt_runs import build

BY = "administrator"


@pytest.mark.requirement("B49")
def test_marts_of_the_twenty_accounts(settings: Settings, tmp_path: Path) -> None:
    protocol_id = migrate(settings, twenty_accounts(tmp_path / "twenty"), profile="merged_utility", by=BY).protocol_id
    shadow_bill(settings, by=BY)
    score_readiness(settings, by=BY, res_code="SA03")
    create_user(settings, login="olim", full_name="Olim", group_code="migration_team", unit_code="SA01", by=BY)
    built = {node.unique_id.split(".")[2] for node in build(settings).nodes if node.resource_type == "test"}
    assert {"fct_shadow_billing_has_every_bill", "fct_readiness_is_the_weighted_sum_of_its_components"} <= built
    with connect(settings, Role.WEB, user=BY) as session:
        assert session.execute(
            "SELECT protocol_id, status, to_char(service_month, 'YYYY-MM'), class, bill_count, energy_kwh, "
            "difference_minor, unrated_count FROM marts.fct_shadow_billing WHERE res_code = 'SA03' ORDER BY 3, 4"
        ).fetchall() == [
            # 7 households with a tariff and U000003: 120 + 160 + 220 + 5,000 + 80 + 10,001 + 150 + 4,000 kWh.
            (protocol_id, "prepared", "2026-01", "equal", 8, 19_731, 0, 0),
            # SA03:1/8 is charged 60,000 a month and nothing tells its price.
            (protocol_id, "prepared", "2026-01", "unexplained", 1, 100, 6_000_000, 1),
            # 110 + 140 + 240 + 4,200 + 70 + 10,000 + 3,800 kWh.
            (protocol_id, "prepared", "2026-02", "equal", 7, 18_560, 0, 0),
            # SA03:1/7: 160 kWh for 96,000; ours is 330 x 28/59 = 156.610169 kWh for 93,966.10.
            (protocol_id, "prepared", "2026-02", "missing_reading", 1, 160, 203_390, 0),
            (protocol_id, "prepared", "2026-02", "unexplained", 1, 100, 6_000_000, 1),
            # 130 + 3,100 + 60 + 9,999 + 3,600 kWh.
            (protocol_id, "prepared", "2026-03", "equal", 5, 16_889, 0, 0),
            # 170 kWh for 102,000; ours is 173.389831 kWh for 104,033.90.
            (protocol_id, "prepared", "2026-03", "missing_reading", 1, 170, -203_390, 0),
            # The swapped amounts of 90 and 210 kWh make no difference together.
            (protocol_id, "prepared", "2026-03", "unexplained", 3, 400, 6_000_000, 1),
        ]
        stops = "SELECT component_code FROM marts.fct_readiness WHERE is_newest AND is_stopping ORDER BY 1"
        assert session.execute(stops).fetchall() == [("bills_explained",), ("money_placed",), ("protocol_signed",)]
    # Who may see SA01 alone sees nothing of SA03.
    with connect(settings, Role.WEB, user="olim") as session:
        assert session.execute("SELECT DISTINCT res_code FROM marts.fct_shadow_billing").fetchall() == [("SA01",)]
        assert session.execute("SELECT count(*) FROM marts.fct_readiness").fetchone() == (0,)
