"""A real feeder of a real utility: every consumer, every kWh, every transformer and line of the public data base."""

import csv
import os
import shutil
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.rejects.export import export_rejects
from legacy_migration.rejects.returning import return_rejects
from operational_db.connections import Role, connect
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.settings import REPOSITORY_DIR, Settings

FEEDER = Path(os.environ.get("WATTBOOK_REAL_FEEDER", REPOSITORY_DIR.parent / "shared" / "real_feeder"))
pytestmark = pytest.mark.skipif(
    not (FEEDER / "UCBT_tab.csv").is_file(), reason=f"the real feeder is not at {FEEDER} (WATTBOOK_REAL_FEEDER)"
)
MILLIONTH = Decimal("0.000001")


def year_sum(name: str) -> Decimal:
    """The sum over the file as the book keeps energy: each cell to the millionth of a kWh, half away from zero."""
    with (FEEDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return sum(
            (
                Decimal(row[f"ENE_{month:02d}"]).quantize(MILLIONTH, ROUND_HALF_UP)
                for row in csv.DictReader(file)
                for month in range(1, 13)
            ),
            Decimal(0),
        )


@pytest.fixture
def rows(settings: Settings) -> Iterator[object]:
    protocol = migrate(settings, FEEDER, profile="bdgd", by="administrator")
    assert protocol.rejected_count == 0
    assert protocol.differing_count == 0
    accept(settings, protocol.protocol_id, by=APPROVER)
    with connect(settings, Role.LOADER) as session:
        yield lambda query: session.execute(query).fetchall()


@pytest.mark.requirement("A51", "A52", "B48", "B49")
def test_real_feeder_is_loaded_to_the_last_kwh(rows) -> None:  # noqa: ANN001 - a function of one query
    # 7,870 rows are 7,660 consumers; 22 rows at medium voltage are 19; 1,710 lamps of one holder.
    assert rows("SELECT entity, reason_code, count(*) FROM migration.verdict GROUP BY 1, 2 ORDER BY 1, 2") == [
        ("account", "JOINED", (7_870 - 7_660) + (22 - 19) + (1_710 - 1)),
        ("metering_point", "JOINED", (7_870 - 7_660) + (22 - 19)),
        ("unit", "EXACT_REPEAT", 137 - 1),
    ]
    energy = {
        (direction, kv): (kwh, points)
        for direction, kv, kwh, points in rows(
            "SELECT e.direction, p.supply_voltage_kv, sum(e.energy_kwh), count(DISTINCT e.metering_point_id) "
            "FROM ops.measured_energy AS e INNER JOIN ops.metering_point AS p USING (metering_point_id) GROUP BY 1, 2"
        )
    }
    assert energy == {
        ("consumed", Decimal("0.380")): (year_sum("UCBT_tab"), 7_660),
        ("consumed", Decimal("13.800")): (year_sum("UCMT_tab"), 19),
        ("consumed", Decimal("0.220")): (year_sum("PIP"), 1_710),
        ("injected", Decimal("0.380")): (year_sum("UGBT_tab"), 462),
        ("injected", Decimal("13.800")): (year_sum("UGMT_tab"), 6),
    }
    # The sums of the page that came with the data, in whole kWh.
    assert round(energy["consumed", Decimal("0.380")][0]) == 25_419_682
    assert round(energy["consumed", Decimal("13.800")][0]) == 13_580_221
    assert round(energy["consumed", Decimal("0.220")][0]) == 753_267
    assert round(sum(kwh for (direction, _), (kwh, _) in energy.items() if direction == "injected")) == 2_840_792
    assert rows("SELECT sum(energy_kwh), count(*) FROM ops.grid_energy") == [(39_788_746, 12)]
    assert rows(
        "SELECT split_part(loss_kind, '.', 1), sum(energy_kwh) FROM ops.declared_loss GROUP BY 1 ORDER BY 1"
    ) == [("non_technical", 319_965), ("technical", 2_854_646)]
    # A consumer that stands on two or three rows keeps the energy of each, told apart.
    assert rows("SELECT max(span_no), min(span_no) FROM ops.measured_energy") == [(3, 1)]
    assert rows("SELECT count(*) FROM ops.bill") == [(0,)]
    assert rows("SELECT count(*) FROM ops.metering_point_tariff") == [(0,)]

    assert rows("SELECT kind, count(*) FROM ops.line_section GROUP BY 1 ORDER BY 1") == [
        ("low_voltage", 2_035),
        ("medium_voltage", 906),
        ("service_drop", 3_651),
    ]
    assert rows("SELECT count(*) FROM ops.line_section WHERE resistance_ohm_per_km IS NULL") == [(0,)]
    # Transformer 266 of point 1_19: 112.5 kVA, 430 W without load, 2,541 - 430 = 2,111 W of load loss.
    assert rows(
        "SELECT rated_kva, no_load_kw, load_loss_kw FROM ops.transformer AS t INNER JOIN ops.unit AS u USING (unit_id) "
        "WHERE u.code = '1_19'"
    ) == [(Decimal("112.5"), Decimal("0.43"), Decimal("2.111"))]
    # Point 1_57 has a bank of three: 75 + 112.5 + 150 = 337.5 kVA, as UNTRMT states.
    assert rows(
        "SELECT sum(rated_kva) FROM ops.transformer AS t INNER JOIN ops.unit AS u USING (unit_id) WHERE u.code = '1_57'"
    ) == [(Decimal("337.5"),)]
    # Every point hangs under the one feeder, and that under the one set of consumers.
    assert rows(
        "SELECT u.level, count(*) FROM ops.unit AS u INNER JOIN ops.source AS s USING (source_id) "
        "WHERE s.kind = 'legacy_file' GROUP BY 1 ORDER BY 1"
    ) == [
        ("feeder", 1),
        ("ptpp", 1),
        ("region", 1),
        ("republic", 1),
        ("res", 1),
        ("substation", 1),
        ("transformer_point", 137),
    ]


@pytest.mark.requirement("A54", "B51")
def test_a_row_of_twelve_months_that_comes_back_for_one_adds_that_one(settings: Settings, tmp_path: Path) -> None:
    """Energy told as such has no key: joined rows are added. The eleven months that were loaded stay as they are."""
    dump = Path(shutil.copytree(FEEDER, tmp_path / "feeder", copy_function=shutil.copyfile))
    dump.chmod(0o755)
    wrong, right = "1O4008.078779301", "104008.078779301"  # December of the first consumer at medium voltage
    (dump / "UCMT_tab.csv").write_text((FEEDER / "UCMT_tab.csv").read_text(encoding="utf-8").replace(right, wrong, 1))
    protocol = migrate(settings, dump, profile="bdgd", by="administrator")
    assert protocol.rejected_count == 1
    accept(settings, protocol.protocol_id, by=APPROVER)
    told = (
        "SELECT sum(e.energy_kwh) FROM ops.measured_energy AS e INNER JOIN ops.metering_point AS m "
        "USING (metering_point_id) WHERE m.supply_voltage_kv = 13.8 AND e.direction = 'consumed'"
    )
    with connect(settings, Role.LOADER) as session:
        (before,) = session.execute(told).fetchone()
    export_rejects(settings, protocol.protocol_id, tmp_path / "out")
    path = tmp_path / "out" / "UCMT_tab.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(wrong, right, 1), encoding="utf-8", newline="")
    came = return_rejects(settings, protocol.protocol_id, tmp_path / "out", by="administrator")
    # The account, its point and eleven months were loaded before; December is new.
    assert (came.summary.merged_count, came.summary.loaded_count, came.summary.rejected_count) == (13, 1, 0)
    accept(settings, came.summary.protocol_id, by=APPROVER)
    with connect(settings, Role.LOADER) as session:
        (after,) = session.execute(told).fetchone()
    assert after - before == Decimal("104008.078779")
    assert after == year_sum("UCMT_tab")
