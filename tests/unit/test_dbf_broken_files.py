"""Broken DBF files: a sentence for each, and nothing that can be read is lost."""

import datetime as dt
from pathlib import Path

import pytest

from operational_db.file_formats.code_pages import UndecodableCell
from operational_db.file_formats.dbf import DELETION_FLAG, DbfError, DbfField, read_columns, read_header, write_dbf

# 32 + 2 x 32 + 1 = 97 bytes of header, 1 + 6 + 4 = 11 bytes a record.
FIELDS = (DbfField("RAH", "C", 6), DbfField("KWH", "N", 4))
HEADER_LENGTH, RECORD_LENGTH = 97, 11


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Five records, 1/1 to 1/5 with 10 to 50 kWh."""
    path = tmp_path / "ABON.DBF"
    batch = {"RAH": [f"1/{number}" for number in range(1, 6)], "KWH": [number * 10 for number in range(1, 6)]}
    write_dbf(path, FIELDS, [batch], encoding="cp866", last_update=dt.date(2026, 1, 1))
    return path


def change(path: Path, offset: int, replacement: bytes) -> None:
    raw = bytearray(path.read_bytes())
    raw[offset : offset + len(replacement)] = replacement
    path.write_bytes(raw)


def cut(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])


def accounts(path: Path, **how: bool) -> list[str]:
    return [account for batch in read_columns(path, "cp866", **how) for account in batch.text["RAH"].to_pylist()]


def test_a_file_cut_off_in_a_record_is_refused_and_its_whole_records_stay_readable(table: Path) -> None:
    cut(table, HEADER_LENGTH + 3 * RECORD_LENGTH + 5)
    header = read_header(table)
    assert (header.declared_records, header.whole_records, header.is_truncated) == (5, 3, True)
    with pytest.raises(DbfError, match=r"ABON\.DBF is cut off: its header declares 5 records, the file holds 3 whole"):
        accounts(table)
    assert accounts(table, allow_truncated=True) == ["1/1", "1/2", "1/3"]


def test_an_end_mark_before_the_last_declared_record_is_a_cut_too(table: Path) -> None:
    change(table, HEADER_LENGTH + 2 * RECORD_LENGTH, b"\x1a")
    with pytest.raises(DbfError, match="declares 5 records, the mark of the end stands behind record 2"):
        accounts(table)
    assert accounts(table, allow_truncated=True) == ["1/1", "1/2"]


def test_records_behind_the_declared_number_are_read_until_something_is_no_record(table: Path) -> None:
    change(table, 4, b"\x02")
    assert accounts(table) == ["1/1", "1/2", "1/3", "1/4", "1/5"]
    change(table, HEADER_LENGTH + 3 * RECORD_LENGTH, b"\x00")
    assert accounts(table) == ["1/1", "1/2", "1/3"]


def test_a_record_with_a_wrong_deletion_flag_is_kept_and_named(table: Path) -> None:
    change(table, HEADER_LENGTH + 2 * RECORD_LENGTH, b"7")
    (batch,) = read_columns(table, "cp866")
    assert len(batch) == 5
    assert batch.undecodable == (UndecodableCell(3, DELETION_FLAG),)


def test_a_byte_without_a_letter_is_marked_in_its_cell_and_only_there(table: Path) -> None:
    # 0x98 is the one byte that windows-1251 leaves free; the second record begins 11 bytes after the header.
    change(table, HEADER_LENGTH + RECORD_LENGTH + 1, b"\xc0\x98\xc1")
    (batch,) = read_columns(table, "cp1251")
    assert batch.text["RAH"].to_pylist() == ["1/1", r"А\x98Б", "1/3", "1/4", "1/5"]
    assert batch.undecodable == (UndecodableCell(2, "RAH"),)


def test_a_zero_byte_inside_a_cell_is_marked_because_postgresql_cannot_hold_it(table: Path) -> None:
    change(table, HEADER_LENGTH + 1, b"1\x002\x00\x00\x00")
    (batch,) = read_columns(table, "cp866")
    assert batch.text["RAH"][0].as_py() == r"1\x002"
    assert batch.undecodable == (UndecodableCell(1, "RAH"),)


def test_row_numbers_go_on_over_batches(table: Path) -> None:
    change(table, HEADER_LENGTH + 4 * RECORD_LENGTH + 1, b"\x98")
    batches = list(read_columns(table, "cp1251", batch_rows=2))
    assert [batch.row_no.tolist() for batch in batches] == [[1, 2], [3, 4], [5]]
    assert [cell.row_no for batch in batches for cell in batch.undecodable] == [5]


def test_text_in_an_encoding_of_several_bytes_is_read_cell_by_cell(table: Path) -> None:
    change(table, HEADER_LENGTH + 1, "жз".encode())
    change(table, HEADER_LENGTH + RECORD_LENGTH + 1, b"\xd0\x20")
    (batch,) = read_columns(table, "utf-8")
    # The second cell was "1/2": its first byte now begins a letter that a blank does not end.
    assert batch.text["RAH"].to_pylist()[:2] == ["жз", r"\xd0 2"]
    assert batch.undecodable == (UndecodableCell(2, "RAH"),)


def test_two_columns_of_one_name_are_told_apart(table: Path) -> None:
    change(table, 32 + 32, b"RAH")
    (batch,) = read_columns(table, "cp866")
    assert list(batch.text) == ["RAH", "RAH_2"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"is empty \(0 bytes\), so it is not a DBF table; ask for the file again"),
        (b"RAH;KWH\r\n1/1;10\r\n" * 5, "is not a DBF table this program reads: its first byte is 0x52"),
        (b"\x03\x7e\x01\x01", r"is cut off inside its header \(4 bytes\)"),
        (b"\x03" + b"\0" * 40, "is not a DBF table: its header claims a header of 0 and records of 0 bytes"),
    ],
    ids=["empty", "text", "four bytes", "zeros"],
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "ABON.DBF"
    path.write_bytes(content)
    with pytest.raises(DbfError, match=rf"ABON\.DBF {sentence}"):
        list(read_columns(path, "cp866"))


def test_a_header_cut_off_or_without_end_is_refused(table: Path) -> None:
    whole = table.read_bytes()
    cut(table, 60)
    with pytest.raises(DbfError, match="is cut off inside its header: 97 bytes are declared, 60 are there"):
        read_header(table)
    table.write_bytes(whole)
    change(table, HEADER_LENGTH - 1, b" ")
    with pytest.raises(DbfError, match="its list of columns has no end"):
        read_header(table)


def test_columns_wider_than_a_record_are_refused(table: Path) -> None:
    change(table, 10, b"\x08")
    with pytest.raises(DbfError, match="its columns take 11 bytes, a record has 8"):
        read_header(table)


def test_a_type_that_is_unknown_is_refused_by_its_column(table: Path) -> None:
    change(table, 32 + 11, b"Z")
    with pytest.raises(DbfError, match="column RAH has type 'Z' of 6 bytes, which this program cannot read"):
        accounts(table)


def test_an_encoding_that_does_not_exist_is_refused_in_one_sentence(table: Path) -> None:
    with pytest.raises(DbfError, match=r"ABON\.DBF: encoding 'dos' is not known; name cp866, cp1251 or utf-8"):
        list(read_columns(table, "dos"))


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DbfError, match=r"ABON\.DBF cannot be read: No such file or directory; check the name"):
        read_header(tmp_path / "ABON.DBF")
    with pytest.raises(DbfError, match="cannot be read: Is a directory"):
        read_header(tmp_path)


def test_a_text_column_longer_than_255_bytes_keeps_its_high_byte_with_the_decimals(table: Path) -> None:
    # 300 = 1 x 256 + 44, as Clipper writes it; a record is then 1 + 300 + 4 bytes long: 305 = 0x0131.
    change(table, 32 + 16, bytes([44, 1]))
    change(table, 10, bytes([0x31, 0x01]))
    table.write_bytes(table.read_bytes()[:HEADER_LENGTH] + b" " + b"x" * 300 + b"  70" + b"\x1a")
    change(table, 4, b"\x01")
    (batch,) = read_columns(table, "cp866")
    assert (batch.text["RAH"].to_pylist(), batch.text["KWH"].to_pylist()) == (["x" * 300], ["70"])
