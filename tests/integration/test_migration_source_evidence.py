"""What the files of a dump show of themselves is kept with the load: encodings, odd letters, wrong totals."""

import csv
import re
from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.profile import PROFILES_DIR
from legacy_migration.synthetic_utility.generation import generate
from legacy_migration.synthetic_utility.truth import truth_folder
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings


def faults_of(dump: Path, kind: str) -> list[dict[str, str]]:
    with (truth_folder(dump) / "faults.csv").open(encoding="utf-8", newline="") as file:
        return [fault for fault in csv.DictReader(file) if fault["kind"] == kind]


def rows(settings: Settings, query: str, *values: object) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query, values).fetchall()


@pytest.mark.requirement("A52", "A53", "B49", "B50")
def test_encodings_letters_and_totals_are_kept_with_the_load(settings: Settings, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    generate(300, 2, 31, dump)
    migrate(settings, dump, profile="merged_utility", by="administrator")

    evidence = dict(
        rows(
            settings,
            "SELECT f.path, e.encoding || ' ' || e.how || ': ' || e.evidence FROM landing.file_encoding AS e "
            "INNER JOIN landing.file AS f USING (file_id) WHERE e.column_name IS NULL",
        )
    )
    # The two RES of the smallest company write 0x00 and 0x65 into the language byte; payments carry 0xC9.
    accounts = sorted(path for path in evidence if path.endswith("ABON.DBF"))
    assert re.fullmatch(
        r"cp866 given: \d+ letters, \d\d% of them the commonest eight; read as cp1251 .*; "
        r"the language byte is zero and says nothing",
        evidence[accounts[0]],
    )
    assert evidence[accounts[1]].endswith("the language byte 0x65 says cp866 too")
    assert all(
        evidence[path].endswith("the language byte 0xC9 says cp1251 too")
        for path in evidence
        if path.startswith("payments/bank")
    )
    workbook = next(path for path in evidence if path.endswith("SALDO.XLSX"))
    assert evidence[workbook] == "utf-8 declared: a workbook keeps its text in Unicode"

    odd = rows(
        settings,
        "SELECT f.path, c.row_no, c.column_name, c.kind, c.value, c.probably FROM landing.odd_cell AS c "
        "INNER JOIN landing.file AS f USING (file_id)",
    )
    wanted = {
        (fault["file"], int(fault["row"]), "FIO", kind, fault["written"], fault["truth"] if says_truth else "")
        for planted, kind, says_truth in (
            ("homoglyph_name", "latin_in_cyrillic", True),
            ("misread_name", "other_encoding", True),
            ("lost_letters", "lost_letter", False),
        )
        for fault in faults_of(dump, planted)
    }
    assert set(odd) == wanted
    sentences = rows(settings, "SELECT sentence FROM migration.remark WHERE reason_code = 'LOOK_ALIKE'")
    told = {
        f'{fault["file"]}, row {fault["row"]} ({fault["key"].replace(":", "/")}): FIO holds "{fault["written"]}", in '
        "which letters of the other script stand that look the same; loaded as it stands, probably "
        f'"{fault["truth"]}" is meant.'
        for fault in faults_of(dump, "homoglyph_name")
    }
    assert {sentence for (sentence,) in sentences} == told

    totals = rows(
        settings,
        "SELECT f.path, t.row_no, t.column_name, t.stated, t.summed, t.unreadable_count FROM landing.total_row AS t "
        "INNER JOIN landing.file AS f USING (file_id)",
    )
    (lost,) = faults_of(dump, "lost_opening")
    wrong = [total for total in totals if total[3] != total[4]]
    # The one total that does not add up lacks exactly the row that was lost; the post's registers add up.
    assert [(path, row_no, f"{stated - summed:.2f}") for path, row_no, _, stated, summed, _ in wrong] == [
        (lost["file"], int(lost["row"]), lost["truth"])
    ]
    assert {Path(path).suffix for path, *_ in totals} == {".TXT", ".XLSX"}
    assert sum(unreadable for *_, unreadable in totals) == 0
    ((key, sentence),) = rows(
        settings,
        "SELECT legacy_key, sentence FROM migration.difference WHERE check_code = 'TOTAL_MISMATCH'",
    )
    assert key == "Итого"
    assert f"a difference of {lost['truth'].rstrip('0').rstrip('.')}; ask for the file again" in sentence


@pytest.mark.requirement("A52", "B49")
def test_one_column_in_another_encoding_is_refused_by_its_name_and_detected_when_asked(
    settings: Settings, tmp_path: Path
) -> None:
    dump = tmp_path / "dump"
    generate(300, 1, 32, dump, extra_faults=["encoding_confusion"])
    (fault,) = faults_of(dump, "encoding_confusion")
    with pytest.raises(Refusal) as refusal:
        migrate(settings, dump, profile="merged_utility", by="administrator")
    assert refusal.value.sentence == (
        # Names are the one column of that table with words in it.
        f"The file {dump / fault['file']} is in cp1251, not in cp866 as the profile says: its letters make words only "
        "so; correct the encoding in the profile."
    )

    text = (PROFILES_DIR / "merged_utility.yaml").read_text(encoding="utf-8")
    accounts = "path: household/{res}/ABON.DBF\n    format: dbf\n    encoding: "
    assert text.count(accounts + "cp866") == 1
    profile = tmp_path / "detecting.yaml"
    profile.write_text(text.replace(accounts + "cp866", accounts + "detect"), encoding="utf-8")
    migrate(settings, dump, profile=str(profile), by="administrator")
    assert rows(
        settings,
        "SELECT e.column_name, e.encoding, e.how FROM landing.file_encoding AS e INNER JOIN landing.file AS f "
        "USING (file_id) WHERE f.path = %s AND e.column_name = 'FIO'",
        fault["file"],
    ) == [("FIO", "cp1251", "detected")]
    # The letters of houses are few and still in cp866; in cp1251 they are none.
    assert rows(
        settings,
        "SELECT e.encoding, e.how FROM landing.file_encoding AS e INNER JOIN landing.file AS f USING (file_id) "
        "WHERE f.path = %s AND e.column_name = 'HLET'",
        fault["file"],
    ) == [("cp866", "detected")]
    # Every name is Cyrillic again: none has a letter that only a wrong page has, as `╩рЁшьют` for `Каримов`.
    assert rows(
        settings, "SELECT count(*) FROM migration.account WHERE kind = 'household' AND full_name ~ '[│-╬Ёшьют]{4}'"
    ) == [(0,)]


@pytest.mark.requirement("A53", "B50")
def test_leading_zeros_of_an_account_number_change_nothing(settings: Settings, tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    generate(300, 2, 33, dump, extra_faults=["leading_zero_account"])
    faults = faults_of(dump, "leading_zero_account")
    assert faults
    migrate(settings, dump, profile="merged_utility", by="administrator")
    for fault in faults:
        assert re.fullmatch(r"0\d+/0\d+", fault["written"])
        assert (
            rows(
                settings,
                "SELECT d.reason_code FROM migration.verdict AS d INNER JOIN landing.file AS f USING (file_id) "
                "WHERE f.path = %s AND d.row_no = %s",
                fault["file"],
                int(fault["row"]),
            )
            == []
        )
        assert rows(
            settings,
            "SELECT c.account_no FROM migration.charge AS c INNER JOIN landing.file AS f USING (file_id) "
            "WHERE f.path = %s AND c.row_no = %s",
            fault["file"],
            int(fault["row"]),
        ) == [(fault["key"].replace(":", "/"),)]
