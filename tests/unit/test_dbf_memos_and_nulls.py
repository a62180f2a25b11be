"""Memo files of three programs, Visual FoxPro's own types and null flags, a record cut off: bytes laid out by hand."""

import datetime as dt
import struct
from decimal import Decimal
from pathlib import Path

import pytest

from operational_db.file_formats.code_pages import UndecodableCell
from operational_db.file_formats.dbf import DbfError, DbfField, read_columns, read_header, typed_column, write_dbf
from operational_db.file_formats.dbf.reading import CutRow

VISUAL_FOXPRO, FOXPRO_2, DBASE_III, DBASE_IV = 0x32, 0xF5, 0x83, 0x8B
NULLABLE, SYSTEM = 0x02, 0x01


def table(path: Path, version: int, fields: list[tuple[str, str, int, int]], records: list[bytes]) -> Path:
    """A table of columns (name, type, length, flags) and records without their mark."""
    record_length = 1 + sum(length for _, _, length, _ in fields)
    header_length = 32 + 32 * len(fields) + 1
    head = struct.pack("<BBBBLHH20x", version, 126, 1, 1, len(records), header_length, record_length)
    described = b"".join(
        struct.pack("<11sc4xBBB13x", name.encode(), kind.encode(), length, 0, flags)
        for name, kind, length, flags in fields
    )
    path.write_bytes(head + described + b"\r" + b"".join(b" " + record for record in records) + b"\x1a")
    return path


def test_visual_foxpros_own_types_are_text_and_values(tmp_path: Path) -> None:
    # 2026-03-01 is Julian day 2,440,588 + 20,513 days since 1970 = 2,461,101; 06:30 is 23,400,000 ms of the day.
    path = table(
        tmp_path / "LICH.DBF",
        VISUAL_FOXPRO,
        [("NUM", "I", 4, 0), ("KTT", "B", 8, 0), ("SUMA", "Y", 8, 0), ("KOLI", "T", 8, 0)],
        [struct.pack("<idqLL", -7, 0.5, 12_345_678, 2_461_101, 23_400_000)],
    )
    (batch,) = read_columns(path, "cp1251")
    assert {name: column[0].as_py() for name, column in batch.text.items()} == {
        "NUM": "-7", "KTT": "0.5", "SUMA": "1234.5678", "KOLI": "2026-03-01T06:30:00.000",
    }  # fmt: skip
    values = [typed_column(batch.text[field.name], field).values[0] for field in read_header(path).fields]
    assert values == [-7, 0.5, Decimal("1234.5678"), dt.datetime(2026, 3, 1, 6, 30)]  # noqa: DTZ001 - the file knows no zone


def test_a_null_is_blank_and_never_a_zero(tmp_path: Path) -> None:
    # Bits in the order of columns: NUM null = 1, NAZVA short = 2, NAZVA null = 4, SUMA null = 8; RAH has none.
    fields = [
        ("RAH", "C", 3, 0), ("NUM", "I", 4, NULLABLE), ("NAZVA", "V", 6, NULLABLE), ("SUMA", "Y", 8, NULLABLE),
        ("_NullFlags", "0", 1, SYSTEM),
    ]  # fmt: skip
    path = table(
        tmp_path / "ABON.DBF",
        VISUAL_FOXPRO,
        fields,
        [
            b"1/1" + struct.pack("<i", 0) + b"\xe0\xe1   \x02" + struct.pack("<q", 0) + bytes([2]),  # "аб", 2 letters
            b"1/2" + struct.pack("<i", 0) + b"abcdef" + struct.pack("<q", 0) + bytes([1 | 8]),  # full; NUM, SUMA null
            b"1/3" + struct.pack("<i", 5) + b"\0" * 6 + struct.pack("<q", 10_000) + bytes([2 | 4]),  # NAZVA null
        ],
    )
    (batch,) = read_columns(path, "cp1251")
    assert batch.text["NUM"].to_pylist() == ["0", "", "5"]
    assert batch.text["NAZVA"].to_pylist() == ["аб", "abcdef", ""]
    assert batch.text["SUMA"].to_pylist() == ["0.0000", "", "1.0000"]
    assert batch.undecodable == ()
    assert typed_column(batch.text["NUM"], DbfField("NUM", "I", 4)).values == [0, None, 5]


def test_a_varbinary_is_hex_of_its_length(tmp_path: Path) -> None:
    fields = [("KEY", "Q", 4, 0), ("_NullFlags", "0", 1, SYSTEM)]
    path = table(tmp_path / "A.DBF", VISUAL_FOXPRO, fields, [b"\x00\xff\x00\x02\x01", b"\x01\x02\x03\x04\x00"])
    (batch,) = read_columns(path, "cp1251")
    assert batch.text["KEY"].to_pylist() == ["00ff", "01020304"]


def test_memos_of_foxpro_come_back_and_a_cut_one_is_named_with_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "DOGOVOR.DBF"
    fields = (DbfField("NOM", "C", 4), DbfField("PRIM", "M", 10))
    long = "Договор продлён на год. " * 20  # 480 letters: eight blocks of 64 bytes
    batch = {"NOM": ["1", "2", "3", "4"], "PRIM": ["опломбирован", "", None, long]}
    write_dbf(path, fields, [batch], encoding="cp866", last_update=dt.date(2026, 1, 1))
    assert read_header(path).version == FOXPRO_2
    (read,) = read_columns(path, "cp866")
    assert read.text["PRIM"].to_pylist() == ["опломбирован", "", "", long]
    assert read.undecodable == ()

    memo_file = path.with_suffix(".FPT")
    # Header 512 (8 blocks), the first memo one block, the long one begins at 9 x 64 = 576; 8 bytes of head, 100 left.
    memo_file.write_bytes(memo_file.read_bytes()[: 576 + 8 + 100])
    (read,) = read_columns(path, "cp866")
    assert read.text["PRIM"].to_pylist() == ["опломбирован", "", "", long[:100]]
    assert read.undecodable == (UndecodableCell(4, "PRIM"),)


@pytest.mark.parametrize("name", ["abon.fpt", "ABON.FPT", "Abon.Fpt"])
def test_a_memo_file_is_found_whatever_the_case_of_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ABON.DBF"
    write_dbf(path, (DbfField("A", "M", 10),), [{"A": ["x"]}], encoding="cp866", last_update=dt.date(2026, 1, 1))
    path.with_suffix(".FPT").rename(tmp_path / name)
    assert [batch.text["A"].to_pylist() for batch in read_columns(path, "cp866")] == [["x"]]


def test_memos_of_dbase_three_end_at_their_mark(tmp_path: Path) -> None:
    path = table(tmp_path / "A.DBF", DBASE_III, [("M", "M", 10, 0)], [b"         1", b"         3", b" " * 10])
    # Blocks of 512: the first memo takes two of them.
    first, second = b"x" * 600 + b"\x1a\x1a", "борг".encode("cp866")
    path.with_suffix(".DBT").write_bytes(b"\0" * 512 + first.ljust(1024, b"\0") + second + b"\x1a")
    (batch,) = read_columns(path, "cp866")
    assert batch.text["M"].to_pylist() == ["x" * 600, "борг", ""]
    path.with_suffix(".DBT").write_bytes(b"\0" * 512 + first.ljust(1024, b"\0") + second)
    (batch,) = read_columns(path, "cp866")
    assert (batch.text["M"][1].as_py(), batch.undecodable) == ("борг", (UndecodableCell(2, "M"),))


def test_memos_of_dbase_four_are_as_long_as_they_say(tmp_path: Path) -> None:
    path = table(tmp_path / "A.DBF", DBASE_IV, [("M", "M", 10, 0)], [b"         1", b"         2"])
    # The length counts the 8 bytes in front of the text; a block is 256 bytes here.
    head = bytearray(256)
    head[20:22] = (256).to_bytes(2, "little")
    memo = b"\xff\xff\x08\x00" + (8 + 4).to_bytes(4, "little") + "борг".encode("cp866")
    path.with_suffix(".DBT").write_bytes(bytes(head) + memo.ljust(256, b"~") + memo[:10])
    (batch,) = read_columns(path, "cp866")
    assert batch.text["M"].to_pylist() == ["борг", "бо"]
    assert batch.undecodable == (UndecodableCell(2, "M"),)


def test_a_reference_behind_the_end_of_the_memo_file_is_named(tmp_path: Path) -> None:
    path = table(tmp_path / "A.DBF", DBASE_III, [("M", "M", 10, 0)], [b"       999", b"    x     "])
    path.with_suffix(".DBT").write_bytes(b"\0" * 512)
    (batch,) = read_columns(path, "cp866")
    assert batch.text["M"].to_pylist() == ["", ""]
    assert [cell.row_no for cell in batch.undecodable] == [1, 2]


def test_a_cut_last_record_keeps_its_whole_cells_and_is_named(tmp_path: Path) -> None:
    path = tmp_path / "A.DBF"
    fields = (DbfField("RAH", "C", 6), DbfField("KWH", "N", 4))
    write_dbf(
        path, fields, [{"RAH": ["1/1", "1/2"], "KWH": [10, 2000]}], encoding="cp866", last_update=dt.date(2026, 1, 1)
    )
    whole = path.read_bytes()
    # Header 97; the second record begins at 108 and has 1 + 6 + 4 bytes: with two bytes less KWH is "20", no figure.
    path.write_bytes(whole[: 108 + 1 + 6 + 2])
    with pytest.raises(DbfError, match="declares 2 records, the file holds 1 whole"):
        list(read_columns(path, "cp866"))
    first, cut = read_columns(path, "cp866", keep_cut_record=True)
    assert (first.text["KWH"].to_pylist(), first.cut_row) == (["10"], None)
    assert (cut.row_no.tolist(), cut.text["RAH"].to_pylist(), cut.text["KWH"].to_pylist()) == ([2], ["1/2"], [""])
    assert cut.cut_row == CutRow(2, 1)
    # Nothing left of the second record, with and without a mark of the end in its place.
    for tail in (b"", b"\x1a"):
        path.write_bytes(whole[:108] + tail)
        _, cut = read_columns(path, "cp866", keep_cut_record=True)
        assert (cut.text["RAH"].to_pylist(), cut.cut_row) == ([""], CutRow(2, 0))
    # Two records missing are no cut in the last one: the file is asked for again.
    path.write_bytes(whole[:97])
    with pytest.raises(DbfError, match="declares 2 records, the file holds 0 whole"):
        list(read_columns(path, "cp866", keep_cut_record=True))
