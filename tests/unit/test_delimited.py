"""Delimited text: what is written comes back, and a faulty row is named instead of stopping the others."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operational_db.file_formats.code_pages import UndecodableCell
from operational_db.file_formats.delimited import (
    DelimitedError,
    RaggedRow,
    read_delimited,
    read_heading,
    write_delimited,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "LEGAL.CSV"


def columns_of(path: Path, encoding: str = "cp1251", delimiter: str = ";") -> dict[str, list[str]]:
    (batch,) = read_delimited(path, encoding, delimiter)
    return {name: column.to_pylist() for name, column in batch.text.items()}


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_text_comes_back(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "table.csv"
    codec = "utf-8" if encoding == "utf-8" else encoding
    cell = st.text(st.characters(codec=codec, exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(cell, cell), max_size=8))
    def comes_back(rows: list[tuple[str, str]]) -> None:
        batches = [{"A": [a for a, _ in rows], "B": [b for _, b in rows]}]
        assert write_delimited(path, ["A", "B"], batches, encoding=encoding, delimiter=delimiter) == len(rows)
        batches = list(read_delimited(path, encoding, delimiter, batch_rows=3))
        read = [pair for batch in batches for pair in zip(*(c.to_pylist() for c in batch.text.values()), strict=True)]
        assert read == rows
        assert [number for batch in batches for number in batch.row_no.tolist()] == list(range(1, len(rows) + 1))
        assert not any(batch.ragged or batch.undecodable for batch in batches)

    comes_back()


def test_a_file_is_written_with_its_encoding_and_line_ends(file: Path) -> None:
    batch = {"NAME": ['ООО "Свет"', "А;Б"], "KVA": np.array([750, 10]), "TEL": pa.array([None, "1"])}
    write_delimited(file, ["NAME", "KVA", "TEL"], [batch], encoding="cp1251", delimiter=";")
    assert file.read_bytes().decode("cp1251") == 'NAME;KVA;TEL\r\n"ООО ""Свет""";750;\r\n"А;Б";10;1\r\n'


def test_quotation_marks_inside_a_name_stay(file: Path) -> None:
    file.write_text('NAME;INN\nООО "Свет";1\n', encoding="cp1251")
    assert columns_of(file) == {"NAME": ['ООО "Свет"'], "INN": ["1"]}


def test_blank_rows_are_counted_and_left_out(file: Path) -> None:
    file.write_text("A;B\n1;2\n\n3;4\n", encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", ";")
    assert batch.row_no.tolist() == [1, 3]


def test_a_row_with_too_many_or_too_few_cells_is_named_and_kept_whole(file: Path) -> None:
    file.write_text("A;B\n1;2\n3\n4;5;6\n7;8\n", encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", ";")
    assert batch.ragged == (RaggedRow(2, ("3",), 2), RaggedRow(3, ("4", "5", "6"), 2))
    assert batch.text["A"].to_pylist() == ["1", "3", "4", "7"]
    assert batch.text["B"].to_pylist() == ["2", "", "5", "8"]


def test_a_row_whose_quotation_marks_make_no_sense_is_one_cell(file: Path) -> None:
    file.write_text('A;B\n"Свет" ООО;2\n3;4\n"cut off', encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", ";")
    assert batch.ragged == (RaggedRow(1, ('"Свет" ООО;2',), 2), RaggedRow(3, ('"cut off',), 2))
    assert batch.text["A"].to_pylist() == ['"Свет" ООО;2', "3", '"cut off']


@pytest.mark.parametrize("tail", ["3;4\n", '3;4\n5;"6" \n'])
def test_a_quotation_mark_that_is_never_closed_is_refused_by_its_line(file: Path, tail: str) -> None:
    file.write_text(f'A;B\n1;2\n"Свет;2\n{tail}', encoding="cp1251")
    with pytest.raises(DelimitedError, match=r"LEGAL\.CSV: line 3 has a quotation mark that is not closed"):
        list(read_delimited(file, "cp1251", ";"))


def test_a_byte_without_a_letter_is_marked_in_its_cell(file: Path) -> None:
    # 0x98 is the one byte that windows-1251 leaves free; a zero byte cannot be kept by PostgreSQL.
    file.write_bytes(b"A;B\r\n\xc0\x98;1\r\n\xc1;\x002\r\n\xc2;3\r\n")
    (batch,) = read_delimited(file, "cp1251", ";")
    assert batch.text["A"].to_pylist() == [r"А\x98", "Б", "В"]
    assert batch.text["B"].to_pylist() == ["1", r"\x002", "3"]
    assert batch.undecodable == (UndecodableCell(1, "A"), UndecodableCell(2, "B"))


def test_a_windows_file_read_as_utf_8_is_marked_cell_by_cell(file: Path) -> None:
    file.write_bytes("A;B\nСвет;1\n".encode("cp1251"))
    (batch,) = read_delimited(file, "utf-8", ";")
    assert batch.text["A"].to_pylist() == [r"\xd1\xe2\xe5\xf2"]
    assert batch.undecodable == (UndecodableCell(1, "A"),)


def test_a_byte_order_mark_is_not_part_of_the_first_name(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfA;B\n1;2\n")
    assert read_heading(file, "utf-8", ";") == ("A", "B")


def test_columns_without_a_name_or_with_that_of_another_are_told_apart(file: Path) -> None:
    file.write_text("A; B ;A;\n1;2;3;4\n", encoding="cp1251")
    assert columns_of(file) == {"A": ["1"], "B": ["2"], "A_2": ["3"], "column_4": ["4"]}


def test_a_file_without_a_heading_takes_the_names_that_are_given(file: Path) -> None:
    file.write_text("1;2\n", encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", ";", columns=["A", "B"])
    assert (batch.row_no.tolist(), batch.text["B"].to_pylist()) == ([1], ["2"])


def test_a_separator_may_have_several_letters(file: Path) -> None:
    file.write_text('A~|~B\n"1~|~2\n\n3\n', encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", "~|~")
    assert {name: column.to_pylist() for name, column in batch.text.items()} == {"A": ['"1', "3"], "B": ["2", ""]}
    assert (batch.row_no.tolist(), batch.ragged) == ([1, 3], (RaggedRow(3, ("3",), 2),))


def test_quotation_marks_may_be_letters_like_others(file: Path) -> None:
    file.write_text('NAME;INN\n"Свет" ООО;1\n"Нур;2\n', encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", ";", quote=None)
    assert batch.text["NAME"].to_pylist() == ['"Свет" ООО', '"Нур']
    assert batch.ragged == ()
    file.write_text("NAME;INN\n'А;Б';1\n", encoding="cp1251")
    (batch,) = read_delimited(file, "cp1251", ";", quote="'")
    assert batch.text["NAME"].to_pylist() == ["А;Б"]


def test_one_column_may_be_in_another_encoding(file: Path) -> None:
    # The second column comes from another program; 0x98 is no letter of cp1251, which the rest is in.
    file.write_bytes(b"A;B\n" + "Борг".encode("cp1251") + b";" + "ШУХРАТ".encode("cp866") + b"\n\x98;1\n")
    (batch,) = read_delimited(file, "cp1251", ";", encodings={"B": "cp866"})
    assert batch.text["A"].to_pylist() == ["Борг", r"\x98"]
    assert batch.text["B"].to_pylist() == ["ШУХРАТ", "1"]
    assert batch.undecodable == (UndecodableCell(2, "A"),)


def test_a_file_of_two_bytes_a_letter_is_read_by_its_mark(file: Path) -> None:
    file.write_bytes("A;B\r\nқ;2\r\n".encode("utf-16"))
    assert columns_of(file, encoding="utf-16") == {"A": ["қ"], "B": ["2"]}


def test_a_cell_may_be_longer_than_python_allows_by_itself(file: Path) -> None:
    geometry = "0.1 " * 50_000
    write_delimited(file, ["WKT"], [{"WKT": [geometry]}], encoding="cp1251", delimiter=";")
    assert columns_of(file) == {"WKT": [geometry]}


def test_an_empty_or_absent_file_is_refused_in_one_sentence(file: Path) -> None:
    with pytest.raises(DelimitedError, match=r"LEGAL\.CSV cannot be read: No such file or directory"):
        list(read_delimited(file, "cp1251", ";"))
    file.write_bytes(b"")
    with pytest.raises(DelimitedError, match=r"LEGAL\.CSV is empty or begins with an empty row"):
        list(read_delimited(file, "cp1251", ";"))


def test_a_letter_that_the_encoding_lacks_is_refused_and_no_file_appears(file: Path) -> None:
    with pytest.raises(DelimitedError, match="the letter 'қ' is not in cp1251"):
        write_delimited(file, ["A"], [{"A": ["қ"]}], encoding="cp1251", delimiter=";")
    assert not list(file.parent.iterdir())
    write_delimited(file, ["A"], [{"A": ["қ"]}], encoding="cp1251", delimiter=";", errors="replace")
    assert columns_of(file) == {"A": ["?"]}
