"""What is written as DBF comes back, from our reader and from dbfread alike."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import dbfread
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operational_db.file_formats.code_pages import UKRAINIAN_FOR_CP866, UZBEK_FOR_CP866, ukrainian_for_cp866
from operational_db.file_formats.dbf import (
    DELETION_FLAG,
    DbfError,
    DbfField,
    ScaledIntegers,
    read_columns,
    read_header,
    typed_column,
    write_dbf,
)

WRITTEN_ON = dt.date(2026, 3, 31)
FIELDS = (
    DbfField("RAH", "C", 12),
    DbfField("SUMA", "N", 14, 2),
    DbfField("KWH", "N", 9),
    DbfField("DATA", "D", 8),
    DbfField("ARH", "L", 1),
)


def letters_of(encoding: str) -> st.SearchStrategy[str]:
    """Every letter that the encoding has; blanks and zero bytes at the end are padding, so they are not tried."""
    every = [bytes([byte]).decode(encoding, "ignore") for byte in range(1, 256)]
    text = st.text([letter for letter in every if letter], max_size=12)
    return text.filter(lambda value: value == value.rstrip(" \0"))


def rows_in(encoding: str) -> st.SearchStrategy[list[tuple[object, ...]]]:
    return st.lists(
        st.tuples(
            letters_of(encoding),
            # 14 characters: a sign, 10 digits, a point, 2 decimals.
            st.none() | st.decimals(Decimal("-9999999999.99"), Decimal("99999999999.99"), places=2),
            st.none() | st.integers(-99_999_999, 999_999_999),
            st.none() | st.dates(dt.date(1000, 1, 1)),
            st.none() | st.booleans(),
            st.booleans(),
        ),
        max_size=20,
    )


def as_batch(rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    names = [*(field.name for field in FIELDS), DELETION_FLAG]
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}


def read_back(path: Path, encoding: str, fields: Sequence[DbfField] = FIELDS) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for batch in read_columns(path, encoding, batch_rows=3):
        assert batch.undecodable == ()
        columns = [typed_column(batch.text[field.name], field).values for field in fields]
        rows += zip(*columns, batch.deleted.tolist(), strict=True)
    return rows


@pytest.mark.parametrize("encoding", ["cp866", "cp1251"])
def test_every_letter_number_and_date_comes_back(tmp_path: Path, encoding: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows_in(encoding))
    def comes_back(rows: list[tuple[object, ...]]) -> None:
        path = tmp_path / "table.dbf"
        batches = [as_batch(rows[:7]), as_batch(rows[7:])]
        assert write_dbf(path, FIELDS, batches, encoding=encoding, last_update=WRITTEN_ON) == len(rows)
        assert read_back(path, encoding) == rows

        table = dbfread.DBF(str(path), encoding=encoding, load=True)
        live = [list(record.values()) for record in table.records]
        assert [[str(cell) for cell in row[:1]] + row[2:] for row in live] == [
            [row[0], *row[2:5]] for row in rows if not row[5]
        ]
        assert len(table.deleted) == sum(bool(row[5]) for row in rows)

    comes_back()


def test_a_record_lies_in_the_file_as_dbase_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "table.dbf"
    batch = {"RAH": ["12/ж"], "SUMA": [Decimal("-0.5")], "KWH": [7], "DATA": [dt.date(2026, 2, 1)], "ARH": [True]}
    write_dbf(path, FIELDS, [batch], encoding="cp866", language_byte=0x65, last_update=WRITTEN_ON)

    raw = path.read_bytes()
    # 32 bytes, 5 columns of 32 bytes, a terminator: 32 + 5 x 32 + 1 = 193; a record: 1 + 12 + 14 + 9 + 8 + 1 = 45.
    assert raw[:12] == bytes([0x03, 126, 3, 31, 1, 0, 0, 0, 193, 0, 45, 0])
    assert raw[29] == 0x65
    # ж is 0xA6 in cp866; the amount has its zero before the point and its sign before that.
    assert raw[193:] == b" 12/\xa6" + b" " * 8 + b" " * 9 + b"-0.50" + b" " * 8 + b"7" + b"20260201" + b"T" + b"\x1a"


def test_the_same_rows_give_the_same_bytes_however_they_are_batched(tmp_path: Path) -> None:
    rows = [(str(number), Decimal(number) / 4, number, WRITTEN_ON, None, False) for number in range(50)]
    one, many = tmp_path / "one.dbf", tmp_path / "many.dbf"
    write_dbf(one, FIELDS, [as_batch(rows)], encoding="cp866", last_update=WRITTEN_ON)
    write_dbf(many, FIELDS, [as_batch([row]) for row in rows], encoding="cp866", last_update=WRITTEN_ON)
    assert one.read_bytes() == many.read_bytes()


@pytest.mark.parametrize(
    "column",
    [
        [Decimal("12.5"), Decimal("-3")],
        ScaledIntegers(np.array([125, -30]), 1),
        pa.array([Decimal("12.50"), Decimal("-3.00")]),
        ["12.50", "-3.00"],
    ],
    ids=["decimals", "scaled integers", "arrow", "text"],
)
def test_every_exact_kind_of_number_is_written_alike(tmp_path: Path, column: object) -> None:
    path = tmp_path / "table.dbf"
    write_dbf(path, [DbfField("S", "N", 8, 2)], [{"S": column}], encoding="cp866", last_update=WRITTEN_ON)
    (batch,) = read_columns(path, "cp866")
    assert batch.text["S"].to_pylist() == ["12.50", "-3.00"]


def test_text_is_written_as_it_stands_into_any_column_so_that_faults_can_be_planted(tmp_path: Path) -> None:
    path = tmp_path / "table.dbf"
    batch = {"RAH": ["1"] * 3, "SUMA": ["12,50", "***", ""], "KWH": [1] * 3, "DATA": ["00000000", "20261399", ""]}
    write_dbf(path, FIELDS, [batch | {"ARH": [None] * 3}], encoding="cp866", last_update=WRITTEN_ON)
    (read,) = read_columns(path, "cp866")
    assert read.text["SUMA"].to_pylist() == ["12,50", "***", ""]
    assert read.text["DATA"].to_pylist() == ["00000000", "20261399", ""]
    assert typed_column(read.text["SUMA"], FIELDS[1]).values == [Decimal("12.50"), None, None]
    assert typed_column(read.text["DATA"], FIELDS[3]).bad == (1,)


@pytest.mark.parametrize(
    ("replacements", "text", "written"),
    [
        (UKRAINIAN_FOR_CP866, "Іваненко Київ’я", "Iваненко Київ'я"),
        (UZBEK_FOR_CP866, "Қодиров Ғайрат Ҳошим ўғли", "Кодиров Гайрат Хошим ўгли"),
        ({}, "Қодиров", "?одиров"),
    ],
)
def test_letters_that_cp866_lacks_are_replaced_as_old_programs_did(
    tmp_path: Path, replacements: Mapping[str, str], text: str, written: str
) -> None:
    path = tmp_path / "table.dbf"
    write_dbf(
        path,
        [DbfField("FIO", "C", 30)],
        [{"FIO": [text]}],
        encoding="cp866",
        last_update=WRITTEN_ON,
        errors="replace",
        letters=replacements,
    )
    (batch,) = read_columns(path, "cp866")
    assert batch.text["FIO"].to_pylist() == [written]


def test_ukrainian_letters_for_cp866_keep_those_that_it_has() -> None:
    assert ukrainian_for_cp866("ґанок їжак є і") == "ганок їжак є i"


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ({"RAH": ["1234567890123"]}, "record 1, column RAH, value '1234567890123': it has 13 letters, the column 12"),
        ({"RAH": ["Қ"]}, "record 1, column RAH, value 'Қ': the letter 'Қ' is not in cp866"),
        ({"SUMA": [Decimal("0.005")]}, "column SUMA: a value has more than 2 decimals"),
        ({"SUMA": [0.5]}, "column SUMA: its type N cannot take values of type double"),
        ({"KWH": [1_000_000_000]}, "record 1, column KWH, value 1000000000: it does not fit into 9 characters"),
        ({"KWH": [-100_000_000]}, "record 1, column KWH, value -100000000: it does not fit into 9 characters"),
        ({"DATA": [dt.date(999, 1, 1)]}, "record 1, column DATA, value '0999-01-01': a year has four digits"),
        ({"KWH": [1, 2]}, r"columns of one batch have lengths \[1, 2\]"),
        ({"KVT": [1]}, r"columns missing \[\], unknown \['KVT'\]"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_no_file_appears(
    tmp_path: Path, column: dict[str, object], rule: str
) -> None:
    path = tmp_path / "table.dbf"
    batch = as_batch([("1", Decimal(1), 1, WRITTEN_ON, None, False)]) | column
    with pytest.raises(DbfError, match=rule):
        write_dbf(path, FIELDS, [batch], encoding="cp866", last_update=WRITTEN_ON)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        (DbfField("ABONENTSKIY", "C", 5), "1 to 10 ASCII characters"),
        (DbfField("ПЛОЩА", "C", 5), "1 to 10 ASCII characters"),
        (DbfField("MEMO", "G", 10), "type G is not one of"),
        (DbfField("FIO", "C", 255), "its length 255 is not between 1 and 254"),
        (DbfField("SUMA", "N", 3, 2), "2 decimals do not fit into 3 characters of type N"),
    ],
)
def test_a_column_that_dbase_iii_has_not_is_refused(tmp_path: Path, field: DbfField, rule: str) -> None:
    with pytest.raises(DbfError, match=rule):
        write_dbf(tmp_path / "table.dbf", [field], [], encoding="cp866", last_update=WRITTEN_ON)


def test_a_folder_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "table.dbf"
    with pytest.raises(DbfError, match=r"cannot be written: No such file or directory; check the folder"):
        write_dbf(path, FIELDS, [], encoding="cp866", last_update=WRITTEN_ON)


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "table.dbf"
    write_dbf(path, FIELDS, [], encoding="cp866", last_update=WRITTEN_ON)
    header = read_header(path)
    assert (header.declared_records, header.whole_records, header.last_update) == (0, 0, WRITTEN_ON)
    assert list(read_columns(path, "cp866")) == []
