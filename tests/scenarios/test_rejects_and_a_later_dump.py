"""A rejected row is put right in two ways at once: it comes back by itself, and the next dump tells it right, too.

SA03/1/7 has 1310 for 2310 on 1 March (POKAZ 23); SA03/1/8 has tariff 77, which nobody knows, and with it falls its
point with meter and readings (docs/twenty_accounts.md). Whoever is second finds everything in the book.
"""

import shutil
from pathlib import Path

import pytest

from legacy_migration.commands import ProtocolSummary, accept, migrate, withdraw
from legacy_migration.reconciliation.comparing import compare_load
from legacy_migration.rejects.export import export_rejects
from legacy_migration.rejects.returning import ReturnedRows, return_rejects
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.legacy_tables import LegacyTable

BY, APPROVER = "administrator", "approver"
ABON, LICH, POKAZ = (f"household/SA03/{name}.DBF" for name in ("ABON", "LICH", "POKAZ"))
BOOK = (
    "SELECT (SELECT count(*) FROM ops.account), (SELECT count(*) FROM ops.metering_point), (SELECT count(*) FROM "
    "ops.meter), (SELECT count(*) FROM ops.reading), (SELECT sum(value_kwh) FROM ops.reading), "
    "(SELECT sum(amount_minor) FROM ops.ledger)"
)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture
def loaded(settings: Settings, dump: Path) -> ProtocolSummary:
    return accept(settings, migrate(settings, dump, profile="merged_utility", by=BY).protocol_id, by=APPROVER)


@pytest.fixture
def corrected(settings: Settings, loaded: ProtocolSummary, tmp_path: Path) -> Path:
    """The rejects as they come back: tariff 77 was a slip for 1, 1310 for 2310; the meter of nobody stays there."""
    folder = tmp_path / "rejects"
    export_rejects(settings, loaded.protocol_id, folder)
    put_right(folder, "WB_ROW", abon="8", pokaz="23")
    meters = LegacyTable(folder / LICH)
    del meters.rows[meters.find(WB_ROW="10") - 1]
    meters.save()
    return folder


@pytest.fixture
def later(dump: Path, tmp_path: Path) -> Path:
    """The next dump: the same two cells put right in the old program."""
    folder = tmp_path / "later"
    shutil.copytree(dump, folder)
    put_right(folder, None, abon="8", pokaz="23")
    return folder


def put_right(folder: Path, numbered: str | None, *, abon: str, pokaz: str) -> None:
    for name, row, cells in ((ABON, abon, {"TAR": "1"}), (POKAZ, pokaz, {"POKAZ": "2310"})):
        table = LegacyTable(folder / name)
        table.put(table.find(**{numbered: row}) if numbered else int(row), **cells)
        table.save()


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


def back(settings: Settings, loaded: ProtocolSummary, corrected: Path) -> ReturnedRows:
    return return_rejects(settings, loaded.protocol_id, corrected, by=BY)


@pytest.mark.requirement("A54", "B52")
def test_the_next_dump_finds_what_came_back_in_the_book(
    settings: Settings, loaded: ProtocolSummary, corrected: Path, later: Path
) -> None:
    returned = back(settings, loaded, corrected).summary
    accept(settings, returned.protocol_id, by=APPROVER)
    book = rows(settings, BOOK)
    second = migrate(settings, later, profile="merged_utility", by=BY)
    assert (second.loaded_count, second.earlier_loads) == (0, [loaded.load_id, returned.load_id])
    assert not rows(
        settings,
        "SELECT d.sentence FROM migration.verdict AS d WHERE d.load_id = %s AND d.reason_code = 'CHANGED_SINCE_LOAD' "
        "UNION ALL SELECT d.sentence FROM migration.difference AS d WHERE d.load_id = %s "
        "AND d.check_code LIKE '%%SINCE_LOAD'",
        second.load_id,
        second.load_id,
    )
    accept(settings, second.protocol_id, by=APPROVER)
    assert rows(settings, BOOK) == book
    for summary in (loaded, returned, second):
        assert compare_load(settings, summary.protocol_id, by=BY).is_equal


@pytest.mark.requirement("A54", "B52")
def test_what_comes_back_finds_what_the_next_dump_brought(
    settings: Settings, loaded: ProtocolSummary, corrected: Path, later: Path
) -> None:
    early = back(settings, loaded, corrected).summary
    second = migrate(settings, later, profile="merged_utility", by=BY)
    # Of SA03/1/8 a point, a meter and four readings; of SA03/1/7 one reading.
    assert second.loaded_count == 1 + 1 + 4 + 1
    accept(settings, second.protocol_id, by=APPROVER)
    with pytest.raises(Refusal, match="withdraw it and let the corrected rows return again"):
        accept(settings, early.protocol_id, by=APPROVER)
    withdraw(settings, early.protocol_id, by=APPROVER)
    book = rows(settings, BOOK)
    again = back(settings, loaded, corrected).summary
    assert again.protocol_id != early.protocol_id
    # All eight facts of the seven rows are there: an account, its point, a meter, five readings.
    assert (again.read_count, again.loaded_count, again.merged_count, again.rejected_count) == (8, 0, 8, 0)
    accept(settings, again.protocol_id, by=APPROVER)
    assert rows(settings, BOOK) == book
    for summary in (loaded, second, again):
        assert compare_load(settings, summary.protocol_id, by=BY).is_equal
