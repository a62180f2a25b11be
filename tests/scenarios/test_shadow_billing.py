"""Legacy bills re-rated: the twenty accounts, against what docs/twenty_accounts.md works out by hand."""

from datetime import date
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.shadow_billing.commands import shadow_bill, shadow_differences
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture
def protocol_id(settings: Settings, dump: Path) -> int:
    return migrate(settings, dump, profile="merged_utility", by=BY).protocol_id


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


def test_bills_of_twenty_accounts_fall_into_their_classes(settings: Settings, protocol_id: int) -> None:
    found = shadow_bill(settings, protocol_id, by=BY)
    told = {(d.legacy_key, f"{d.service_month:%Y-%m}"): d.class_code for d in shadow_differences(settings, protocol_id)}
    assert told == {
        # The slip of the pen on 1 March was rejected: nothing ends in February, and March has two months' kWh.
        ("SA03/1/7", "2026-02"): "missing_reading",
        ("SA03/1/7", "2026-03"): "missing_reading",
        # Tariff 9 is in no list, so no metering point is loaded and nothing tells the price.
        ("SA03/1/8", "2026-01"): "unexplained",
        ("SA03/1/8", "2026-02"): "unexplained",
        ("SA03/1/8", "2026-03"): "unexplained",
        # The amounts of March are swapped.
        ("SA03/1/1", "2026-03"): "unexplained",
        ("SA03/1/3", "2026-03"): "unexplained",
    }
    # 16 households with bills and 3 legal consumers in three months, 60 bills less what the archive does not have.
    assert found.count_of("equal") + len(told) == rows(settings, "SELECT count(*) FROM migration.charge")[0][0]
