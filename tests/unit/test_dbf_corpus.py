"""Strangers' DBF files: our reader must agree with dbfread value by value and with the Ruby library's descriptions.

The files are not part of the project; WATTBOOK_DBF_CORPUS names their folder.
"""

import datetime as dt
import os
import re
from decimal import Decimal
from pathlib import Path

import dbfread
import pytest

from operational_db.file_formats.dbf import DbfError, DbfField, read_columns, read_header, typed_column

REPOSITORY = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("WATTBOOK_DBF_CORPUS") or REPOSITORY.parent / "shared" / "dbf_corpus")
TABLES = sorted(path for path in CORPUS.rglob("*") if path.suffix.lower() == ".dbf")
SUMMARIES = sorted(CORPUS.rglob("*_summary.txt"))
# The language byte of these files says nothing or something wrong; their letters say what they are.
ENCODINGS = {"cp1251": "cp1251", "dbase_03_cyrillic": "utf-8", "dbase_30": "cp1252"}
WITHOUT_MEMO_FILE = {"dbase_83_missing_memo", "no_memofile"}

pytestmark = pytest.mark.skipif(not TABLES, reason=f"no DBF corpus in {CORPUS}; WATTBOOK_DBF_CORPUS names its folder")


def encoding_of(path: Path) -> str:
    return ENCODINGS.get(path.stem, "cp1252")


Row = tuple[bool, list[object]]


def our_rows(path: Path) -> list[Row]:
    encoding = encoding_of(path)
    fields = read_header(path, encoding).fields
    rows: list[Row] = []
    for batch in read_columns(path, encoding, batch_rows=7, allow_missing_memo=True):
        columns = [typed_column(batch.text[field.name], field).values for field in fields]
        cells = zip(*columns, strict=True) if columns else [()] * len(batch)
        rows += zip(batch.deleted.tolist(), map(list, cells), strict=True)
    return rows


class LenientParser(dbfread.FieldParser):
    """What dbfread refuses is None, as a bad cell is in a typed column."""

    def parse(self, field: object, data: bytes) -> object:
        try:
            return super().parse(field, data)
        except ValueError:
            return None


def their_rows(path: Path) -> list[Row]:
    table = dbfread.DBF(
        str(path),
        encoding=encoding_of(path),
        ignore_missing_memofile=True,
        parserclass=LenientParser,
        recfactory=lambda cells: [value for _, value in cells],
        load=True,
    )
    varying = [index for index, field in enumerate(table.fields) if field.type == "V"]
    for row in (*table.records, *table.deleted):
        for index in varying:
            row[index] = shortened(row[index])
    # dbfread keeps live and deleted records apart, so they are compared apart.
    return [(False, row) for row in table.records] + [(True, row) for row in table.deleted]


def shortened(text: str) -> str:
    """dbfread leaves the blanks and the length byte of a varchar behind its text ("Bad Meets Evil", then 14)."""
    return text[: ord(text[-1])] if text[-1:] < " " else text


def same(ours: object, theirs: object) -> bool:
    """dbfread makes floats of decimals; everything else must be equal in type and value."""
    if isinstance(ours, Decimal) and isinstance(theirs, float):
        return float(ours) == theirs
    if isinstance(theirs, bytes):
        return ours == bytes(theirs)
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_value_of_a_strangers_file_is_what_dbfread_reads(path: Path) -> None:
    ours = our_rows(path)
    ordered = [row for row in ours if not row[0]] + [row for row in ours if row[0]]
    theirs = their_rows(path)

    assert [deleted for deleted, _ in ordered] == [deleted for deleted, _ in theirs]
    for (_, our_row), (_, their_row) in zip(ordered, theirs, strict=True):
        pairs = zip(our_row, their_row, strict=True)
        assert [(ours, theirs) for ours, theirs in pairs if not same(ours, theirs)] == []


@pytest.mark.parametrize("path", SUMMARIES, ids=lambda path: path.stem)
def test_columns_and_counts_are_those_of_the_ruby_librarys_description(path: Path) -> None:
    summary = path.read_text(encoding="utf-8")
    header = read_header(path.with_name(path.stem.removesuffix("_summary") + ".dbf"))
    described = re.findall(r"^(\S+) +(\S) +(\d+) +(\d+) *$", summary, flags=re.MULTILINE)

    # dbase_03 has two columns Point_ID; ours are called apart, so that neither is lost.
    assert [(f.name.removesuffix("_2"), f.type, f.length, f.decimals) for f in header.fields] == [
        (name, kind, int(length), int(decimals)) for name, kind, length, decimals in described
    ]
    assert header.declared_records == int(re.search(r"^Records: (\d+)", summary, flags=re.MULTILINE)[1])
    assert header.version == int(re.search(r"^Type: \((\w\w)\)", summary, flags=re.MULTILINE)[1], 16)


def test_a_varchar_is_as_long_as_its_last_byte_says() -> None:
    # Its 250 bytes end in 0x0E: "Bad Meets Evil" has 14 letters. The bit of the hidden column says that it is so.
    (batch,) = read_columns(CORPUS / "dbase_32.dbf", "cp1252")
    assert batch.text["NAME"].to_pylist() == ["Bad Meets Evil"]


def test_memo_cells_without_their_memo_file_are_named_where_they_point_at_a_memo() -> None:
    # memotest.dbf has its memo file, no_memofile.dbf is the same table without it: 3 records, each with a memo.
    (batch,) = read_columns(CORPUS / "no_memofile.dbf", "cp1252", allow_missing_memo=True)
    assert [(cell.row_no, cell.field) for cell in batch.undecodable] == [(1, "MEMO"), (2, "MEMO"), (3, "MEMO")]
    (whole,) = read_columns(CORPUS / "memotest.dbf", "cp1252")
    assert not whole.undecodable
    assert all(whole.text["MEMO"].to_pylist())


def test_deleted_records_are_kept_and_flagged() -> None:
    # invalid_value.dbf holds Alice and Bob, then "*Deleted Guy".
    rows = our_rows(CORPUS / "invalid_value.dbf")
    assert [(deleted, row[0]) for deleted, row in rows] == [(False, "Alice"), (False, "Bob"), (True, "Deleted Guy")]


def test_a_bad_date_is_named_by_its_row_and_keeps_its_text() -> None:
    (batch,) = read_columns(CORPUS / "invalid_value.dbf", "cp866")
    column = typed_column(batch.text["BIRTHDATE"], DbfField("BIRTHDATE", "D", 8))
    assert batch.text["BIRTHDATE"][0].as_py() == "NotAYear"
    assert (column.values, column.bad) == ([None, dt.date(1980, 11, 12), dt.date(1979, 12, 22)], (0,))


@pytest.mark.parametrize("stem", sorted(WITHOUT_MEMO_FILE))
def test_a_missing_memo_file_is_refused_in_one_sentence_unless_allowed(stem: str) -> None:
    path = CORPUS / f"{stem}.dbf"
    with pytest.raises(DbfError, match=rf"{stem}\.dbf has memo columns, its memo file .* is not beside it"):
        list(read_columns(path, "cp1252"))
    assert sum(len(batch) for batch in read_columns(path, "cp1252", allow_missing_memo=True)) > 0


def test_records_of_the_1251_file_are_russian_words() -> None:
    (batch,) = read_columns(CORPUS / "cp1251.dbf", "cp1251")
    assert batch.text["NAME"].to_pylist()[0] == "амбулаторно-поликлиническое"
