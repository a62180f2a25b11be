"""Every cell of a dump ends in one class: counted by hand on a small dump, and as a law on dumps that chance wrote."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from legacy_migration.commands import migrate
from legacy_migration.profile import read_profile
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"
PROFILE = """profile: small
title: Consumers and their charges
lists:
  kinds: {unknown: CODE_UNKNOWN, codes: {"1": household, "2": legal}}
files:
  consumers:
    path: CONSUMERS.CSV
    format: delimited
    delimiter: ";"
    unused: {NOTE: a note for people}
    rows:
      - to: account
        fields:
          account_no: {account_number: [RES, NUM]}
          kind: {code: KIND, list: kinds}
          res_code: {text: RES}
          full_name: {text: NAME}
          contract_on: {date: SINCE, format: yyyy-mm-dd, if_bad: leave_empty}
      - to: metering_point
        fields:
          point_code: {account_number: [RES, NUM]}
          account_no: {account_number: [RES, NUM]}
          res_code: {text: RES}
          consumer_class: {text: KIND}
          connected_load_kw: {number: LOAD, optional: true}
  charges:
    path: CHARGES.CSV
    format: delimited
    delimiter: ";"
    sums: [KWH]
    rows:
      - to: charge
        fields:
          account_no: {account_number: [RES, NUM]}
          service_month: {month: MONTH, format: yyyymm}
          energy_kwh: {number: KWH}
          charge_minor: {money: SUM}
          paid_minor: {money: PAID}
          balance_minor: {money: BALANCE}
      - to: opening_balance
        only_first: MONTH
        fields:
          account_no: {account_number: [RES, NUM]}
          year_of_origin: {constant: "0"}
          debit_minor: {money: OPENING, side: debit}
          credit_minor: {money: OPENING, side: credit}
  letters: {path: LETTERS.CSV, format: delimited, delimiter: ";", required: false, out_of_scope: letters are not energy}
"""
CONSUMERS = ("RES", "NUM", "KIND", "NAME", "SINCE", "LOAD", "NOTE")
CHARGES = ("RES", "NUM", "MONTH", "KWH", "SUM", "PAID", "BALANCE", "OPENING")


def write(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", lineterminator="\r\n").writerows([columns, *rows])


def small_dump(folder: Path, consumers: list[tuple[str, ...]], charges: list[tuple[str, ...]]) -> tuple[Path, Path]:
    """A dump and its profile."""
    dump = folder / "dump"
    dump.mkdir(parents=True)
    write(dump / "CONSUMERS.CSV", CONSUMERS, consumers)
    write(dump / "CHARGES.CSV", CHARGES, charges)
    (folder / "small.yaml").write_text(PROFILE, encoding="utf-8")
    return dump, folder / "small.yaml"


def ledger(settings: Settings) -> dict[tuple[str, str], dict[tuple[str, str], int]]:
    """Per file and column the classes with their rules and counts, of all loads."""
    with connect(settings, Role.LOADER) as session:
        found: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
        for path, column, kind, rule, count in session.execute(
            "SELECT f.path, c.column_name, c.class, c.rule, c.cell_count FROM migration.cell_count AS c "
            "INNER JOIN landing.file AS f USING (file_id) WHERE c.load_id = (SELECT max(load_id) FROM landing.load)"
        ):
            found.setdefault((path, column), {})[kind, rule] = count
        return found


@pytest.mark.requirement("A52", "B49")
def test_cells_of_a_small_dump_are_counted_as_by_hand(settings: Settings, tmp_path: Path) -> None:
    dump, profile = small_dump(
        tmp_path,
        [
            ("SA01", "1", "1", "Karimov A", "2020-01-31", "5.50", "calls on Mondays"),
            # Two blanks in the name, an unreadable day, which is left empty, and no load.
            ("SA01", "02", "1", "Karimov  B", "31.01.2020", "", ""),
            # The kind is in no list: the account is rejected, its metering point falls with it.
            ("SA01", "3", "9", "Karimov C", "2020-01-31", "5", ""),
            # The same row as the first: merged into it.
            ("SA01", "1", "1", "Karimov A", "2020-01-31", "5.50", "calls on Mondays"),
            # No number for the load: the account stands, the metering point does not.
            ("SA01", "4", "2", "Mill", "", "much", ""),
        ],
        [
            ("SA01", "1", "202601", "100.0000004", "60000", "0", "60000", "0"),
            ("SA01", "1", "202602", "90", "54000,5", "60000", "0", ""),
            # An account that the consumers do not know.
            ("SA01", "7", "202601", "10", "6000", "0", "6000", "100"),
        ],
    )
    (dump / "LETTERS.CSV").write_text("WHO;WHAT\r\nA;B\r\n", encoding="utf-8")
    protocol = migrate(settings, dump, profile=str(profile), by=BY)
    assert protocol.differing_count == 0
    consumers = {column: classes for (path, column), classes in ledger(settings).items() if path == "CONSUMERS.CSV"}
    assert consumers == {
        # Row 4 (account 3) is rejected whole; in row 6 the account carries RES although the point is rejected.
        "RES": {("carried", ""): 4, ("rejected", "CODE_UNKNOWN"): 1},
        "NUM": {("transformed", "account_number"): 4, ("rejected", "CODE_UNKNOWN"): 1},
        # The consumer class takes the old code as it stands, which is more than the list makes of it; not in row 6,
        # where only the account stands. In row 4 the reason is the unknown code, for which its point fell too.
        "KIND": {("carried", ""): 3, ("transformed", "code"): 1, ("rejected", "CODE_UNKNOWN"): 1},
        "NAME": {("carried", ""): 3, ("transformed", "text"): 1, ("rejected", "CODE_UNKNOWN"): 1},
        # Row 3 holds no day as the profile writes it; the blank of row 6 is carried as empty.
        "SINCE": {("carried", ""): 3, ("rejected", "BAD_DATE"): 1, ("rejected", "CODE_UNKNOWN"): 1},
        # 5.50 is carried as 5.5, the blank of row 3 as empty; account 3 fell, `much` is no number.
        "LOAD": {("carried", ""): 3, ("rejected", "ACCOUNT_REJECTED"): 1, ("rejected", "BAD_NUMBER"): 1},
        "NOTE": {("unused", "declared: a note for people"): 5},
    }
    charges = {column: classes for (path, column), classes in ledger(settings).items() if path == "CHARGES.CSV"}
    one_of_each = {("carried", ""): 1, ("rejected", "BAD_NUMBER"): 1, ("rejected", "NO_ACCOUNT"): 1}
    assert charges == {
        "RES": {("transformed", "account_number"): 1, ("rejected", "BAD_NUMBER"): 1, ("rejected", "NO_ACCOUNT"): 1},
        "NUM": {("transformed", "account_number"): 1, ("rejected", "BAD_NUMBER"): 1, ("rejected", "NO_ACCOUNT"): 1},
        "MONTH": one_of_each,
        # 100.0000004 is rounded to the millionth of a kWh that the book keeps.
        "KWH": {("transformed", "number"): 1, ("rejected", "BAD_NUMBER"): 1, ("rejected", "NO_ACCOUNT"): 1},
        "SUM": one_of_each,
        "PAID": one_of_each,
        "BALANCE": one_of_each,
        # January is the first month; the opening of February is not read.
        "OPENING": {
            ("transformed", "money"): 1,
            ("rejected", "NO_ACCOUNT"): 1,
            ("unused", "only in the rows with the smallest MONTH"): 1,
        },
    }
    letters = {column: classes for (path, column), classes in ledger(settings).items() if path == "LETTERS.CSV"}
    assert letters == {name: {("unused", "out of scope: letters are not energy"): 1} for name in ("WHO", "WHAT")}


def test_column_that_nobody_reads_or_declared_is_a_difference_named_by_file_and_column(
    settings: Settings, tmp_path: Path
) -> None:
    dump, profile = small_dump(tmp_path, [("SA01", "1", "1", "Karimov", "2020-01-31", "5", "x")], [])
    profile.write_text(PROFILE.replace("    unused: {NOTE: a note for people}\n", ""), encoding="utf-8")
    assert migrate(settings, dump, profile=str(profile), by=BY).differing_count == 1
    with connect(settings, Role.LOADER) as session:
        assert session.execute(
            "SELECT unit, measure FROM migration.check_result WHERE status = 'differs'"
        ).fetchall() == [("CONSUMERS.CSV", "NOTE is read by a rule or declared unused")]
    assert ledger(settings)["CONSUMERS.CSV", "NOTE"] == {("unused", "UNDECLARED"): 1}


def test_unused_column_without_a_reason_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(PROFILE.replace("{NOTE: a note for people}", '{NOTE: ""}'), encoding="utf-8")
    with pytest.raises(Refusal, match=r'small\.yaml, line 10: the file "consumers": unused has "NOTE", which'):
        read_profile(str(path))


text_cells = st.sampled_from(["", " ", "SA01", "1", "02", "1", "2", "a  b", "Karimov", "с", "\\N", 'q"', "x\ty"])
number_cells = st.sampled_from(["", "1", "1.50", "-3", "0.0000001", "1,5", "***", "12345678901234567890", "00"])
date_cells = st.sampled_from(["", "2026-01-31", "2026-02-30", "00000000", "202601", "202602", "202613"])
any_cell = st.one_of(text_cells, number_cells, date_cells)


@pytest.mark.requirement("A52", "B49")
@given(
    st.lists(st.tuples(*[any_cell] * len(CONSUMERS)), max_size=8),
    st.lists(st.tuples(*[any_cell] * len(CHARGES)), max_size=8),
)
@how_often(
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],  # each example is a whole migration, too slow to be made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_classes_of_every_column_make_the_rows_of_its_file(
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    consumers: list[tuple[str, ...]],
    charges: list[tuple[str, ...]],
) -> None:
    # One consumer of a known RES, for whom the right to migrate is asked.
    known = ("SA01", "1", "1", "Karimov", "2020-01-31", "5", "")
    dump, profile = small_dump(tmp_path_factory.mktemp("chance"), [known, *consumers], charges)
    protocol = migrate(settings, dump, profile=str(profile), by=BY)
    counted = ledger(settings)
    with connect(settings, Role.LOADER) as session:
        files = session.execute(
            "SELECT path, row_count, columns FROM landing.file WHERE load_id = %s", [protocol.load_id]
        ).fetchall()
        # Every row arrived as it was sent, and every cell stands in one class; nothing else may differ either.
        assert not session.execute(
            "SELECT * FROM migration.check_result WHERE load_id = %s AND status = 'differs'", [protocol.load_id]
        ).fetchall()
    for path, row_count, columns in files:
        for column in columns:
            classes = counted.get((path, column), {})
            assert sum(classes.values()) == row_count, (path, column, classes)
            assert all(count > 0 for count in classes.values())
