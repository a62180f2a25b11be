"""Rows that may tell of one person, place or meter are listed with evidence; only a decision joins them."""

from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.duplicates.decisions import decide, list_duplicates
from legacy_migration.duplicates.folding import folded_sql, glued_sql
from legacy_migration.reconciliation.comparing import compare_load
from legacy_migration.signing.pages import figures_of_pages
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.legacy_tables import LegacyTable

BY = "administrator"
APPROVER = "approver"


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SA01/1/3 is SA01/1/1 again, written otherwise: Latin letters, the house glued, the serial with a letter O."""
    place = twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")
    accounts = LegacyTable(place / "household/SA01/ABON.DBF")
    one, three = accounts.find(RAH="1/1"), accounts.find(RAH="1/3")
    accounts.put(one, HOUSE="5", HLET="А", FLAT="1")  # a Cyrillic А
    # Каримов Азиз Рустамович with Latin a, K, c, o; the passport is the same, the tax number was never entered.
    accounts.put(
        three, FIO="КAРИМОВ  АЗИЗ  РУСTАMОВИЧ", HOUSE="5A", HLET="", FLAT="1", PASP=accounts.text(one, "PASP"), PINFL=""
    )
    # A name that many have, with other papers and at another place.
    accounts.put(accounts.find(RAH="1/8"), FIO="Ким Елена Сергеевна")
    accounts.save()
    meters = LegacyTable(place / "household/SA01/LICH.DBF")
    meters.put(meters.find(RAH="1/2", NOMER="101002"), NOMER="0010100I")
    meters.save()
    readings = LegacyTable(place / "household/SA01/POKAZ.DBF")
    for row in range(1, len(readings.rows) + 1):
        if readings.text(row, "NOMER") == "101002":
            readings.put(row, NOMER="0010100I")
    readings.save()
    return place


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Каримов Азиз", "КAРИMOВ  AЗИЗ"),  # Latin letters among Cyrillic ones, case, blanks
        ("O'zbekiston ko‘chasi", "Oʻzbekiston kochasi"),
        ("Ўктам", "Уктам"),
        ("Дніпро", "Днiпро"),
    ],
)
def test_spellings_that_only_look_different_are_one(database: psycopg.Connection, one: str, other: str) -> None:
    query = f"SELECT {folded_sql('%s::text')} = {folded_sql('%s::text')}"
    assert database.execute(query, [one, other]).fetchone() == (True,)


def test_a_letter_glued_to_the_house_is_the_same_house(database: psycopg.Connection) -> None:
    query = f"SELECT {glued_sql('%s::text', '%s::text')} = {glued_sql('%s::text', '%s::text')}"
    assert database.execute(query, ["12", "А", "12а", ""]).fetchone() == (True,)


@pytest.mark.requirement("A54", "B51")
def test_pairs_are_listed_with_evidence_and_what_is_at_stake(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    pairs = {
        (pair.kind, pair.first_key, pair.second_key): pair
        for pair in list_duplicates(settings, protocol.protocol_id, by=BY)
    }
    assert set(pairs) == {
        ("person", "SA01/1/1", "SA01/1/3"),
        ("premises", "SA01/1/1", "SA01/1/3"),
        ("meter", "SA01/1/1 101001", "SA01/1/2 0010100I"),
    }  # fmt: skip
    person = pairs["person", "SA01/1/1", "SA01/1/3"]
    # Names (100 - 50) x 0.8 = 40, passport 55, address 20: 115, cut to 100.
    assert person.score == Decimal("100.0")
    assert "the same passport number aa1010010" in person.evidence
    assert "names alike to 100 of 100" in person.evidence
    # SA01/1/3: 350 + 300 + 250 = 900 kWh; 240,000 + 200,000 + 160,000 = 600,000.
    assert (person.energy_kwh, person.amount_minor) == (900, 60_000_000)
    # 50 for numbers that look alike, 20 for the type, 10 for the RES.
    assert pairs["meter", "SA01/1/1 101001", "SA01/1/2 0010100I"].score == Decimal("80.0")
    # Nothing was merged: 20 accounts stand, and the pages that the approver signs say that nobody decided.
    assert rows(settings, "SELECT count(*) FROM migration.decision") == [(0,)]
    accept(settings, protocol.protocol_id, by=APPROVER)
    with connect(settings, Role.LOADER) as session:
        tables = figures_of_pages(session, protocol.protocol_id)
    assert len(tables["duplicates"].rows) == 3
    assert [row[3] for row in tables["decisions"].rows] == ["not decided"] * 3


@pytest.mark.requirement("A55", "B52")
def test_a_decision_joins_persons_and_premises_and_leaves_numbers_and_money(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    for kind in ("person", "premises"):
        decide(settings, protocol, kind, "SA01/1/3", "SA01/1/1", merge=True, reason="passport seen", by=BY)
    accept(settings, protocol, by=APPROVER)
    holders = rows(
        settings,
        "SELECT count(DISTINCT h.subscriber_id), count(DISTINCT p.premises_id), count(DISTINCT a.account_no) "
        "FROM ops.account AS a INNER JOIN ops.account_subscriber AS h USING (account_id) "
        "INNER JOIN ops.account_premises AS p USING (account_id) WHERE a.account_no IN ('SA01/1/1', 'SA01/1/3')",
    )
    assert holders == [(1, 1, 2)]
    # 20 accounts, one of them with the holder of another.
    assert rows(settings, "SELECT count(*) FROM ops.subscriber") == [(19,)]
    assert compare_load(settings, protocol, by=BY).is_equal
    assert list_duplicates(settings, protocol, by=BY, undecided_only=True)[0].kind == "meter"
    withdraw(settings, protocol, by=BY)
    assert rows(settings, "SELECT (SELECT count(*) FROM ops.subscriber), (SELECT count(*) FROM ops.premises)") == [
        (0, 0)
    ]


def test_the_last_decision_counts_and_none_is_lost(
    settings: Settings, dump: Path, database: psycopg.Connection
) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    pair = ("person", "SA01/1/1", "SA01/1/3")
    decide(settings, protocol, *pair, merge=True, reason="passport seen", by=BY)
    decide(settings, protocol, *pair, merge=False, reason="father and son", by=BY)
    accept(settings, protocol, by=APPROVER)
    assert rows(settings, "SELECT count(*) FROM ops.subscriber") == [(20,)]
    assert rows(settings, "SELECT decided, reason FROM migration.decision ORDER BY decision_id") == [
        ("merge", "passport seen"), ("keep_apart", "father and son"),
    ]  # fmt: skip
    for change in ("UPDATE migration.decision SET decided = 'merge'", "DELETE FROM migration.decision"):
        with pytest.raises(psycopg.Error, match="decide about the pair anew"):
            database.execute(change)


def test_decisions_that_cannot_be_are_refused_with_what_to_do(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY).protocol_id
    with pytest.raises(Refusal, match="no pair of the list for person of protocol"):
        decide(settings, protocol, "person", "SA01/1/1", "SA01/1/2", merge=True, reason="looks so", by=BY)
    with pytest.raises(Refusal, match="needs its reason"):
        decide(settings, protocol, "person", "SA01/1/1", "SA01/1/3", merge=True, reason=" ", by=BY)
    with pytest.raises(Refusal, match="two stays of one meter are told apart by their days"):
        decide(settings, protocol, "meter", "SA01/1/1 101001", "SA01/1/2 0010100I", merge=True, reason="plate", by=BY)


@pytest.mark.requirement("A52", "B49")
def test_rows_that_split_one_consumer_are_joined_and_their_energy_is_added(settings: Settings, tmp_path: Path) -> None:
    """A consumer that the old program told in two rows, before and after the meter was changed in July."""
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "grid.csv").write_text("COD\nS1\n", encoding="utf-8")
    (tmp_path / "dump" / "use.csv").write_text(
        # 100 + 40 = 140 kWh in January, 0 + 75.5 = 75.5 in February; another consumer with 10 and 20.
        "PAC;JAN;FEB\nA1;100;0\nA1;40;75.5\nB1;10;20\n", encoding="utf-8"
    )  # fmt: skip
    profile = tmp_path / "split.yaml"
    profile.write_text(
        """profile: split
title: One consumer in several rows
first_day: {file: days, column: DAY, format: yyyy-mm-dd}
files:
  days: {path: days.csv, format: delimited, encoding: utf-8, delimiter: ";", rows: [{to: code_entry, fields: {
      list_code: {constant: day}, entry_code: {text: DAY}}}]}
  use:
    path: use.csv
    format: delimited
    encoding: utf-8
    delimiter: ";"
    sums: [JAN, FEB]
    rows:
      - to: account
        repeats: join
        fields: {account_no: {text: PAC}, kind: {constant: household}, res_code: {constant: SA01},
          full_name: {text: PAC}}
      - to: metering_point
        repeats: join
        fields: {point_code: {text: PAC}, account_no: {text: PAC}, res_code: {constant: SA01}}
      - to: declared_energy
        fields: {point_code: {text: PAC}, direction: {constant: consumed}, service_month: {constant: "2026-01-01"},
          energy_kwh: {number: JAN}}
      - to: declared_energy
        fields: {point_code: {text: PAC}, direction: {constant: consumed}, service_month: {constant: "2026-02-01"},
          energy_kwh: {number: FEB}}
""",
        encoding="utf-8",
    )
    (tmp_path / "dump" / "days.csv").write_text("DAY\n2026-01-01\n", encoding="utf-8")
    (tmp_path / "dump" / "grid.csv").unlink()
    protocol = migrate(settings, tmp_path / "dump", profile=str(profile), by=BY)
    accept(settings, protocol.protocol_id, by=APPROVER)
    assert rows(
        settings,
        "SELECT a.account_no, to_char(e.span_from, 'YYYY-MM'), sum(e.energy_kwh) FROM ops.measured_energy AS e "
        "INNER JOIN ops.account AS a USING (account_id) GROUP BY 1, 2 ORDER BY 1, 2",
    ) == [
        ("A1", "2026-01", Decimal(140)), ("A1", "2026-02", Decimal("75.5")),
        ("B1", "2026-01", Decimal(10)), ("B1", "2026-02", Decimal(20)),
    ]  # fmt: skip
    # The second row of A1 was joined with the first, not lost: 100 + 40 + 0 + 75.5 + 10 + 20 = 245.5 kWh.
    assert rows(settings, "SELECT entity, reason_code FROM migration.verdict ORDER BY 1") == [
        ("account", "JOINED"), ("metering_point", "JOINED"),
    ]  # fmt: skip
    assert rows(settings, "SELECT sum(energy_kwh) FROM ops.measured_energy") == [(Decimal("245.5"),)]
    assert compare_load(settings, protocol.protocol_id, by=BY).is_equal
