"""What an inspection sees in single files: formats, types, keys, doubts, words of the trade.

Each file is made by hand with known faults; the counts expected are counted by eye.
"""

from pathlib import Path

import pytest

from legacy_migration.inspection.draft import drafted_profile, finished_draft
from legacy_migration.inspection.dump import inspect_dump
from legacy_migration.inspection.findings import Description, Inspection
from legacy_migration.inspection.masking import masked
from legacy_migration.inspection.recognition import recognise
from legacy_migration.inspection.sibling_files import Candidate, siblings_of
from legacy_migration.inspection.text_shape import delimiter_of, names_columns, ruler_of
from legacy_migration.inspection.trade_words import meanings_of
from legacy_migration.profile import read_profile
from operational_db.refusal import Refusal
from orchestration.progress import silently

FAULTS = """LICSCHET;FIO;DATA_DOG;DATA_RO;SUMMA;KWH;ARH;KOD_R
12/1;Иванов Иван;01.02.2015;01.02.70;100,50;120;T;A
12/2;Петрoв Пётр;00.00.0000;11.12.65;-7,00;***;F;A
12/3;Сидоров Семен;31.02.2015;05.05.81;12.75;90;F;B
12/4;Ким Анна;05.06.2017;07.08.90;1 200,00;85;F;A
12/4;Ким Анна;05.06.2017;07.08.90;1 200,00;85;F;A
12/5;Ли Ол?г;07.07.2018;01.01.55;33,10;70;T;B
12/6;Цой Вера;08.07.2018;02.01.55;44,10;71;T;B
12/7;Пак Юрий;09.07.2018;03.01.55;55,10;72;T;A
12/8;Юн Олег;10.07.2018;04.01.55;66,10;73;F;A
12/9;Хан Ира;11.07.2018;05.01.55;77,10;74;F;A
12/10;Тен Яна;12.07.2018;06.01.55;88,10;75;F;A
ИТОГО;;;;2890,85;;;
"""


def seen(folder: Path) -> Inspection:
    return inspect_dump(folder, silently)


def one(folder: Path, name: str, content: bytes) -> Description:
    """What is seen of a folder with this one file."""
    (folder / name).write_bytes(content)
    (described,) = seen(folder).descriptions
    return described


def test_types_are_told_of_columns_with_faults_in_them(tmp_path: Path) -> None:
    described = one(tmp_path, "dolg.csv", FAULTS.encode("cp1251"))
    kinds = {column.name: (column.kind, column.date_format) for column in described.columns}
    assert kinds["FIO"] == ("text", "")
    assert kinds["DATA_RO"] == ("date", "dd.mm.yy")
    assert kinds["SUMMA"][0] in ("money", "decimal")
    assert kinds["KWH"] == ("whole number", "")
    assert kinds["ARH"] == ("flag", "")
    assert kinds["LICSCHET"] == ("account-like", "")
    assert (described.decimal, described.row_count) == (",", 12)
    assert described.column("KOD_R").codes == (("A", 8), ("B", 3))


def test_what_looks_wrong_is_counted_and_placed(tmp_path: Path) -> None:
    described = one(tmp_path, "dolg.csv", FAULTS.encode("cp1251"))
    doubts = {(doubt.code, doubt.sentence.split(":")[0]): doubt for doubt in described.doubts}
    counts = {key: doubt.count for key, doubt in doubts.items()}
    # Row 3 has the amount -7,00, the energy ***, the date of zeros and a Latin o in Петрoв; row 1 is the head.
    assert counts["STARS", "KWH"] == 1
    assert counts["LOOK_ALIKE", "FIO"] == 1
    assert counts["LOST_LETTERS", "FIO"] == 1
    assert counts["NEGATIVE", "SUMMA"] == 1
    assert counts["GROUPED", "SUMMA"] == 2
    assert counts["TWO_MARKS", "SUMMA"] == 1
    assert counts["TWO_DIGIT_YEAR", "DATA_RO"] == 11
    assert counts["TOTALS_ROW", "LICSCHET"] == 1
    assert counts["REPEATED_ROWS", "rows that equal another in every cell"] == 1
    assert counts["ZERO_DATE", "DATA_DOG"] == 1
    assert counts["BAD_DATE", "DATA_DOG"] == 1
    assert doubts["STARS", "KWH"].sentence.endswith("first in dolg.csv, row 3.")
    assert doubts["BAD_DATE", "DATA_DOG"].sentence.endswith("first in dolg.csv, row 4.")


def test_a_key_is_told_with_the_rows_that_break_it(tmp_path: Path) -> None:
    lines = ["NOMER;MES;SUMA", *(f"{n // 2};20260{n % 2 + 1};{n},50" for n in range(100)), "7;202601;9,00"]
    described = one(tmp_path, "nach.csv", "\n".join(lines).encode())
    # 50 accounts in 2 months; account 7 has January twice.
    assert (described.keys[0].columns, described.keys[0].breaking_count) == (("NOMER", "MES"), 1)


def test_an_orphan_of_one_res_is_not_found_in_another(tmp_path: Path) -> None:
    """Account 107 is one of SA03; a meter of SA01 that names it hangs on nobody."""
    for res, accounts, meters in (
        ("SA01", range(100, 106), [*range(100, 106), 107]),
        ("SA03", range(103, 109), range(103, 109)),
    ):
        (tmp_path / res).mkdir()
        people = ["RAH;FIO;HOUSE", *(f"{n};Ким Анна {res} {n};{n}" for n in accounts)]
        (tmp_path / res / "ABON.CSV").write_text("\n".join(people), encoding="utf-8")
        counters = ["RAH;NOMER;TIP;ZNAK", *(f"{n};{res}{n}9;{n % 2};5" for n in meters)]
        (tmp_path / res / "LICH.CSV").write_text("\n".join(counters), encoding="utf-8")
    relation = next(r for r in seen(tmp_path).relations if (r.of_file, r.columns) == ("lich", ("RAH",)))
    assert (relation.in_file, relation.key) == ("abon", ("RAH",))
    # 7 + 6 accounts with meters, 12 of them found in their own RES.
    assert (relation.distinct_count, relation.matched_count, relation.orphan_rows) == (13, 12, 1)
    assert relation.orphans == ("107",)


def test_lists_of_codes_are_kept_apart_by_column(tmp_path: Path) -> None:
    """The 1 of a household's tariff is not the 1 of a legal consumer's group."""
    people = ["RAH;FIO;HOUSE;TAR", *(f"{n};Ким Анна {n};{n};{n % 2}" for n in range(12))]
    firms = ["RAH;FIO;INN;GRUPPA", *(f"U{n};Завод {n};3000{n};{n % 2}" for n in range(12))]
    (tmp_path / "ABON.CSV").write_text("\n".join(people), encoding="utf-8")
    (tmp_path / "LEGAL.CSV").write_text("\n".join(firms), encoding="utf-8")
    draft = drafted_profile(seen(tmp_path), "two")
    assert "tariff_code: {code: TAR, list: tariffs_tar, optional: true}" in draft
    assert "tariff_code: {code: GRUPPA, list: tariffs_gruppa, optional: true}" in draft
    assert "kind: {constant: legal}" in draft


def test_every_member_of_a_family_has_its_own_columns(tmp_path: Path) -> None:
    for res, head, row in (
        ("SA01", "RAH;FIO;HOUSE", "12/{0};Ким Анна {0};{0}"),
        ("SA03", "BOOK;CODE;FIO;HOUSE", "12;{0};Ким Анна {0};{0}"),
    ):
        (tmp_path / res).mkdir()
        (tmp_path / res / "ABON.CSV").write_text(
            "\n".join([head, *(row.format(n) for n in range(1, 9))]), encoding="utf-8"
        )
    (described,) = seen(tmp_path).descriptions
    assert described.path == "{res}/ABON.CSV"
    assert "SA01: RAH; SA03: BOOK, CODE" in next(d.sentence for d in described.doubts if d.code == "OTHER_NAMES")
    draft = drafted_profile(seen(tmp_path), "family")
    assert 'one_of: [{account_number: ["{folder}", RAH]}, {account_number: ["{folder}", BOOK, CODE]}]' in draft


def test_files_of_one_shape_in_several_encodings_are_to_be_judged_each(tmp_path: Path) -> None:
    names = (
        "Каримова Саодат Олимовна",
        "Юсупов Бахтиёр Шавкатович",
        "Петренко Надежда Ивановна",
        "Цой Геннадий Львович",
    )
    lines = ["RAH;FIO;HOUSE", *(f"12/{n};{names[n % 4]};{n}" for n in range(1, 12))]
    for res, encoding in (("SA01", "cp866"), ("SA03", "cp1251")):
        (tmp_path / res).mkdir()
        (tmp_path / res / "ABON.CSV").write_text("\n".join(lines), encoding=encoding)
    inspection = seen(tmp_path)
    assert "ENCODINGS_DIFFER" in {doubt.code for doubt in inspection.descriptions[0].doubts}
    assert "encoding: detect  # these files are in cp1251 and cp866" in drafted_profile(inspection, "both")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("letter.pdf", b"%PDF-1.7 ...", "a PDF"),
        ("base.mdb", b"\x00\x01\x00\x00Standard Jet DB\x00", "an Access database; export its tables"),
        ("all.rar", b"Rar!\x1a\x07\x00", "unpack it"),
        ("empty.dbf", b"", "empty"),
        ("broken.dbf", b"\x03\x7a\x01\x01\x05\x00", "cannot be read|damaged"),
        ("note.txt", "Просьба вернуть файлы.\nС уважением,\nРЭС\n".encode("cp1251"), "no separator and no places"),
        ("other.xml", b"<?xml version='1.0'?><doc/>", "another kind than 80020"),
        ("what.bin", bytes(range(256)) * 8, "no known format"),
    ],
)
def test_what_is_no_table_is_told_and_stops_nothing(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / "good.csv").write_text("RAH;SUMA\n1;2,50\n2;3,50\n", encoding="utf-8")
    (tmp_path / name).write_bytes(content)
    inspection = seen(tmp_path)
    found = {d.path: d.files[0].recognised for d in inspection.descriptions}
    assert found["good.csv"].format == "delimited"
    assert found[name].format == "none"
    assert any(word in found[name].how for word in told.split("|"))
    path = tmp_path.parent / f"{name}.yaml"
    finished_draft(inspection, path)
    assert read_profile(str(path)).files


def test_a_file_without_a_head_is_drafted_with_names_to_be_given(tmp_path: Path) -> None:
    rows = "\n".join(f"{n};{n + 7}.01.2026;{n}5,50" for n in range(10, 20))
    described = one(tmp_path, "pay.txt", rows.encode())
    assert [column.name for column in described.columns] == ["C1", "C2", "C3"]
    assert described.row_count == 10
    draft = drafted_profile(seen(tmp_path), "pay")
    assert "columns: [C1, C2, C3]  # UNDECIDED: no row names them" in draft


def test_a_folder_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="There is no directory"):
        seen(tmp_path / "nowhere")
    with pytest.raises(Refusal, match="holds no files"):
        seen(tmp_path)


def test_memos_and_indexes_go_with_their_table(tmp_path: Path) -> None:
    (tmp_path / "CALLS.DBF").write_bytes(b"x")
    (tmp_path / "CALLS.FPT").write_bytes(b"\0" * 600)
    found = recognise(tmp_path / "CALLS.FPT")
    assert (found.format, found.belongs_to) == ("none", "CALLS.DBF")


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("RAH", "account"), ("OS_RAH", "account"), ("LIC_SCHET", "account"), ("hisob raqam", "account"),
        ("Лицевой счёт", "account"), ("Ҳисоб рақам", "account"), ("FIO", "full_name"), ("PIB", "full_name"),
        ("POKAZ", "reading"), ("Показания", "reading"), ("SUMA", "amount"), ("SUMMA_1", "amount"), ("DATA", "date"),
        ("TARIF", "tariff"), ("LICHILNYK", "serial_no"), ("NACHISLENO", "charge"), ("SALDO_K", "balance"),
        ("QWERTY", None),
    ],
)  # fmt: skip
def test_names_are_understood_in_the_languages_of_the_trade(name: str, concept: str | None) -> None:
    meanings = meanings_of(name)
    assert (meanings[0].concept if meanings else None) == concept


def test_values_of_persons_keep_only_their_shape() -> None:
    assert masked("Каримов Азиз") == "К•••••• А•••"
    assert masked("+998901234567") == "+••••••••••67"
    assert masked("AA1234567") == "A••••••67"


def test_a_separator_is_one_that_cuts_all_lines_alike() -> None:
    assert delimiter_of(["a;b;c", "1;2,5;3", "4;5,5;6"]).delimiter == ";"
    assert delimiter_of(["a|b", "1,5|2,5", "1,5|2,5"]).delimiter == "|"
    assert delimiter_of(["Dear friends,", "the files are on the disk", "yours"]) is None


def test_places_are_read_off_the_blanks_that_every_line_has() -> None:
    lines = ["RES   NUM     SUM", "SA01  1       5.50", "SA03  22    105.25", "SA03  333   905.25"]
    widths = ruler_of(lines)
    assert [start for start, _ in widths] == [1, 7, 13]
    assert ruler_of(["a letter of one line", "and another line that is longer than it", "end"]) == ()


def test_a_row_of_names_is_told_from_rows_of_values() -> None:
    assert names_columns([["RAH", "SUMA"], ["1", "2,50"]])
    assert not names_columns([["12/1", "2,50"], ["12/2", "3,50"]])
    assert not names_columns([["Ким", "Ли"], ["Ким", "Пак"]])


def test_siblings_are_the_same_place_but_for_one_folder() -> None:
    columns = ("RAH", "FIO", "DOM")
    files = [
        Candidate("base/SA01/ABON.DBF", "dbf", columns),
        Candidate("base/SA03/ABON.DBF", "dbf", columns),
        Candidate("base/SA03/OTHER.DBF", "dbf", ("X", "Y")),
        Candidate("pay/bank_202601.csv", "delimited", ("A", "B")),
        Candidate("pay/bank_202602.csv", "delimited", ("A", "B")),
        Candidate("pay/post_202601.csv", "delimited", ("A", "B")),
    ]
    found = {group.path: group.units for group in siblings_of(files, frozenset({"SA01", "SA03"}))}
    assert found["base/{res}/ABON.DBF"] == ("SA01", "SA03")
    assert found["pay/{sender}_*.csv"] == ("bank", "bank", "post")
    # One folder alone is a RES when the book knows its code.
    assert found["base/{res}/OTHER.DBF"] == ("SA03",)
