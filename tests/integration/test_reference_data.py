"""Reference files: loaded once, changed by versions, refused in a sentence."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from operational_db.reference.loading import REFERENCE_DIR, load_reference
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from operational_db.tariffs.pricing import price

TARIFF_LABEL = (
    "vat_rate.csv, tariff_version.csv, tariff_step.csv, tariff_season.csv, tariff_zone.csv, tariff_power_price.csv"
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the reference files that a test may spoil."""
    return Path(shutil.copytree(REFERENCE_DIR, tmp_path / "reference", ignore=shutil.ignore_patterns("*.py")))


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def _changed(settings: Settings, files: Path) -> dict[str, int]:
    return {loaded.name: loaded.changed_count for loaded in load_reference(settings, files) if loaded.changed_count}


@pytest.mark.requirement("A35", "B34")
def test_loading_again_changes_nothing(settings: Settings, files: Path) -> None:
    assert _changed(settings, files) == {}


@pytest.mark.requirement("A35", "B34", "E154")
def test_a_changed_price_is_a_new_version_and_the_old_one_stays_known(
    settings: Settings, database: psycopg.Connection, files: Path
) -> None:
    step = "uz.legal,2025-05-01,all,all,1,0,1.2,"
    _edit(files / "tariff_step.csv", f"{step}1000,true", f"{step}1010,true")
    assert _changed(settings, files) == {TARIFF_LABEL: 1}
    assert price(settings, "uz.legal", date(2025, 6, 1), Decimal(1)).total_minor == 101_000
    versions = database.execute(
        "SELECT s.price_minor, v.known_to IS NULL FROM ops.tariff_version AS v"
        " INNER JOIN ops.tariff_step AS s USING (tariff_version_id)"
        " WHERE v.tariff_code = 'uz.legal' AND v.valid_from = '2025-05-01' AND s.step_no = 1"
        " ORDER BY v.tariff_version_id"
    ).fetchall()
    assert versions == [(100_000, False), (101_000, True)]
    # and back again: a third version, not a return to the first
    _edit(files / "tariff_step.csv", ",1010,true", ",1000,true")
    assert sum(_changed(settings, files).values()) == 1


@pytest.mark.requirement("A33", "B32")
def test_a_renamed_unit_keeps_its_code_and_both_names(database: psycopg.Connection) -> None:
    names = database.execute(
        "SELECT n.name, n.valid_to FROM ops.unit_name AS n INNER JOIN ops.unit AS u USING (unit_id)"
        " WHERE u.code = 'UZ' AND n.locale = 'en' ORDER BY n.valid_from"
    ).fetchall()
    assert names == [("Uzbekenergo", date(2019, 3, 27)), ("Regional Electric Networks", None)]


@pytest.mark.requirement("A33", "B32")
def test_a_unit_is_found_by_any_spelling(database: psycopg.Connection) -> None:
    by_code, by_alias = database.execute("SELECT ops.find_unit('P-SA'), ops.find_unit('samarkand ptes')").fetchone()
    assert by_code == by_alias


def test_every_uzbek_name_has_one_kind_of_apostrophe(database: psycopg.Connection) -> None:
    assert database.execute("SELECT name FROM ops.unit_name WHERE locale = 'uz' AND name ~ '[''‘`]'").fetchall() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("tariff_step.csv", "household,2025-05-01,all,all,2,200,500,8", "household,2025-05-01,all,all,2,250,500,8",
         r"row \d+ \(uz.household from 2025-05-01, step 2\) begins above 250 kWh, but the step before ends at 200"),
        ("tariff_step.csv", "uz.legal,2025-05-01,all,all,1", "uz.legal,2025-05-02,all,all,1",
         "has no version in tariff_version.csv"),
        ("posting_rule.csv", "UZ,bill,net,4010,9030", "UZ,bill,net,4010,9999", "posting_rule.csv breaks a rule.*9999"),
        ("vat_rate.csv", "UZ,0.12,2023-01-01", "UZ,0.12,2022-01-01", "breaks a rule"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_and_nothing_changes(
    settings: Settings, database: psycopg.Connection, files: Path, file: str, old: str, new: str, words: str
) -> None:
    before = database.execute("SELECT count(*), max(source_id) FROM ops.source").fetchone()
    _edit(files / file, old, new)
    with pytest.raises(Refusal, match=words):
        load_reference(settings, files)
    assert database.execute("SELECT count(*), max(source_id) FROM ops.source").fetchone() == before


def test_a_missing_file_is_named(settings: Settings, files: Path) -> None:
    (files / "article.csv").unlink()
    with pytest.raises(Refusal, match=r"article.csv is missing; restore it"):
        load_reference(settings, files)
