"""A district hands over files that nobody has described; an analyst makes a profile of them without a line of code.

Inspect, read the draft, edit it, try it without keeping anything, load. The files are in `tests/unknown_dump.py`.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from legacy_migration.commands import migrate
from legacy_migration.dry_run import try_load
from legacy_migration.inspection.draft import finished_draft
from legacy_migration.inspection.dump import inspect_dump
from legacy_migration.inspection.findings import Inspection
from legacy_migration.profile import read_profile
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import ENVIRONMENT_PREFIX, Settings
from orchestration.command_line import PROGRAM, command
from orchestration.command_line.ending import run_to_an_end
from orchestration.progress import silently
from tests.unknown_dump import write_unknown_dump

BY = "administrator"

# What the analyst writes into the draft after talking to the district; Z is a tariff that nobody there remembers.
EDITS = {
    "      A:  #": "      A: uz.household  #",
    "      E:  #": "      E: uz.household_estove  #",
    "      M1:  #": "      M1: TE73  #",
    '      "0":  #': '      "0": opening  #',
    '      "1":  #': '      "1": round  #',
    "      bank:  #": "      bank: bank  #",
    "      post:  #": "      post: post  #",
    'is_opening: {constant: "false"}': 'is_opening: {flag: MANBA, "true": ["0"]}',
    "title: ": "title: The district's own program; # ",
}


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_unknown_dump(tmp_path_factory.mktemp("legacy") / "district")


@pytest.fixture(scope="module")
def inspection(dump: Path) -> Inspection:
    return inspect_dump(dump, silently)


@pytest.fixture
def finished(inspection: Inspection, tmp_path: Path) -> Path:
    """The draft as the analyst leaves it."""
    path = tmp_path / "district.yaml"
    finished_draft(inspection, path)
    text = path.read_text(encoding="utf-8")
    for drafted, decided in EDITS.items():
        assert drafted in text, drafted
        text = text.replace(drafted, decided)
    path.write_text(text, encoding="utf-8")
    return path


def rows(settings: Settings, query: str) -> list[tuple]:
    with connect(settings, Role.LOADER) as session:
        return session.execute(query).fetchall()


def test_every_file_is_recognised_with_its_reason(inspection: Inspection) -> None:
    found = {d.path: (d.format, d.files[0].encoding.encoding, d.row_count) for d in inspection.descriptions}
    assert found == {
        # Two folders of one shape: 4 + 3 consumers, 3 + 3 meters.
        "asos/{res}/ISTEM.DBF": ("dbf", "cp866", 7),
        "asos/{res}/HISOBLAG.DBF": ("dbf", "cp866", 6),
        "obhod/korsatkich.txt": ("fixed_width", "koi8-u", 11),
        # Six charges and the row of totals.
        "oylik/hisoblangan.csv": ("delimited", "cp1251", 7),
        # Two registers of two senders: 3 + 2 payments and a row of totals each.
        "tolov/{sender}_*.xlsx": ("spreadsheet", "utf-8", 7),
        "tolov/reestrlar.xlsx": ("spreadsheet", "utf-8", 2),
        "xat.pdf": ("none", "", 0),
    }
    people = next(d for d in inspection.descriptions if d.name == "istem")
    assert people.deleted_count == 1
    assert [file.unit for file in people.files] == ["SA01", "SA03"]


def test_keys_relations_and_doubts_are_told_with_their_numbers(inspection: Inspection) -> None:
    by_name = {d.name: d for d in inspection.descriptions}
    # 00011 is in both RES, so the number alone tells nobody apart; 11 readings of 6 meters on 2 days.
    assert by_name["istem"].keys[0].columns == ("HISOB",)
    assert by_name["istem"].keys[0].within_unit
    assert by_name["korsatkich"].keys[0].columns == ("ZAVODRAQ", "SANA")
    relation = next(r for r in inspection.relations if (r.of_file, r.columns) == ("korsatkich", ("HISOB",)))
    # 11, 12, 14, 99 stand in the readings; 00011, 00012, 00014, 00015 among the consumers: 3 of 4, 99 in one row.
    assert (relation.in_file, relation.key, relation.how) == ("istem", ("HISOB",), "without leading zeros")
    assert (relation.matched_count, relation.distinct_count, relation.orphan_rows) == (3, 4, 1)
    assert relation.orphans == ("99",)
    told = {(d.name, doubt.code, doubt.count) for d in inspection.descriptions for doubt in d.doubts}
    assert {
        ("istem", "ZERO_DATE", 1),
        ("hisoblangan", "TOTALS_ROW", 1),
        ("hisoblangan", "NEGATIVE", 1),
        ("tolov", "TOTALS_ROW", 2),
    } <= told


def test_persons_are_shown_by_their_shape_alone(inspection: Inspection) -> None:
    told = json.dumps([repr(d) for d in inspection.descriptions], ensure_ascii=False)
    for secret in ("Каримов", "Турсунов", "Малика"):
        assert secret not in told
    assert "К••••••" in told


@pytest.mark.requirement("A51", "B48")
def test_the_draft_names_every_column_and_can_be_read_as_it_is(inspection: Inspection, tmp_path: Path) -> None:
    path = tmp_path / "drafts" / "district.yaml"
    told = finished_draft(inspection, path)
    assert "undecided" in told
    text = path.read_text(encoding="utf-8")
    profile = read_profile(str(path))
    assert [rule.entity for rule in profile.file("istem").rows] == ["account", "metering_point"]
    for described in inspection.descriptions:
        for column in described.columns:
            assert column.name in text, f"{described.name}.{column.name}"
    assert profile.file("istem").unused["ESKI"].startswith("UNDECIDED")
    # Nothing is decided on codes, so none of them means anything yet.
    assert profile.lists["tariffs_tarifkod"].codes == {}


def counts_of_all_tables(settings: Settings) -> dict[str, int]:
    with connect(settings, Role.OWNER) as session:
        tables = session.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname IN ('landing', 'migration', 'ops')"
        ).fetchall()
        return {name: session.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables}


VERDICTS = {
    # Six live consumers and the one flagged deleted.
    "account": (7, 6, 0, 1),
    # The same with the one point whose tariff Z nobody knows.
    "metering_point": (7, 5, 1, 1),
    # The meter of that point falls with it.
    "meter": (6, 5, 1, 0),
    # The reading of account 99, which is not there.
    "reading": (11, 10, 1, 0),
    # Six rows; that of the totals is no row.
    "charge": (6, 6, 0, 0),
    "payment": (5, 5, 0, 0),
    "payment_package": (2, 2, 0, 0),
}  # kind of fact: read, loaded, rejected, out of scope


@pytest.mark.requirement("A51", "A52", "A55", "B48", "B49", "B52")
def test_a_dry_run_shows_everything_and_keeps_nothing(settings: Settings, dump: Path, finished: Path) -> None:
    before = counts_of_all_tables(settings)
    tried = try_load(settings, dump, profile=str(finished), by=BY)
    assert counts_of_all_tables(settings) == before
    entities = {row[0]: (row[1], row[2], row[4], row[5]) for row in tried.figures["entities"].rows}
    assert entities == VERDICTS
    rejects = {(row[0], row[1], row[2], row[4]) for row in tried.figures["rejects"].rows}
    assert rejects == {
        ("asos/SA03/ISTEM.DBF", 3, "metering_point", "TARIFF_UNKNOWN"),
        ("asos/SA03/HISOBLAG.DBF", 3, "meter", "ACCOUNT_REJECTED"),
        ("obhod/korsatkich.txt", 12, "reading", "NO_ACCOUNT"),
    }
    assert all(row[-1] for row in tried.figures["rejects"].rows)
    charges = {row[1]: row[3:5] for row in tried.figures["differences"].rows if row[2] == "charge_minor"}
    # 110 kWh x 600 = 66 000 soum, 56 000 stand there. Electric stoves pay half: 200 x 300 + 50 x 400 = 80 000 and not
    # 125 000. The others: 150 x 600 = 90 000, 80 x 600 = 48 000, 50 x 600 = 30 000, as they stand.
    assert charges == {"SA03/12 2026-01": (5_600_000, 6_600_000), "SA01/14 2026-01": (12_500_000, 8_000_000)}


@pytest.mark.requirement("A51", "B48")
def test_the_load_is_what_the_dry_run_showed(settings: Settings, dump: Path, finished: Path) -> None:
    tried = try_load(settings, dump, profile=str(finished), by=BY)
    loaded = migrate(settings, dump, profile=str(finished), by=BY)
    assert loaded.content_sha256 == tried.summary.content_sha256
    assert loaded.loaded_count == tried.summary.loaded_count
    assert rows(settings, "SELECT account_no FROM migration.account WHERE NOT is_deleted ORDER BY 1") == [
        ("SA01/11",), ("SA01/12",), ("SA01/14",), ("SA03/11",), ("SA03/12",), ("SA03/15",),
    ]  # fmt: skip
    # 90 000 + 125 000.50 + 7 000 + 30 000 + 1 000 = 253 000.50 soum.
    assert rows(settings, "SELECT sum(amount_minor) FROM migration.payment WHERE NOT is_deleted") == [(25_300_050,)]
    # A dry run of what was judged says so and shows the same.
    again = try_load(settings, dump, profile=str(finished), by=BY)
    assert again.summary.was_there
    assert again.figures["rejects"].rows == tried.figures["rejects"].rows


def test_a_refused_dry_run_keeps_nothing_either(settings: Settings, dump: Path, finished: Path) -> None:
    before = counts_of_all_tables(settings)
    finished.write_text(
        finished.read_text(encoding="utf-8").replace("money: QOLDIQ", "money: QOLDIK"), encoding="utf-8"
    )
    with pytest.raises(Refusal, match="QOLDIK"):
        try_load(settings, dump, profile=str(finished), by=BY)
    assert counts_of_all_tables(settings) == before


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    for name, value in settings.as_environment().items():
        assert name.startswith(ENVIRONMENT_PREFIX)
        monkeypatch.setenv(name, value)
    return lambda *arguments: run_to_an_end(command(), PROGRAM, arguments)


def test_the_commands_tell_the_same(
    run: Callable[..., int], dump: Path, tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft, page = tmp_path / "new.yaml", tmp_path / "inspection.html"
    assert run("migrate", "inspect", str(dump), "--out", str(draft), "--page", str(page)) == 0
    said = capsys.readouterr().out
    assert "asos/{res}/ISTEM.DBF" in said
    assert "What looks wrong" in said
    assert f"Drafted {draft}" in said
    assert "korsatkich.HISOB" in page.read_text(encoding="utf-8")
    # A draft that somebody works on is not written over.
    assert run("migrate", "inspect", str(dump), "--out", str(draft)) == 1
    assert f"There is a file {draft} already" in capsys.readouterr().err
    assert run("migrate", str(dump), "--profile", str(finished), "--dry-run") == 0
    said = capsys.readouterr().out
    assert "TARIFF_UNKNOWN" in said
    assert "nothing of it was kept" in said
    assert run("migrate", str(dump), "--profile", str(finished), "--json") == 0
    assert json.loads(capsys.readouterr().out)["rejected_count"] == 3
