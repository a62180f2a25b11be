"""Cells with letters that cannot be meant are named with row and column, and clean ones are left in peace."""

import numpy as np
import pyarrow as pa
import pytest

from operational_db.file_formats.odd_letters import (
    CYRILLIC_IN_LATIN,
    LATIN_IN_CYRILLIC,
    LOST_LETTER,
    OTHER_ENCODING,
    CodeScript,
    OddCell,
    judge,
    odd_cells,
)


@pytest.mark.parametrize(
    ("cell", "kind", "probably"),
    [
        # The o of the first is Latin; so are the i that cp866 cannot hold, and the P of the feeder's code.
        ("Каримoв Шухрат", LATIN_IN_CYRILLIC, "Каримов Шухрат"),
        ("Шевченко Ганна Михайлiвна", LATIN_IN_CYRILLIC, "Шевченко Ганна Михайлівна"),
        ("ТP-12", LATIN_IN_CYRILLIC, "ТР-12"),
        ("Kаrimov", CYRILLIC_IN_LATIN, "Karimov"),
        ("SA01Т0001", CYRILLIC_IN_LATIN, "SA01T0001"),
        ("Мирза?ла", LOST_LETTER, ""),
        ("?одиров Акмал", LOST_LETTER, ""),
    ],
)
def test_an_odd_cell_is_told_with_what_it_should_be(cell: str, kind: str, probably: str) -> None:
    assert judge(cell, "cp866") == (kind, probably)


@pytest.mark.parametrize(
    ("written", "read"),
    [("cp1251", "cp866"), ("cp866", "cp1251"), ("koi8-u", "cp866"), ("utf-8", "cp1251"), ("utf-8", "cp866")],
)
@pytest.mark.parametrize("name", ["Каримов Шухрат Азизович", "ЮСУПОВА ГУЛНОРА", "Щербакова Эльвира Юрьевна"])
def test_one_cell_in_another_encoding_is_read_as_it_was_meant(name: str, written: str, read: str) -> None:
    text = name.encode(written).decode(read, "backslashreplace")
    if "\\x" in text:
        return  # a byte without a letter names the cell already
    assert judge(text, read) == (OTHER_ENCODING, name)


@pytest.mark.parametrize(
    "cell",
    [
        "Каримов Шухрат Азизович", "Юсупова Гулнора Бахтиёр кизи", "Шевченко Їжакевич Єрмоленко", "СО-И446", "ЦЭ6807",
        "Альфа A1140", "СА4-И672М", '"Нур 12" МЧЖ', "12-мактаб", "Toʻlqin ko’chasi", "SA01T0001", "12/345", "5А", "?",
        "Ёж", "г. Ташкент, ул. Ўзбекистон, 5-А кв. 12", "ООО «Свет» №7", "АЖ", "МЧЖ",
    ],
)  # fmt: skip
def test_a_clean_cell_is_left_in_peace(cell: str) -> None:
    assert judge(cell, "cp866") is None


def test_cells_are_named_by_row_and_column() -> None:
    text = {"FIO": pa.array(["Каримов", "Каримoв", "Юсупова"]), "KWH": pa.array(["1", "2", "3"])}
    assert list(odd_cells(np.array([7, 8, 9]), text, {"FIO": "cp866"})) == [
        OddCell(8, "FIO", LATIN_IN_CYRILLIC, "Каримoв", "Каримов")
    ]


def test_a_whole_code_in_lookalikes_is_told_by_the_codes_around_it() -> None:
    # 30 serial numbers begin with Latin K; one begins with Cyrillic К, which no letter beside it betrays.
    codes = [f"K{number:05d}" for number in range(30)] + ["К00099"]
    script = CodeScript("NOMER")
    script.look(np.arange(1, 17), pa.array(codes[:16]))
    script.look(np.arange(17, 32), pa.array(codes[16:]))
    assert list(script.odd_cells()) == [OddCell(31, "NOMER", CYRILLIC_IN_LATIN, "К00099", "K00099")]
    # A column of Cyrillic names with a Latin one in it is no column of codes.
    script = CodeScript("FIO")
    script.look(np.arange(1, 32), pa.array(["Сорок"] * 30 + ["Karimov"]))
    assert list(script.odd_cells()) == []
