"""Specifications of forms: those we have hold together, and a wrong one is refused with its place."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest
import yaml

from dashboards.forms.specification import SPECIFICATIONS_DIR, Specification
from dashboards.forms.specification_files import all_specifications, read_specification, specification_for
from dashboards.forms.words import words_by_language
from operational_db.refusal import Refusal

R1_FILE = SPECIFICATIONS_DIR / "R1.v1.yaml"


def _refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "R1.v1.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        read_specification(path)
    return refused.value.sentence


def test_every_form_is_read() -> None:
    forms = all_specifications()
    assert [form.code for form in forms] == ["R1", "R3"]


def test_every_language_a_form_may_have_has_every_word_of_paper() -> None:
    words = words_by_language()
    assert set(words) == set(get_args(Specification.model_fields["language"].annotation))
    assert {language: set(known) for language, known in words.items()} == {
        language: set(words["en"]) for language in words
    }


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ("    depth: 1\n", "    deep: 1\n", "rows.2.deep: Extra inputs are not permitted"),
        ('parts: ["2.1", "2.2"]', 'parts: ["2.1", "2.9"]', 'rows.2.parts names the line "2.9"'),
        ('line: "2.2"', 'line: "2.1"', 'rows.4.line repeats "2.1"'),
        ('{of: "2", by: "1p"}', '{of: "2", by: "7"}', 'columns.4 names the column "7"'),
        ("source: supply, measure: vat_minor", "source: sale, measure: vat_minor", 'columns.3 names the source "sale"'),
        ("measure: vat_minor", "measure: vat; DROP TABLE x", "columns.3.sum.1.measure: String should match pattern"),
        ("decimals: 2", "decimals: two", "columns.4.decimals: Input should be a valid integer"),
        ('en: "Average tariff"', 'en: ""', 'columns.4.name has no text in the language "en"'),
        ("{one_of: [legacy_billed]}", "{}", 'needs exactly one of one_of, none_of and before_month for "origin"'),
        ('row_codes_from: "4-НКРЕ, 30.03.2017"\n', "", "rows.1.code comes from no document"),
        ("valid_from: 2001-01-01", "valid_from: 2001-01-01\nvalid_to: 2000-01-01", "valid_to is not after valid_from"),
        ("language: ru\n", "language: ru\nlanguage: uz\n", 'the key "language" stands twice'),
        ("language: ru\n", "language: [ru\n", "is not YAML"),
    ],
)
def test_a_wrong_specification_is_refused_with_its_place(tmp_path: Path, there: str, instead: str, told: str) -> None:
    right = R1_FILE.read_text(encoding="utf-8")
    assert there in right
    sentence = _refusal(tmp_path, right.replace(there, instead, 1))
    assert sentence.startswith("The specification R1.v1.yaml is wrong at line ")
    assert told in sentence


def test_the_line_of_a_fault_is_where_an_editor_shows_it(tmp_path: Path) -> None:
    right = R1_FILE.read_text(encoding="utf-8")
    line = 1 + next(number for number, text in enumerate(right.splitlines()) if "decimals: 2" in text)
    assert f"at line {line}:" in _refusal(tmp_path, right.replace("decimals: 2", "decimals: 9", 1))


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list\n", "\tx: 1", "\x00"])
def test_what_is_no_form_at_all_is_refused(tmp_path: Path, text: str) -> None:
    assert "R1.v1.yaml" in _refusal(tmp_path, text)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "R1.v1.yaml"
    path.write_bytes(R1_FILE.read_text(encoding="utf-8").encode("cp1251", errors="replace"))
    with pytest.raises(Refusal, match="give a UTF-8 file"):
        read_specification(path)


def _version(folder: Path, version: int, valid_from: date, valid_to: date | None) -> None:
    form = yaml.safe_load(R1_FILE.read_text(encoding="utf-8"))
    form |= {"version": version, "valid_from": valid_from, "valid_to": valid_to}
    (folder / f"R1.v{version}.yaml").write_text(yaml.safe_dump(form, allow_unicode=True), encoding="utf-8")


def test_the_version_that_holds_in_the_month_is_taken(tmp_path: Path) -> None:
    _version(tmp_path, 1, date(2020, 1, 1), date(2025, 5, 1))
    _version(tmp_path, 2, date(2025, 5, 1), None)
    assert specification_for("R1", date(2025, 4, 1), tmp_path).version == 1
    assert specification_for("R1", date(2025, 5, 1), tmp_path).version == 2
    with pytest.raises(Refusal, match="no version that holds in 2019-12 .version 1 from 2020-01-01 to 2025-05-01"):
        specification_for("R1", date(2019, 12, 1), tmp_path)


def test_two_versions_for_the_same_day_are_refused(tmp_path: Path) -> None:
    _version(tmp_path, 1, date(2020, 1, 1), None)
    _version(tmp_path, 2, date(2025, 5, 1), None)
    with pytest.raises(Refusal, match="Versions 1 and 2 of form R1 hold on the same days"):
        all_specifications(tmp_path)


def test_a_file_named_as_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "R1.v2.yaml").write_bytes(R1_FILE.read_bytes())
    with pytest.raises(Refusal, match=r"name the file R1\.v1\.yaml"):
        all_specifications(tmp_path)
