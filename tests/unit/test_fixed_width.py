"""Fixed width: cells stand where the layout says, and a line of a wrong length is named, never guessed."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operational_db.file_formats.code_pages import UndecodableCell
from operational_db.file_formats.fixed_width import (
    FixedColumn,
    FixedLayout,
    FixedWidthBatch,
    FixedWidthError,
    read_fixed_width,
)

# A bank's register: account in places 1-6, name 7-16, amount 17-24 from the right.
COLUMNS = (FixedColumn("RAH", 1, 6), FixedColumn("FIO", 7, 10), FixedColumn("SUMMA", 17, 8))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "REESTR.TXT"


def one(path: Path, encoding: str, **how: object) -> FixedWidthBatch:
    (batch,) = read_fixed_width(path, encoding, FixedLayout(COLUMNS, **how))
    return batch


@pytest.mark.parametrize(("encoding", "in_bytes"), [("cp866", True), ("cp1251", False), ("utf-8", False)])
def test_cells_stand_where_the_layout_says(file: Path, encoding: str, in_bytes: bool) -> None:
    lines = ["12/345Каримов Ш.  150.00", "1/7   Юлдашева      0.01", "1/8   Ёкубов       12.50"]
    file.write_bytes("\r\n".join(lines).encode(encoding) + b"\r\n\x1a")
    batch = one(file, encoding, in_bytes=in_bytes)
    assert batch.text["RAH"].to_pylist() == ["12/345", "1/7", "1/8"]
    assert batch.text["FIO"].to_pylist() == ["Каримов Ш.", "Юлдашева", "Ёкубов"]
    assert [cell.strip() for cell in batch.text["SUMMA"].to_pylist()] == ["150.00", "0.01", "12.50"]
    assert (batch.row_no.tolist(), batch.ragged, batch.undecodable) == ([1, 2, 3], {}, ())


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "koi8-u", "utf-8"])
def test_every_text_comes_back_from_its_place(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "any.txt"
    letters = st.characters(codec=encoding, exclude_categories=["Cs", "Cc", "Zl", "Zp"])
    cell = st.text(letters, max_size=5).map(str.rstrip)
    layout = FixedLayout((FixedColumn("A", 1, 5), FixedColumn("B", 7, 5)), in_bytes=False, length=12)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(cell, cell), min_size=1, max_size=8))
    def comes_back(rows: list[tuple[str, str]]) -> None:
        path.write_bytes("".join(f"{first:<5}|{second:<5}|\n" for first, second in rows).encode(encoding))
        batches = read_fixed_width(path, encoding, layout, batch_rows=3)
        read = [pair for batch in batches for pair in zip(*(c.to_pylist() for c in batch.text.values()), strict=True)]
        assert read == [(first.rstrip(" "), second.rstrip(" ")) for first, second in rows]

    comes_back()


def test_a_line_that_is_too_short_or_too_long_is_named_with_its_whole_cells(file: Path) -> None:
    # The second line ends inside the amount: "1234" of "1234.50" is another amount, so it must not pass.
    file.write_bytes(b"1/1   A             1.00\n1/2   B            12\n1/3\n1/4   C             2.00X\n")
    assert one(file, "cp866").ragged == {2: 2, 3: 0}
    assert one(file, "cp866", length=24).ragged == {2: 2, 3: 0, 4: 4}
    # Where the exporter is known to leave out blanks at the end, short lines are whole.
    assert one(file, "cp866", is_trimmed=True).ragged == {}


def test_lines_of_a_heading_are_passed_over_and_counted_as_blank_ones_are(file: Path) -> None:
    file.write_bytes(b"REESTR OPLAT\n\n1/1   A             1.00\n\n1/2   B             2.00\n")
    batch = one(file, "cp866", first_line=2)
    assert (batch.row_no.tolist(), batch.text["RAH"].to_pylist()) == ([3, 5], ["1/1", "1/2"])


def test_a_byte_without_a_letter_is_named_and_moves_no_cell(file: Path) -> None:
    file.write_bytes(b"1/1   \x98bc" + b" " * 11 + b"1.00\n")
    batch = one(file, "cp1251")
    assert (batch.text["FIO"][0].as_py(), batch.undecodable) == (r"\x98bc", (UndecodableCell(1, "FIO"),))
    batch = one(file, "utf-8", in_bytes=False)
    assert (batch.text["FIO"][0].as_py(), batch.text["SUMMA"][0].as_py().strip()) == (r"\x98bc", "1.00")


def test_one_column_may_be_in_another_encoding(file: Path) -> None:
    file.write_bytes(b"1/1   " + "Борг".encode("cp1251").ljust(10) + b"    1.00\n")
    (batch,) = read_fixed_width(file, "cp866", FixedLayout(COLUMNS), encodings={"FIO": "cp1251"})
    assert batch.text["FIO"].to_pylist() == ["Борг"]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ((), "no columns are described"),
        ((FixedColumn("A", 0, 5),), "column A stands at 0 with width 5; places count from 1"),
        ((FixedColumn("A", 1, 5), FixedColumn("B", 5, 2)), "columns A and B overlap at place 5"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(file: Path, columns: tuple[FixedColumn, ...], sentence: str) -> None:
    file.write_bytes(b"x\n")
    with pytest.raises(FixedWidthError, match=sentence):
        list(read_fixed_width(file, "cp866", FixedLayout(columns)))
