"""Wrong dumps and wrong profiles: one sentence each that says what, where and what to do; nothing is half loaded."""

import shutil
from pathlib import Path

import pytest

from legacy_migration.commands import accept, migrate, withdraw
from legacy_migration.profile import PROFILES_DIR, read_profile
from legacy_migration.signing.filing import write_protocol
from legacy_migration.synthetic_utility.twenty_accounts.dump import twenty_accounts
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.settings import Settings

BY = "administrator"


@pytest.fixture(scope="module")
def whole_dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dump = twenty_accounts(tmp_path_factory.mktemp("legacy") / "twenty")
    shutil.rmtree(dump / "askue")  # ninety files that these tests do not touch; the profile does not demand them
    return dump


@pytest.fixture
def dump(whole_dump: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_dump, tmp_path / "dump"))


def refused(settings: Settings, dump: Path, profile: str = "merged_utility") -> str:
    with pytest.raises(Refusal) as refusal:
        migrate(settings, dump, profile=profile, by=BY)
    with connect(settings, Role.LOADER) as session:
        assert session.execute("SELECT count(*) FROM migration.protocol").fetchone() == (0,)
    return refusal.value.sentence


def test_directory_that_is_not_there(settings: Settings, tmp_path: Path) -> None:
    assert refused(settings, tmp_path / "nowhere").startswith(
        f"There is no directory {tmp_path / 'nowhere'}; give the folder"
    )


def test_directory_without_files(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no files" in refused(settings, tmp_path / "empty")


def test_unknown_profile(settings: Settings, dump: Path) -> None:
    assert 'There is no profile "oracle"; known are bdgd, merged_utility' in refused(settings, dump, "oracle")


def test_empty_file(settings: Settings, dump: Path) -> None:
    (dump / "household/SA01/LICH.DBF").write_bytes(b"")
    assert refused(settings, dump) == f"The file {dump}/household/SA01/LICH.DBF is empty; ask for it again."


@pytest.mark.requirement("A52", "B49")
def test_truncated_dbf(settings: Settings, dump: Path) -> None:
    path = dump / "household/SA01/POKAZ.DBF"
    path.write_bytes(path.read_bytes()[:-200])
    sentence = refused(settings, dump)
    assert str(path) in sentence
    assert "cut off" in sentence


def test_a_workbook_stands_in_place_of_a_table_and_one_of_them_must_be_there(settings: Settings, dump: Path) -> None:
    table = dump / "household/SA01/SALDO.DBF"
    table.unlink()
    assert refused(settings, dump) == (f"The dump {dump} has no file household/{{res}}/SALDO.DBF for SA01; ask for it.")
    # A workbook in its place is read as one, so what is no workbook is refused as that.
    table.with_suffix(".XLSX").write_bytes(b"RAH;DEB")
    assert refused(settings, dump).startswith(f"{table.with_suffix('.XLSX')} cannot be read as a workbook (")


def test_file_that_is_no_dbf(settings: Settings, dump: Path) -> None:
    path = dump / "household/SA01/POKAZ.DBF"
    path.write_text("not a table at all, only a letter to the bank\n")
    assert str(path) in refused(settings, dump)


def test_missing_file(settings: Settings, dump: Path) -> None:
    (dump / "legal/LEGAL.CSV").unlink()
    assert 'has no file legal/LEGAL.CSV ("legal_accounts" in the profile' in refused(settings, dump)


@pytest.mark.requirement("A52", "B49")
def test_missing_file_of_one_res(settings: Settings, dump: Path) -> None:
    (dump / "household/SA03/POKAZ.DBF").unlink()
    assert "has no file household/{res}/POKAZ.DBF for SA03" in refused(settings, dump)


def test_missing_column(settings: Settings, dump: Path) -> None:
    path = dump / "grid/TP.CSV"
    path.write_bytes(path.read_bytes().replace(b"S_KVA", b"POWER", 1))
    sentence = refused(settings, dump)
    assert f'The file {path} lacks a column for "rated_kva"' in sentence
    assert "wants S_KVA, the file has KOD, NAME, FIDER, POWER" in sentence


@pytest.mark.parametrize("real", ["utf-8", "cp866"])
def test_wrong_encoding(settings: Settings, dump: Path, real: str) -> None:
    path = dump / "legal/LEGAL.CSV"
    lines = path.read_text(encoding="cp1251").splitlines()
    # Three consumers have too few letters to tell an encoding by; a real list has thousands.
    path.write_text(
        "\n".join(lines + [line.replace("U00000", f"U8{n:03}0") for n in range(20) for line in lines[1:]]),
        encoding=real,
    )
    assert refused(settings, dump) == (
        f"The file {path} is in {real}, not in cp1251 as the profile says: its letters make words only so; correct the "
        "encoding in the profile."
    )


def test_unknown_protocol(settings: Settings, tmp_path: Path) -> None:
    for operation in (
        lambda: accept(settings, 99, by=BY),
        lambda: withdraw(settings, 99, by=BY),
        lambda: write_protocol(settings, 99, tmp_path),
    ):
        with pytest.raises(Refusal, match="There is no protocol 99; run `wattbook migrate` first"):
            operation()


def test_protocol_that_was_never_accepted_cannot_be_withdrawn(settings: Settings, dump: Path) -> None:
    protocol = migrate(settings, dump, profile="merged_utility", by=BY)
    with pytest.raises(Refusal, match="was never accepted"):
        withdraw(settings, protocol.protocol_id, by=BY)


@pytest.mark.requirement("A52", "B49")
def test_file_that_the_profile_does_not_know_is_shown_as_a_difference(settings: Settings, dump: Path) -> None:
    (dump / "legal/NOTES.TXT").write_text("call Rustam about the pump station\n")
    assert migrate(settings, dump, profile="merged_utility", by=BY).differing_count == 1


def test_landing_goes_on_after_a_corrected_file(settings: Settings, dump: Path) -> None:
    path = dump / "legal/LEGAL_POKAZ.CSV"
    right = path.read_bytes()
    path.write_bytes(right.replace(b"SCHET", b"NOMER", 1))
    assert "LEGAL_POKAZ.CSV" in refused(settings, dump)
    path.write_bytes(right)
    assert migrate(settings, dump, profile="merged_utility", by=BY).rejected_count == 8


WRONG_LINES = {
    "unknown key": ("title: x", "titel: x", 2, 'the profile has no "titel"'),
    "unknown fact": ("to: unit", "to: planet", 8, '"planet" is no kind of fact'),
    "unknown field": ("name: {text: NAME}", "colour: {text: NAME}", 13, 'unit has no field "colour"'),
    "missing field": ("code: {text: KOD}", "busbar_node: {text: KOD}", 9, 'unit needs the field "code"'),
    "unknown rule": ("{text: KOD}", "{guess: KOD}", 10, "needs exactly one rule"),
    "unknown option": ("{text: KOD}", "{text: KOD, magic: true}", 10, 'a field has no "magic"'),
    "unknown format": ("format: delimited", "format: excel", 5, 'format "excel" is not one of'),
    "unknown encoding": ("encoding: cp1251", "encoding: cp9999", 6, 'encoding "cp9999" is not known'),
    "not YAML": ("title: x", "title: [x", 3, "this is not YAML"),
    "key twice": ("title: x", "profile: y", 2, '"profile" stands there twice'),
}
SMALL_PROFILE = """profile: small
title: x
files:
  substations: {path: SUBST.CSV,
    format: delimited,
    encoding: cp1251, delimiter: ";",
    rows: [
      {to: unit,
        fields: {
          code: {text: KOD},
          level: {constant: substation},
          parent_code: {text: RES},
          name: {text: NAME}}}]}
"""


@pytest.mark.parametrize("name", WRONG_LINES)
def test_wrong_profile_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    right, wrong, line, told = WRONG_LINES[name]
    path = tmp_path / "small.yaml"
    path.write_text(SMALL_PROFILE.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_profile(str(path))
    assert refusal.value.sentence.startswith(f"{path}, line {line}: ")
    assert told in refusal.value.sentence


def test_every_profile_of_the_repository_is_right() -> None:
    for path in PROFILES_DIR.glob("*.yaml"):
        assert read_profile(path.stem).name == path.stem
