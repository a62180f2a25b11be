"""A Cyrillic file read in the wrong code page is noticed, and right ones are left in peace."""

import pyarrow as pa
import pytest

from operational_db.file_formats.encoding_doubt import better_encoding

RUSSIAN = ["Каримов Шухрат Азизович", "ИВАНОВА ЕЛЕНА", "ул. Мустақиллик, «Сергели» №7".replace("қ", "к")]
UKRAINIAN = ["Шевченко Ґалаґан Їжакевич", "Київська область, вул. Незалежності", "Ємельяненко Іван"]
SMALL_LETTERS = ["каримов шухрат", "улица мустакиллик", "махалля сергели", "юсупова гулнора бахтиёр кизи"]


def misread(texts: list[str], written: str, read: str) -> pa.Array:
    return pa.array([text.encode(written, "replace").decode(read, "backslashreplace") for text in texts])


@pytest.mark.parametrize("texts", [RUSSIAN, UKRAINIAN, SMALL_LETTERS], ids=["russian", "ukrainian", "small"])
@pytest.mark.parametrize(
    ("written", "read"), [("cp866", "cp1251"), ("cp1251", "cp866"), ("utf-8", "cp1251"), ("utf-8", "cp866")]
)
def test_a_misread_file_is_told_with_its_right_encoding(texts: list[str], written: str, read: str) -> None:
    assert better_encoding([misread(texts, written, read)], read) == written


@pytest.mark.parametrize("texts", [RUSSIAN, UKRAINIAN, SMALL_LETTERS], ids=["russian", "ukrainian", "small"])
@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "utf-8"])
def test_a_file_read_rightly_is_not_doubted(texts: list[str], encoding: str) -> None:
    assert better_encoding([misread(texts, encoding, encoding)], encoding) is None


@pytest.mark.parametrize(
    "texts",
    [["12/345", "SA01T0001"], ["Toʻlqin ko’chasi"] * 20, ["Ёж"]],
    ids=["ascii", "latin with apostrophes", "too few letters"],
)
def test_text_with_few_cyrillic_letters_is_not_doubted(texts: list[str]) -> None:
    for encoding in ("cp866", "cp1251"):
        assert better_encoding([misread(texts, "cp1251", encoding)], encoding) is None


def test_a_western_file_is_not_doubted() -> None:
    assert better_encoding([pa.array(["São João, ligação, coração, manhã"] * 9)], "cp1252") is None
