"""Rejected rows of twenty accounts go to the old program's people, come back corrected, and are billed as by hand.

Eight rows are rejected (docs/twenty_accounts.md): SA03/1/8 has tariff 77, which nobody knows (ABON 8, with it its meter
LICH 8 and readings POKAZ 8, 16, 24, 32); SA03/1/7 has 1310 for 2310 (POKAZ 23); LICH 10 is a meter of nobody.
"""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from legacy_migration.commands import ProtocolSummary, accept, migrate, withdraw
from legacy_migration.rejects.export import export_rejects
from legacy_migration.rejects.returning import ReturnedRows, return_rejects
from legacy_migration.signing.filing import write_protocol
from legacy_migration.signing.verify_protocol import check
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.access.commands import create_user
from operational_db.accounting.trial_balance import trial_balance
from operational_db.billing.commands import bill_month
from operational_db.connections import Role, connect, connect_as_admin
from operational_db.file_formats.dbf import DELETION_FLAG, read_columns, read_header, write_dbf
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"
EXPECTED = Path(__file__).parents[1] / "fixtures" / "twenty_accounts" / "expected.csv"
ABON, LICH, POKAZ = (f"household/SA03/{name}.DBF" for name in ("ABON", "LICH", "POKAZ"))
MONTHS = (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))

Cells = dict[str, str]


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture
def loaded(settings: Settings, dump: Path) -> ProtocolSummary:
    return accept(settings, migrate(settings, dump, profile="merged_utility", by=BY).protocol_id, by=APPROVER)


@pytest.fixture
def out(settings: Settings, loaded: ProtocolSummary, tmp_path: Path) -> Path:
    export_rejects(settings, loaded.protocol_id, tmp_path / "rejects")
    return tmp_path / "rejects"


def dbf_rows(path: Path) -> list[Cells]:
    (batch,) = read_columns(path, "cp866")
    columns = {name: cells.to_pylist() for name, cells in batch.text.items()}
    return [{name: cells[index] for name, cells in columns.items()} for index in range(len(batch))]


def rewrite(path: Path, correct: Callable[[Cells], Cells | None]) -> None:
    """What a clerk does in the old program: changes cells, or deletes a row."""
    rows = dbf_rows(path)
    kept = [(row if told is None else told, told is None) for row, told in ((row, correct(dict(row))) for row in rows)]
    fields = read_header(path, "cp866").fields
    batch: dict[str, list] = {field.name: [row[field.name] for row, _ in kept] for field in fields}
    batch[DELETION_FLAG] = [is_deleted for _, is_deleted in kept]
    write_dbf(path, fields, [batch], encoding="cp866", last_update=date(2026, 4, 20))


def correct_all(out: Path) -> None:
    """Tariff 77 was a slip for 1, 1310 for 2310; the meter of nobody stays with them."""
    rewrite(out / ABON, lambda row: {**row, "TAR": "1"})
    rewrite(out / LICH, lambda row: None if row["WB_ROW"] == "10" else row)
    rewrite(out / POKAZ, lambda row: {**row, "POKAZ": "2310"} if row["WB_ROW"] == "23" else row)


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


def back(settings: Settings, loaded: ProtocolSummary, out: Path) -> ReturnedRows:
    return return_rejects(settings, loaded.protocol_id, out, by=BY)


@pytest.mark.requirement("A54", "A55", "B51", "B52")
def test_rejects_go_out_in_the_layout_they_came_in_with_the_reason(out: Path, dump: Path) -> None:
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()) == [ABON, LICH, POKAZ]
    for name in (ABON, LICH, POKAZ):
        before, after = read_header(dump / name, "cp866"), read_header(out / name, "cp866")
        assert after.fields[: len(before.fields)] == before.fields
        assert after.language_byte == before.language_byte
    told = {row["WB_ROW"]: row for row in dbf_rows(out / POKAZ)}
    assert list(told) == ["8", "16", "23", "24", "32"]
    assert told["23"]["WB_REASON"] == "READING_DECREASE"
    assert "POKAZ holds 1310, less than the reading before" in told["23"]["WB_SAYS"]
    original = dbf_rows(dump / POKAZ)[22]
    assert {name: told["23"][name] for name in original} == original
    (account,) = dbf_rows(out / ABON)
    assert (account["FIO"], account["TAR"], account["WB_REASON"]) == ("Ганиев Темур Отабекович", "77", "TARIFF_UNKNOWN")


@pytest.mark.requirement("A54", "A55", "B51", "B52")
def test_what_comes_back_right_is_billed_as_if_it_had_been_right_at_once(
    settings: Settings, loaded: ProtocolSummary, out: Path
) -> None:
    correct_all(out)
    told = back(settings, loaded, out)
    # 8 rejected = 7 returned + 1 still open (the meter of nobody).
    assert (told.rejected_count, told.returned_count, told.open_count) == (8, 7, 1)
    # ABON 8 tells an account, loaded before, and its point; a meter; five readings: 8 facts, 7 loaded, 1 merged.
    assert (told.summary.read_count, told.summary.loaded_count, told.summary.merged_count) == (8, 7, 1)
    assert told.summary.rejected_count == 0
    before = rows(settings, "SELECT count(*) FROM ops.reading")
    accept(settings, told.summary.protocol_id, by=APPROVER)
    assert rows(settings, "SELECT count(*) FROM ops.reading") == [(before[0][0] + 5,)]
    assert not rows(settings, "SELECT * FROM migration.check_result WHERE status = 'differs'")
    # Energy is counted from the first value of a meter alone.
    assert rows(
        settings,
        "SELECT m.serial_no, r.read_on::text FROM ops.reading AS r INNER JOIN ops.meter AS m USING (meter_id) "
        "WHERE m.serial_no IN ('103007', '103008') AND r.is_opening ORDER BY 1",
    ) == [("103007", "2026-01-01"), ("103008", "2026-01-01")]
    assert billed(settings) == expected()
    march = trial_balance(settings, MONTHS[2], by=BY)
    assert march.is_proven


def billed(settings: Settings) -> dict[tuple[str, str], tuple[Decimal, int]]:
    for month in MONTHS:
        bill_month(settings, month, by=BY)
    return {
        (account_no, month): (energy, charge)
        for account_no, month, energy, charge in rows(
            settings,
            "SELECT a.account_no, to_char(b.booked_month, 'YYYY-MM'), b.energy_kwh, b.charge_minor FROM ops.bill AS b "
            "INNER JOIN ops.account AS a USING (account_id)",
        )
    }


def expected() -> dict[tuple[str, str], tuple[Decimal, int]]:
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return {
            (row["account"].replace(":", "/"), row["month"]): (Decimal(row["kwh"]), int(row["charged_soum"]) * 100)
            for row in csv.DictReader(file)
        }


@pytest.mark.requirement("A55", "B52")
def test_the_protocol_tells_the_whole_way_of_a_row_and_both_persons(
    settings: Settings, loaded: ProtocolSummary, out: Path, tmp_path: Path
) -> None:
    correct_all(out)
    protocol_id = back(settings, loaded, out).summary.protocol_id
    accept(settings, protocol_id, by=APPROVER)
    page, filed, _ = write_protocol(settings, protocol_id, tmp_path / "filed", forms=("html", "json"))
    told = page.read_text(encoding="utf-8")
    assert "POKAZ: 1310 -&gt; 2310" in told
    assert "TAR: 77 -&gt; 1" in told
    sentences = check(filed.read_bytes())
    assert any(sentence.startswith("prepared by First administrator") for sentence in sentences)
    assert any(sentence.startswith("approved by First approver") for sentence in sentences)
    # The first protocol tells that its rows came back, who judged and who accepted them; it is still one whole chain.
    first, checked, _ = write_protocol(settings, loaded.protocol_id, tmp_path / "filed", forms=("html", "json"))
    sentences = check(checked.read_bytes())
    assert [sentence.split(" by ")[0] for sentence in sentences[2:-1]] == [
        "prepared", "approved", "returned", "return accepted",
    ]  # fmt: skip
    assert "Rejected rows: 8; Returned: 7; Returned here: 7; Still open: 1" in first.read_text(encoding="utf-8")


@pytest.mark.requirement("A55", "B52")
def test_the_same_files_again_change_nothing(settings: Settings, loaded: ProtocolSummary, out: Path) -> None:
    correct_all(out)
    first = back(settings, loaded, out)
    again = back(settings, loaded, out)
    assert (again.summary.protocol_id, again.summary.was_there) == (first.summary.protocol_id, True)
    accept(settings, first.summary.protocol_id, by=APPROVER)
    third = back(settings, loaded, out)
    assert (third.summary.protocol_id, third.summary.state) == (first.summary.protocol_id, "accepted")
    assert rows(settings, "SELECT count(*) FROM landing.load") == [(2,)]


def test_rows_that_were_never_rejected_or_come_twice_are_refused_by_name(
    settings: Settings, loaded: ProtocolSummary, out: Path, tmp_path: Path
) -> None:
    untouched = shutil.copytree(out, tmp_path / "untouched")
    number = {"23": "22", "24": "16"}
    rewrite(out / POKAZ, lambda row: {**row, "WB_ROW": number.get(row["WB_ROW"], row["WB_ROW"])})
    (out / "household/SA03/SALDO.DBF").write_bytes(b"other")
    with pytest.raises(Refusal) as refusal:
        back(settings, loaded, out)
    said = str(refusal.value)
    assert "row 3 of POKAZ.DBF says it is row 22 of household/SA03/POKAZ.DBF, which was never rejected" in said
    assert "row 4 of POKAZ.DBF is row 16 of household/SA03/POKAZ.DBF a second time" in said
    assert "household/SA03/SALDO.DBF is no file of rejects of protocol" in said
    assert rows(settings, "SELECT count(*) FROM landing.load") == [(1,)]

    # Part of them comes back, the rest later; what came before does not come a second time.
    (out / "household/SA03/SALDO.DBF").unlink()
    shutil.copy(untouched / POKAZ, out / POKAZ)
    rewrite(out / POKAZ, lambda row: {**row, "POKAZ": "2310"} if row["WB_ROW"] == "23" else None)
    (out / ABON).unlink()
    (out / LICH).unlink()
    part = back(settings, loaded, out)
    assert (part.rejected_count, part.returned_count, part.open_count) == (8, 1, 7)
    before = f"row 3 of POKAZ.DBF is row 23 of .* which came back before .protocol {part.summary.protocol_id}"
    with pytest.raises(Refusal, match=before):
        back(settings, loaded, untouched)
    export_rejects(settings, loaded.protocol_id, tmp_path / "rest")
    assert [row["WB_ROW"] for row in dbf_rows(tmp_path / "rest" / POKAZ)] == ["8", "16", "24", "32"]
    with pytest.raises(Refusal, match="waits to be accepted; accept or withdraw it before more rows return"):
        back(settings, loaded, tmp_path / "rest")
    accept(settings, part.summary.protocol_id, by=APPROVER)
    rest = back(settings, loaded, tmp_path / "rest")
    assert (rest.rejected_count, rest.returned_count, rest.open_count) == (8, 8, 0)


def test_rows_of_another_protocol_are_refused(settings: Settings, loaded: ProtocolSummary, out: Path) -> None:
    rewrite(out / ABON, lambda row: {**row, "WB_LOAD": "77"})
    with pytest.raises(Refusal, match=f"row 1 of ABON.DBF is of protocol 77, not {loaded.protocol_id}"):
        back(settings, loaded, out)


@pytest.mark.requirement("A54", "B51")
def test_a_row_that_comes_back_wrong_is_rejected_again_beside_what_the_book_has(
    settings: Settings, loaded: ProtocolSummary, out: Path, tmp_path: Path
) -> None:
    """2,490 on 1 March stands above the 2,480 of 1 April, which the book has: it falls, not the one in the book."""
    (out / ABON).unlink()
    (out / LICH).unlink()
    rewrite(out / POKAZ, lambda row: {**row, "POKAZ": "2490"} if row["WB_ROW"] == "23" else None)
    told = back(settings, loaded, out)
    assert (told.summary.loaded_count, told.summary.rejected_count) == (0, 1)
    (sentence,) = rows(settings, "SELECT sentence FROM migration.verdict WHERE load_id = %s", told.summary.load_id)[0]
    assert sentence.startswith("household/SA03/POKAZ.DBF, row 1 (SA03/1/7 103007 2026-03-01): POKAZ holds 2490")
    accept(settings, told.summary.protocol_id, by=APPROVER)
    # It goes out again from its own protocol, and comes back right.
    export_rejects(settings, told.summary.protocol_id, tmp_path / "again")
    rewrite(tmp_path / "again" / POKAZ, lambda row: {**row, "POKAZ": "2310"})
    second = return_rejects(settings, told.summary.protocol_id, tmp_path / "again", by=BY)
    assert (second.summary.loaded_count, second.rejected_count, second.open_count) == (1, 1, 0)
    accept(settings, second.summary.protocol_id, by=APPROVER)
    found = billed(settings)
    # 2,310 - 2,150 = 160 x 600; 2,480 - 2,310 = 170 x 600.
    assert found["SA03/1/7", "2026-02"] == (Decimal(160), 9_600_000)
    assert found["SA03/1/7", "2026-03"] == (Decimal(170), 10_200_000)


@pytest.mark.requirement("A54", "B51")
def test_readings_that_come_back_without_their_point_are_rejected_again(
    settings: Settings, loaded: ProtocolSummary, out: Path
) -> None:
    (out / ABON).unlink()
    (out / LICH).unlink()
    told = back(settings, loaded, out)
    # Four have no point, and 1310 is less than before still.
    assert (told.summary.loaded_count, told.summary.rejected_count) == (0, 5)


@pytest.mark.requirement("A55", "E151")
def test_who_judged_what_came_back_does_not_accept_it_and_rights_are_asked(
    settings: Settings, loaded: ProtocolSummary, out: Path
) -> None:
    create_user(settings, login="clerk", full_name="Clerk", group_code="billing_clerks", unit_code="UZ", by=BY)
    create_user(settings, login="far", full_name="Far", group_code="migration_approvers", unit_code="UZ-AN", by=BY)
    with pytest.raises(Refusal, match='does not hold the right "migrate"'):
        return_rejects(settings, loaded.protocol_id, out, by="clerk")
    rewrite(out / POKAZ, lambda row: {**row, "POKAZ": "2310"} if row["WB_ROW"] == "23" else None)
    protocol_id = back(settings, loaded, out).summary.protocol_id
    with pytest.raises(Refusal, match='was prepared by "administrator", who cannot accept it too'):
        accept(settings, protocol_id, by=BY)
    # The rows that came back name no RES, and still touch accounts of SA01 and SA03.
    with pytest.raises(Refusal, match='"far" does not hold the right "accept_load" for SA0'):
        accept(settings, protocol_id, by="far")


def test_the_dump_leaves_the_book_after_what_came_back(settings: Settings, loaded: ProtocolSummary, out: Path) -> None:
    correct_all(out)
    protocol_id = back(settings, loaded, out).summary.protocol_id
    before = rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger")
    readings = rows(settings, "SELECT count(*) FROM ops.reading")
    accept(settings, protocol_id, by=APPROVER)
    with pytest.raises(Refusal, match=f"its rejects came back in protocol {protocol_id}; withdraw that first"):
        withdraw(settings, loaded.protocol_id, by=APPROVER)
    withdraw(settings, protocol_id, by=APPROVER)
    assert rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger") == before
    assert rows(settings, "SELECT count(*) FROM ops.reading") == readings
    # Its rows are open again, and the same files begin anew.
    second = back(settings, loaded, out)
    assert second.summary.protocol_id != protocol_id
    assert (second.rejected_count, second.returned_count, second.open_count) == (8, 7, 1)
    # One that nobody accepted can be put aside, too.
    assert withdraw(settings, second.summary.protocol_id, by=APPROVER).state == "withdrawn"
    withdraw(settings, loaded.protocol_id, by=APPROVER)
    assert rows(settings, "SELECT count(*) FROM ops.account") == [(0,)]


def test_once_a_touched_account_is_billed_what_came_back_stays(
    settings: Settings, loaded: ProtocolSummary, out: Path
) -> None:
    correct_all(out)
    protocol_id = back(settings, loaded, out).summary.protocol_id
    accept(settings, protocol_id, by=APPROVER)
    bill_month(settings, MONTHS[0], by=BY, account_no="SA03/1/7")
    with pytest.raises(Refusal, match="1 accounts to which it added rows have bills, the first is SA03/1/7"):
        withdraw(settings, protocol_id, by=APPROVER)


@pytest.mark.requirement("A54", "B51")
def test_what_comes_back_after_bills_is_billed_in_the_next_run(
    settings: Settings, loaded: ProtocolSummary, out: Path
) -> None:
    """Without 2,310 the 330 kWh of February and March are billed in March: 330 x 600 = 198,000."""
    found = billed(settings)
    assert found["SA03/1/7", "2026-03"] == (Decimal(330), 19_800_000)
    correct_all(out)
    accept(settings, back(settings, loaded, out).summary.protocol_id, by=APPROVER)
    # The months are still open; billed anew they are those worked by hand: 96,000 and 102,000, together 198,000.
    for month in MONTHS:
        bill_month(settings, month, by=BY)
    assert rows(
        settings,
        "SELECT a.account_no, sum(b.energy_kwh), sum(b.charge_minor) FROM ops.bill AS b "
        "INNER JOIN ops.account AS a USING (account_id) WHERE a.account_no IN ('SA03/1/7', 'SA03/1/8') "
        "GROUP BY 1 ORDER BY 1",
    ) == [("SA03/1/7", Decimal(480), 28_800_000), ("SA03/1/8", Decimal(300), 18_000_000)]


def test_prepared_and_unknown_protocols_take_nothing_back(settings: Settings, dump: Path, tmp_path: Path) -> None:
    prepared = migrate(settings, dump, profile="merged_utility", by=BY)
    export_rejects(settings, prepared.protocol_id, tmp_path / "out")
    with pytest.raises(Refusal, match="is prepared; rejects return to an accepted load"):
        back(settings, prepared, tmp_path / "out")
    with pytest.raises(Refusal, match="There is no protocol 99"):
        export_rejects(settings, 99, tmp_path / "none")
    with pytest.raises(Refusal, match="not an empty folder"):
        export_rejects(settings, prepared.protocol_id, tmp_path / "out")
    accept(settings, prepared.protocol_id, by=APPROVER)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="holds no files"):
        back(settings, prepared, tmp_path / "empty")


def test_the_way_of_a_row_is_not_changed_afterwards(settings: Settings, loaded: ProtocolSummary, out: Path) -> None:
    correct_all(out)
    back(settings, loaded, out)
    for table in ("returned_row", "returned_cell"):
        with connect_as_admin(settings) as session, pytest.raises(psycopg.Error, match="belong to signed protocols"):
            session.execute(f"DELETE FROM migration.{table}")
