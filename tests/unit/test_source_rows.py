"""The rows of a dump as a migration team describes them: fixed width, workbooks with totals, encodings by letters."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from legacy_migration.encodings import encoding_of
from legacy_migration.profile import FileRule, read_profile
from legacy_migration.source_rows import columns_of, read_rows
from operational_db.file_formats.dbf import DbfField, write_dbf
from operational_db.refusal import Refusal

PROFILE = """
profile: strange
title: A dump nobody has seen
files:
  thing:
    path: "{path}"
{keys}
    rows:
      - to: opening_balance
        fields:
          account_no: {{text: "{account}"}}
          year_of_origin: {{constant: "2025"}}
          debit_minor: {{money: "{debit}"}}
          credit_minor: {{constant: "0"}}
"""
NAMES = ["Каримов Шухрат Азизович", "Юсупова Гулнора Бахтиёр кизи", "Щербакова Эльвира Юрьевна", "Мирзаева Дилфуза"]


def described(folder: Path, path: Path, keys: str, account: str = "RAH", debit: str = "DEB") -> FileRule:
    profile = folder / "strange.yaml"
    indented = "\n".join("    " + line for line in keys.strip().splitlines())
    profile.write_text(PROFILE.format(path=path.name, keys=indented, account=account, debit=debit), encoding="utf-8")
    return read_profile(str(profile)).file("thing")


def rows_of(path: Path, rule: FileRule) -> list[dict[str, str]]:
    rows = []
    for batch in read_rows(path, rule):
        for index, row_no in enumerate(batch.row_no.tolist()):
            rows.append({"": str(row_no)} | {name: cells[index].as_py() for name, cells in batch.text.items()})
    return rows


def test_a_register_of_fixed_width(tmp_path: Path) -> None:
    path = tmp_path / "bank.txt"
    path.write_bytes("REESTR 7\n12/345    150.00Каримов\n1/7         0.01\n".encode("cp866"))
    keys = """
format: fixed_width
encoding: cp866
first_row: 2
trimmed: true
places: {RAH: [1, 6], DEB: [7, 10], FIO: [17, 20]}
"""
    rule = described(tmp_path, path, keys)
    assert columns_of(path, rule) == ("RAH", "DEB", "FIO")
    assert rows_of(path, rule) == [
        {"": "2", "RAH": "12/345", "DEB": "    150.00", "FIO": "Каримов"},
        {"": "3", "RAH": "1/7", "DEB": "      0.01", "FIO": ""},
    ]


def workbook(path: Path, totals: tuple[object, object, object]) -> None:
    """Two houses with a total each, then the total of all; debts of 100.10 + 200 and 50, in a column of text too."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Сальдо на 01.01.2026"])
    sheet.append([])
    sheet.append(["Счет", "Сальдо", None])
    sheet.append([None, "Дебет", "Кредит"])
    for row in (["1/1", 100.10, "0"], ["1/2", "200,00", 5], ["ИТОГО дом 1", totals[0], 5], ["2/1", 50, 0]):
        sheet.append(row)
    sheet.append(["Итого дом 2", totals[1], "0"])
    sheet.append(["Всего по РЭС", totals[2], 5])
    sheet.merge_cells("A3:A4")
    sheet.merge_cells("B3:C3")
    book.save(path)


TOTALS = """
format: spreadsheet
head_rows: [3, 4]
decimal: ","
sums: ["Сальдо / Кредит"]
totals: {column: Счет, starts_with: [Итого, Всего], groups: [Итого]}
"""


def test_totals_are_taken_out_and_proved(tmp_path: Path) -> None:
    path = tmp_path / "saldo.xlsx"
    # 100.10 + 200.00 = 300.10; 50.00; 300.10 + 50.00 = 350.10.
    workbook(path, (300.10, 50, 350.10))
    rule = described(tmp_path, path, TOTALS, account="Счет", debit="Сальдо / Дебет")
    assert columns_of(path, rule) == ("Счет", "Сальдо / Дебет", "Сальдо / Кредит", "SHEET")
    (batch,) = read_rows(path, rule)
    assert batch.row_no.tolist() == [5, 6, 8]
    assert batch.text["Сальдо / Дебет"].to_pylist() == ["100,1", "200,00", "50"]
    found = [
        (row.row_no, row.label, row.row_count, cell.column, cell.stated, cell.summed)
        for row in batch.totals
        for cell in row.cells
        if cell.column == "Сальдо / Дебет"
    ]
    assert found == [
        (7, "ИТОГО дом 1", 2, "Сальдо / Дебет", Decimal("300.1"), Decimal("300.1")),
        (9, "Итого дом 2", 1, "Сальдо / Дебет", Decimal(50), Decimal(50)),
        (10, "Всего по РЭС", 3, "Сальдо / Дебет", Decimal("350.1"), Decimal("350.1")),
    ]


def test_a_total_that_is_wrong_says_by_how_much(tmp_path: Path) -> None:
    path = tmp_path / "saldo.xlsx"
    workbook(path, (300.10, 50, 400))
    rule = described(tmp_path, path, TOTALS, account="Счет", debit="Сальдо / Дебет")
    (batch,) = read_rows(path, rule)
    (grand,) = [
        cell for row in batch.totals for cell in row.cells if row.row_no == 10 and cell.column.endswith("Дебет")
    ]
    # 400.00 stated, 350.10 there.
    assert grand.stated - grand.summed == Decimal("49.9")


def test_a_rule_of_totals_for_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saldo.xlsx"
    workbook(path, (1, 1, 1))
    rule = described(tmp_path, path, TOTALS.replace("column: Счет", "column: Номер"), account="Счет")
    with pytest.raises(
        Refusal, match=r"saldo\.xlsx has no column Номер, by which the profile knows total rows; it has Счет,"
    ):
        list(read_rows(path, rule))


FIELDS = (DbfField("RAH", "C", 6), DbfField("DEB", "N", 8, 2), DbfField("FIO", "C", 40), DbfField("PRIM", "C", 40))


def names_dbf(path: Path, names: str, remarks: str | None = None, language_byte: int = 0) -> None:
    """Forty rows; names in one encoding, remarks in another where it is given."""
    people = [NAMES[number % 4] for number in range(40)]
    batch = {"RAH": [f"1/{n}" for n in range(40)], "DEB": ["1.00"] * 40, "FIO": people, "PRIM": [""] * 40}
    if remarks:
        # One-byte pages are one another's bytes: written as what the bytes mean in the page of the file.
        batch["PRIM"] = [name.encode(remarks).decode(names) for name in people]
    write_dbf(path, FIELDS, [batch], encoding=names, language_byte=language_byte, last_update=date(2026, 1, 1))


@pytest.mark.requirement("A52", "B49")
@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "koi8-u"])
@pytest.mark.parametrize("language_byte", [0x00, 0x65, 0xC9, 0x57])
def test_detect_reads_a_table_whatever_its_language_byte_says(
    tmp_path: Path, encoding: str, language_byte: int
) -> None:
    path = tmp_path / "ABON.DBF"
    names_dbf(path, encoding, language_byte=language_byte)
    rule = described(tmp_path, path, "format: dbf\nencoding: detect")
    assert [row["FIO"] for row in rows_of(path, rule)][:4] == NAMES
    file, column = encoding_of(path, rule).evidence
    assert (file.column, file.encoding, file.how) == (None, encoding, "detected")
    # Letters of the four names, ten times: 21 + 25 + 23 + 15 (blanks left out).
    assert (column.column, column.letters) == ("FIO", 10 * (21 + 25 + 23 + 15))
    claimed = {0x65: "cp866", 0xC9: "cp1251", 0x57: "cp1252"}.get(language_byte)
    if claimed is None:
        assert "the language byte is zero and says nothing" in file.evidence
    elif claimed == encoding:
        assert f"says {encoding} too" in file.evidence
    else:
        assert f"says {claimed} and is not believed" in file.evidence


@pytest.mark.requirement("A52", "B49")
def test_detect_reads_one_column_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "ABON.DBF"
    names_dbf(path, "cp866", remarks="cp1251")
    rule = described(tmp_path, path, "format: dbf\nencoding: detect")
    assert encoding_of(path, rule).of("PRIM") == "cp1251"
    assert all(row["FIO"] == row["PRIM"] for row in rows_of(path, rule))


@pytest.mark.requirement("A52", "B49")
def test_a_column_that_contradicts_the_profile_is_refused_and_can_be_overruled(tmp_path: Path) -> None:
    path = tmp_path / "ABON.DBF"
    names_dbf(path, "cp866", remarks="cp1251")
    wrong = described(tmp_path, path, "format: dbf\nencoding: cp866")
    with pytest.raises(
        Refusal,
        match=r"The column PRIM of .*ABON.DBF is in cp1251, not in cp866 as the profile says: .* write "
        r"`encodings: \{PRIM: cp1251\}` for thing into the profile\.",
    ):
        rows_of(path, wrong)
    right = described(tmp_path, path, "format: dbf\nencoding: cp866\nencodings: {PRIM: cp1251}")
    assert all(row["FIO"] == row["PRIM"] for row in rows_of(path, right))


@pytest.mark.requirement("A52", "B49")
def test_a_file_that_contradicts_the_profile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ABON.DBF"
    names_dbf(path, "koi8-u")
    rule = described(tmp_path, path, "format: dbf\nencoding: cp1251")
    with pytest.raises(
        Refusal, match=r"ABON.DBF is in koi8-u, not in cp1251 as the profile says: its letters make words"
    ):
        rows_of(path, rule)


def test_detect_does_not_guess_from_a_few_letters(tmp_path: Path) -> None:
    path = tmp_path / "KAT.CSV"
    path.write_bytes("RAH;DEB\nЁж;1\n".encode("cp866"))
    rule = described(tmp_path, path, 'format: delimited\ndelimiter: ";"\nencoding: detect')
    with pytest.raises(Refusal, match=r"encoding of .*KAT.CSV cannot be told \(not enough letters: 2 outside ASCII"):
        columns_of(path, rule)
    path.write_bytes(b"RAH;DEB\n1/1;1\n")
    assert rows_of(path, rule) == [{"": "2", "RAH": "1/1", "DEB": "1"}]


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "koi8-u", "utf-8", "utf-8-sig", "utf-16"])
def test_detect_reads_names_of_columns_too(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    lines = ["Лицевой счет;Дебет;ФИО", *(f"1/{n};1;{name}" for n, name in enumerate(NAMES))]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    rule = described(
        tmp_path, path, 'format: delimited\ndelimiter: ";"\nencoding: detect', account="Лицевой счет", debit="Дебет"
    )
    assert columns_of(path, rule) == ("Лицевой счет", "Дебет", "ФИО")
    assert [row["ФИО"] for row in rows_of(path, rule)] == NAMES


def test_a_cut_record_is_a_row_with_too_few_cells(tmp_path: Path) -> None:
    path = tmp_path / "ABON.DBF"
    names_dbf(path, "cp866")
    # A record is 1 + 6 + 8 + 40 + 40 = 95 bytes; the last loses the mark of the end and half of its last column.
    path.write_bytes(path.read_bytes()[:-21])
    rule = described(tmp_path, path, "format: dbf\nencoding: cp866")
    batches = list(read_rows(path, rule))
    assert [len(batch.row_no) for batch in batches] == [39, 1]
    assert batches[1].ragged == {40: 3}


def test_a_table_without_its_memo_file_is_refused_unless_the_profile_allows_it(tmp_path: Path) -> None:
    path = tmp_path / "DOG.DBF"
    fields = (*FIELDS[:2], DbfField("PRIM", "M", 10))
    batch = {"RAH": ["1/1", "1/2"], "DEB": ["1", "2"], "PRIM": ["text", ""]}
    write_dbf(path, fields, [batch], encoding="cp866", last_update=date(2026, 1, 1))
    path.with_suffix(".FPT").unlink()
    rule = described(tmp_path, path, "format: dbf\nencoding: cp866")
    with pytest.raises(Refusal, match=r"DOG\.DBF has memo columns, its memo file .* is not beside it; ask for both"):
        rows_of(path, rule)
    rule = described(tmp_path, path, "format: dbf\nencoding: cp866\nmissing_memo: name_cells")
    (batch,) = read_rows(path, rule)
    assert batch.undecodable == {1: ["PRIM"]}
