"""Rejects of text, payments, layout 80020 and unreadable letters; what came back makes the book of a clean dump."""

import csv
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from legacy_migration.commands import ProtocolSummary, accept, migrate, withdraw
from legacy_migration.rejects.export import export_rejects
from legacy_migration.rejects.returning import ReturnedRows, return_rejects
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.billing.commands import bill_month, close_month
from operational_db.connections import Role, connect
from operational_db.file_formats.dbf import read_columns, read_header, write_dbf
from operational_db.metering.readings import ToldReading, enter_readings
from operational_db.reference.loading import APPROVER_LOGIN as APPROVER
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.book_of_a_load import book_of
from tests.conftest import fresh_database

BY = "administrator"
SALDO, PAYMENTS = "legal/LEGAL_SALDO.CSV", "payments/paynet_202603_01.DBF"
HALF_HOURS = "askue/SA01/80020_302900001_20260101.xml"


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")


@pytest.fixture
def broken(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "broken"))


@pytest.fixture
def other_settings(shared_server: Settings) -> Iterator[Settings]:
    yield from fresh_database(shared_server)


def replaced(path: Path, old: str, new: str, encoding: str = "cp1251") -> None:
    text = path.read_bytes()
    assert text.count(old.encode(encoding)) == 1, (path, old)
    path.write_bytes(text.replace(old.encode(encoding), new.encode(encoding)))


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


def load(settings: Settings, dump: Path) -> ProtocolSummary:
    return accept(settings, migrate(settings, dump, profile="merged_utility", by=BY).protocol_id, by=APPROVER)


def back(settings: Settings, loaded: ProtocolSummary, out: Path) -> ReturnedRows:
    return return_rejects(settings, loaded.protocol_id, out, by=BY)


def rejected(settings: Settings, load_id: int) -> set[tuple[str, int, str, str]]:
    return set(
        rows(
            settings,
            "SELECT f.path, d.row_no, d.entity, d.reason_code FROM migration.verdict AS d "
            "INNER JOIN landing.file AS f USING (file_id) WHERE d.load_id = %s AND d.verdict = 'rejected' "
            "AND f.path NOT LIKE 'household/%%'",
            load_id,
        )
    )


def corrected_payment(path: Path) -> None:
    (batch,) = read_columns(path, "cp1251")
    texts = {name: cells.to_pylist() for name, cells in batch.text.items()}
    texts["SUMMA"] = ["90000.00" if amount == "9OOOO.00" else amount for amount in texts["SUMMA"]]
    write_dbf(path, read_header(path, "cp1251").fields, [texts], encoding="cp1251", last_update=date(2026, 4, 20))


@pytest.mark.requirement("A54", "A55", "B51", "B52")
def test_what_came_back_of_every_format_makes_the_book_of_the_clean_dump(
    settings: Settings, other_settings: Settings, clean: Path, broken: Path, tmp_path: Path
) -> None:
    # An opening balance with letters for zeros; a later month of another consumer; a payment; half-hours of a feeder.
    replaced(broken / SALDO, "U000003;202601;-500000,00", "U000003;202601;-5OOOOO,00")
    replaced(broken / SALDO, "U000002;202602;1500000,00;1400", "U000002;202602;1500000,00;14OO")
    payments = broken / PAYMENTS
    payments.write_bytes(payments.read_bytes().replace(b"90000.00", b"9OOOO.00"))
    half_hours = broken / HALF_HOURS
    half_hours.write_bytes(half_hours.read_bytes().replace(b"<value>105</value>", b"<value>1O5</value>", 1))
    loaded = load(settings, broken)
    faults = {
        (SALDO, 8, "opening_balance", "BAD_NUMBER"),
        (SALDO, 6, "charge", "BAD_NUMBER"),
        (PAYMENTS, 1, "payment", "BAD_NUMBER"),
    }
    found = rejected(settings, loaded.load_id)
    assert faults < found
    assert {path for path, *_ in found - faults} == {HALF_HOURS}

    out = tmp_path / "rejects"
    export_rejects(settings, loaded.protocol_id, out)
    lines = (out / SALDO).read_text(encoding="cp1251").splitlines()
    assert lines[0] == "DOGOVOR;MES;SALDO_N;KWH;NACHISLENO;OPLACHENO;SALDO_K;WB_LOAD;WB_ROW;WB_REASON;WB_SAYS"
    assert [line.split(";")[8] for line in lines[1:]] == ["6", "8"]
    replaced(out / SALDO, "-5OOOOO,00;", "-500000,00;")
    replaced(out / SALDO, "1500000,00;14OO;", "1500000,00;1400;")
    corrected_payment(out / PAYMENTS)
    # XML goes out as a table of its rows; the day that could not be read is empty there, and is filled in.
    table = out / f"{HALF_HOURS}.csv"
    with table.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    assert (row["POINT"], row["WB_ROW"]) == ("", "2")
    values = values_of(clean / HALF_HOURS)
    row |= {
        "INN": "302900001", "POINT": "3029000011000001", "POINT_NAME": "SA01F001", "CHANNEL": "01", "DAY": "20260101",
        "VALUES": " ".join(values), "STATUS": " ".join("0" * 48), "TOTAL": str(sum(map(int, values))), "FAULT": "",
    }  # fmt: skip
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row, delimiter=";")
        writer.writeheader()
        writer.writerow(row)

    came = back(settings, loaded, out)
    # The charge of February opens nothing, though its month is the smallest but one that came back.
    assert rows(
        settings,
        "SELECT account_no, debit_minor, credit_minor FROM migration.opening_balance WHERE load_id = %s "
        "AND account_no LIKE 'U%%'",
        came.summary.load_id,
    ) == [("U000003", 0, 50_000_000)]
    assert not rejected(settings, came.summary.load_id)
    assert came.summary.differing_count == 0
    accept(settings, came.summary.protocol_id, by=APPROVER)
    assert not rows(settings, "SELECT * FROM migration.check_result WHERE status = 'differs'")

    load(other_settings, clean)
    assert book_of(settings) == book_of(other_settings)
    energy = "SELECT sum(v) FROM ops.grid_interval_energy AS e CROSS JOIN unnest(e.half_hours) AS v"
    assert rows(settings, energy) == rows(other_settings, energy)


def values_of(path: Path) -> list[str]:
    """The 48 half-hours of the first point of the file."""
    return [part.split("</value>")[0] for part in path.read_text(encoding="cp1251").split("<value>")[1:49]]


@pytest.mark.requirement("A54", "B51")
def test_a_later_month_that_comes_back_alone_opens_no_balance(settings: Settings, broken: Path, tmp_path: Path) -> None:
    replaced(broken / SALDO, "U000002;202602;1500000,00;1400", "U000002;202602;1500000,00;14OO")
    loaded = load(settings, broken)
    out = tmp_path / "rejects"
    export_rejects(settings, loaded.protocol_id, out)
    replaced(out / SALDO, "1500000,00;14OO;", "1500000,00;1400;")
    before = rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger")
    came = back(settings, loaded, out)
    accept(settings, came.summary.protocol_id, by=APPROVER)
    assert rows(settings, "SELECT count(*) FROM migration.charge WHERE load_id = %s", came.summary.load_id) == [(1,)]
    assert rows(settings, "SELECT count(*), sum(amount_minor) FROM ops.ledger") == before


@pytest.mark.requirement("A54", "B51")
def test_letters_that_nobody_could_read_stay_open_until_they_are_corrected(
    settings: Settings, broken: Path, tmp_path: Path
) -> None:
    """The byte 98 is no letter in cp1251. What stands for it in the file is not taken for a name."""
    path = broken / "legal/LEGAL.CSV"
    path.write_bytes(path.read_bytes().replace("Нур".encode("cp1251"), b"\x98\xf3\xf0"))
    loaded = load(settings, broken)
    assert ("legal/LEGAL.CSV", 3, "account", "BAD_ENCODING") in rejected(settings, loaded.load_id)
    out = tmp_path / "rejects"
    export_rejects(settings, loaded.protocol_id, out)
    uncorrected = back(settings, loaded, out)
    assert uncorrected.left_open == ["row 3 of legal/LEGAL.CSV: NAME cannot be read and was not corrected"]
    # All else hangs on that consumer and falls again; the row itself is open, and stays so in the counts.
    assert uncorrected.open_count == 1
    assert uncorrected.summary.loaded_count == 0
    withdraw(settings, uncorrected.summary.protocol_id, by=APPROVER)
    path = out / "legal/LEGAL.CSV"
    path.write_text(re.sub('[^"]+ур"', 'Нур"', path.read_text(encoding="cp1251"), count=1), "cp1251", newline="")
    came = back(settings, loaded, out)
    assert came.left_open == []
    accept(settings, came.summary.protocol_id, by=APPROVER)
    assert rows(
        settings,
        "SELECT h.full_name FROM ops.account AS a INNER JOIN ops.account_subscriber USING (account_id) "
        "INNER JOIN ops.subscriber AS h USING (subscriber_id) WHERE a.account_no = 'U000002'",
    ) == [('"Нур" МЧЖ',)]


@pytest.mark.requirement("A54", "B51")
def test_what_comes_back_for_a_closed_month_is_booked_in_the_open_one(
    settings: Settings, broken: Path, tmp_path: Path
) -> None:
    """13,500 of 1 February was written with letters for zeros; January is closed when it comes back."""
    replaced(broken / "legal/LEGAL_POKAZ.CSV", "02;01.02.2026;13500", "02;01.02.2026;135OO")
    loaded = load(settings, broken)
    out = tmp_path / "rejects"
    export_rejects(settings, loaded.protocol_id, out)
    january, february, march = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
    bill_month(settings, january, by=BY)
    close_month(settings, january, unit_code="SA01", by=BY)
    text = (out / "legal/LEGAL_POKAZ.CSV").read_text(encoding="cp1251")
    (out / "legal/LEGAL_POKAZ.CSV").write_text(text.replace(";135OO;", ";13500;", 1), encoding="cp1251", newline="")
    came = back(settings, loaded, out)
    accept(settings, came.summary.protocol_id, by=APPROVER)
    assert rows(
        settings,
        "SELECT r.booked_month::text FROM ops.reading AS r INNER JOIN ops.account AS a USING (account_id) "
        "WHERE a.account_no = 'U000002' AND r.read_on = '2026-02-01'",
    ) == [("2026-02-01",)]
    bill_month(settings, february, by=BY)
    bill_month(settings, march, by=BY)
    # 16,200 - 12,000 = 4,200 kWh, none lost and none twice, though a month was closed between.
    assert rows(
        settings,
        "SELECT sum(b.energy_kwh) FROM ops.bill AS b INNER JOIN ops.account AS a USING (account_id) "
        "WHERE a.account_no = 'U000002'",
    ) == [(4_200,)]


@pytest.mark.requirement("A54", "B51")
def test_what_clerks_entered_since_is_not_contradicted(settings: Settings, broken: Path, tmp_path: Path) -> None:
    loaded = load(settings, broken)
    out = tmp_path / "rejects"
    export_rejects(settings, loaded.protocol_id, out)
    # SA03/1/7 went to the office with 2,300 of 15 March; the old program's people answer 2,310 for 1 March.
    enter_readings(settings, [ToldReading("SA03/1/7", date(2026, 3, 15), 2_300)], by=BY)
    path = out / "household/SA03/POKAZ.DBF"
    (batch,) = read_columns(path, "cp866")
    texts = {name: cells.to_pylist() for name, cells in batch.text.items()}
    texts["POKAZ"] = ["2310" if value == "1310" else value for value in texts["POKAZ"]]
    write_dbf(path, read_header(path, "cp866").fields, [texts], encoding="cp866", last_update=date(2026, 4, 20))
    came = back(settings, loaded, out)
    sentence = "The reading 2310 of 2026-03-01 that came back for SA03/1/7 does not go with 2300 of 2026-03-15"
    with pytest.raises(Refusal, match=sentence):
        accept(settings, came.summary.protocol_id, by=APPROVER)
