"""A later dump is judged beside what the book has of its system, each fact once; who was overtaken is judged anew."""

import shutil
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.legacy_tables import LegacyTable

BY = "administrator"
APPROVER = "approver"
READINGS = "household/SA01/POKAZ.DBF"


@pytest.fixture(scope="module")
def day_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "day_one")


@pytest.fixture
def in_book(settings: Settings, day_one: Path) -> int:
    first = migrate(settings, day_one, profile="merged_utility", by=BY)
    return accept(settings, first.protocol_id, by=APPROVER).protocol_id


def later(day_one: Path, folder: Path, *, value: str, alone: bool = False) -> Path:
    """The dump of a month later: 1/1, 12,450 on 1 April, shows a value on 1 May; alone, no other row is in the file."""
    shutil.copytree(day_one, folder)
    table = LegacyTable(folder / READINGS)
    table.copy(table.find(RAH="1/1", DATA="20260401"), DATA="20260501", POKAZ=value)
    if alone:
        table.rows[:] = table.rows[-1:]
    table.save()
    return folder


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


_REMARKS = (
    "SELECT r.reason_code, r.legacy_key, r.energy_kwh FROM migration.remark AS r INNER JOIN migration.protocol AS p "
    "USING (load_id) WHERE p.protocol_id = %s AND r.reason_code IN ('BEYOND_CONNECTED_LOAD', 'UNLIKE_OWN_HISTORY', "
    "'NEGATIVE_ENERGY', 'BALANCE_OUT_OF_LINE') ORDER BY 1, 2"
)


@pytest.mark.usefixtures("in_book")
@pytest.mark.requirement("B50")
def test_a_doubtful_figure_of_a_fact_told_again_is_named_once(
    settings: Settings, day_one: Path, tmp_path: Path
) -> None:
    """1/1 and its point are told in both dumps; the jump to 90,000 stands in one row of one of them."""
    second = migrate(settings, later(day_one, tmp_path / "two", value="90000"), profile="merged_utility", by=BY)
    named = [row for row in rows(settings, _REMARKS, second.protocol_id) if row[1].endswith("2026-05-01")]
    assert named
    assert len(named) == len({row[:2] for row in named})


@pytest.mark.usefixtures("in_book")
@pytest.mark.requirement("B50")
def test_a_new_value_below_that_of_the_book_falls_although_its_dump_does_not_show_it(
    settings: Settings, day_one: Path, tmp_path: Path
) -> None:
    """The file of the second dump has one row; what it falls below was loaded from the first."""
    second = migrate(settings, later(day_one, tmp_path / "two", value="1", alone=True), profile="merged_utility", by=BY)
    assert rows(
        settings,
        "SELECT d.verdict, d.reason_code FROM migration.verdict AS d INNER JOIN migration.protocol AS p "
        "USING (load_id) WHERE p.protocol_id = %s AND d.entity = 'reading' AND d.legacy_key LIKE %s",
        second.protocol_id,
        "SA01/1/1 %2026-05-01",
    ) == [("rejected", "READING_DECREASE")]


@pytest.mark.usefixtures("in_book")
@pytest.mark.requirement("A55", "B52")
def test_of_two_later_dumps_that_wait_the_second_is_judged_anew(
    settings: Settings, day_one: Path, tmp_path: Path
) -> None:
    """Both tell a value of 1 May, above the 12,450 of 1 April, that the book has not yet; it may enter once."""
    one = migrate(settings, later(day_one, tmp_path / "one", value="12600"), profile="merged_utility", by=BY)
    two_files = later(day_one, tmp_path / "two", value="12610")
    two = migrate(settings, two_files, profile="merged_utility", by=BY)
    accept(settings, one.protocol_id, by=APPROVER)
    with pytest.raises(Refusal, match="was prepared before another load of its system .* migrate the dump again"):
        accept(settings, two.protocol_id, by=APPROVER)
    anew = migrate(settings, two_files, profile="merged_utility", by=BY)
    assert anew.protocol_id != two.protocol_id
    assert rows(
        settings,
        "SELECT d.verdict, d.reason_code, d.value FROM migration.verdict AS d INNER JOIN migration.protocol AS p "
        "USING (load_id) WHERE p.protocol_id = %s AND d.entity = 'reading' AND d.legacy_key LIKE %s",
        anew.protocol_id,
        "SA01/1/1 %2026-05-01",
    ) == [("rejected", "CHANGED_SINCE_LOAD", "12610.000000")]
    assert accept(settings, anew.protocol_id, by=APPROVER).state == "accepted"
