"""The language of profiles: one declaration behind the reader's refusals, the schema of editors and the page.

A broken profile is refused with the line of the mistake, and so it is by the schema where a schema can tell.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from legacy_migration.canonical_rules import RULES
from legacy_migration.marked_yaml import read_marked_yaml
from legacy_migration.profile import PROFILES_DIR, read_profile
from legacy_migration.profile_language.keys import FORMATS, RULES_BY_NAME
from legacy_migration.profile_language.schema import SCHEMA_FILE
from operational_db.refusal import Refusal

RIGHT = """profile: district
title: The district's own program
first_day: {file: readings, column: DATA, format: dd.mm.yyyy}
lists:
  tariffs:
    unknown: TARIFF_UNKNOWN
    codes: {"1": uz.household}
files:
  people:
    path: base/{res}/PEOPLE.CSV
    format: delimited
    encoding: cp1251
    delimiter: ";"
    decimal: ","
    required: true
    sums:
      - DEBT
      - PAID
    unused:
      NOTE: free text
    rows:
      - to: account
        fields:
          account_no: {account_number: ["{folder}", RAH]}
          kind: {constant: household}
          res_code: {folder: res}
          full_name: {text: FIO, lost_letters: "?"}
          contract_on: {date: DOG, format: dd.mm.yyyy, optional: true}
          residents: {number: OSOB, times: "1", optional: true}
          is_archived: {flag: ARH, "true": ["T", "1"]}
      - to: metering_point
        fields:
          point_code:
            one_of:
              - {account_number: ["{folder}", RAH]}
              - {account_number: ["{folder}", BOOK, CODE]}
          account_no: {account_number: ["{folder}", RAH]}
          res_code: {folder: res}
          tariff_code: {code: TAR, list: tariffs}
      - to: grid_energy
        months: 12
        fields:
          meter_code: {text: RAH}
          service_month: {each_month: true}
          energy_kwh: {number: "E{mm}"}
  letters:
    path: letters/*
    format: none
    out_of_scope: correspondence
"""
LINES = RIGHT.splitlines()


def line_of(text: str) -> int:
    """Number of the first line that holds the text."""
    return next(number for number, line in enumerate(LINES, start=1) if text in line)


# name: (what stands there, what is written instead, the text in whose line the mistake then stands, the sentence,
#        whether a schema can tell)
BROKEN = {
    "unknown key of the profile": (
        "title:",
        "titel:",
        "title:",
        'the profile has no "titel"; did you mean "title"',
        True,
    ),
    "unknown key of a file": ("    decimal:", "    decimals:", "decimal:", 'people" has no "decimals"; did', True),
    "unknown key of rows": ("months: 12", "month: 12", "months:", 'an entry of `rows` has no "month"', True),
    "unknown key of a list": ("    codes:", "    code:", "codes:", 'the list "tariffs" has no "code"', True),
    "missing title": ("title: The district's own program\n", "", "profile:", 'lacks "title" (what it describes)', True),
    "missing path": ("    path: base/{res}/PEOPLE.CSV\n", "", "path: base", 'the file "people" lacks "path"', True),
    "missing delimiter": ('    delimiter: ";"\n', "", "path: base", 'is delimited and lacks "delimiter"', True),
    "delimiter of a dbf": ("format: delimited", "format: dbf", "delimiter:", 'is dbf, which has no "delimiter"', True),
    "delimiter of no letters": ('delimiter: ";"', 'delimiter: ""', "delimiter:", "holds nothing", True),
    "encoding of a column": (
        'delimiter: ";"',
        'encodings: {FIO: cp9}\n    delimiter: ";"',
        "delimiter:",
        '"cp9" is not known',
        False,
    ),
    "in place of nothing": (
        'delimiter: ";"',
        'instead_of: none\n    delimiter: ";"',
        "delimiter:",
        'stands in place of "none", which',
        False,
    ),
    "sheet of a text": (
        'delimiter: ";"',
        'sheet: A\n    delimiter: ";"',
        "delimiter:",
        'is delimited, which has no "sheet"',
        True,
    ),
    "group that is no total": (
        'delimiter: ";"',
        'totals: {column: A, starts_with: [All], groups: [Part]}\n    delimiter: ";"',
        "delimiter:",
        '"Part" of `groups` is not in `starts_with`',
        False,
    ),
    "unknown format": ("format: delimited", "format: access", "format: del", '"access" is not one of dbf', True),
    "unknown encoding": ("encoding: cp1251", "encoding: cp9999", "encoding:", '"cp9999" is not known', False),
    "decimal mark": ('decimal: ","', 'decimal: ";"', "decimal:", '";" is not one of ., ,', True),
    "text for a switch": ("required: true", 'required: "yes"', "required:", "must be true or false", True),
    "switch for a text": ("title: The district's own program", "title: true", "title:", 'put "true" in quo', True),
    "nothing behind a key": ("title: The district's own program", "title:", "title:", "holds nothing", True),
    "text for a list": ("    sums:\n      - DEBT\n      - PAID\n", "    sums: DEBT\n", "sums:", "must be a list", True),
    "empty item of a list": ("      - PAID", "      -", "- PAID", "has an item that holds nothing", True),
    "empty reason": ("NOTE: free text", "NOTE:", "NOTE:", 'has "NOTE", which holds nothing', True),
    "unused but used": ("NOTE: free text", "FIO: no use", "NOTE:", '"FIO" unused, but account reads it', False),
    "neither rows nor reason": ("    out_of_scope: correspondence\n", "", "path: letters", "either `rows` or", True),
    "both rows and reason": ("    unused:\n", "    out_of_scope: old\n    unused:\n", "path: base", "either", True),
    "rows that are no list": (
        "out_of_scope: corr",
        "rows: corr",
        "out_of_scope:",
        "rows must be a list of mappings",
        True,
    ),
    "unknown fact": ("to: account", "to: planet", "to: account", '"planet" is no kind of fact', True),
    "unknown field": ("full_name:", "colour:", "full_name:", 'account has no field "colour"', True),
    "missing field": ("          kind: {constant: household}\n", "", "fields:", 'account needs the field "kind"', True),
    "field that is a text": ("res_code: {folder: res}", "res_code: RES", "res_code:", "must be a mapping", True),
    "no rule": ("{text: FIO, lost", "{lost", "full_name:", "needs exactly one rule of text", True),
    "two rules": ("{text: FIO,", "{text: FIO, number: FIO,", "full_name:", "exactly one rule", True),
    "unknown rule": ("{number: OSOB,", "{integer: OSOB,", "residents:", "needs exactly one rule", True),
    "option of another rule": (
        '{text: FIO, lost_letters: "?"}',
        "{text: FIO, side: debit}",
        "full_name:",
        'a field has no "side" beside text',
        True,
    ),
    "option with another value": ("optional: true}", "optional: maybe}", "contract_on:", "must be true or", True),
    "date without a format": (", format: dd.mm.yyyy, optional", ", optional", "contract_on:", 'lacks "format"', True),
    "wrong format of a date": (
        "DOG, format: dd.mm.yyyy",
        "DOG, format: dd.mm.yy",
        "contract_on:",
        '"dd.mm.yy" is not one of yyyymmdd, ddmmyyyy, dd.mm.yyyy',
        True,
    ),
    "month's format for a date": (
        "DOG, format: dd.mm.yyyy",
        "DOG, format: yyyymm",
        "contract_on:",
        '"yyyymm" is not one of yyyymmdd',
        True,
    ),
    "flag without values": (', "true": ["T", "1"]', "", "is_archived:", 'lacks "true"', True),
    "factor that is no number": ('times: "1"', "times: thousand", "residents:", '"thousand" is not a number', True),
    "account number of a text": (
        'number: ["{folder}", RAH]}\n          kind',
        "number: RAH}\n          kind",
        "account_no:",
        "must be a list of at least 1",
        True,
    ),
    "unknown list": ("list: tariffs", "list: prices", "tariff_code:", '"prices", which is not there; kno', False),
    "code without a list": (", list: tariffs", "", "tariff_code:", 'lacks "list"', True),
    "list that is a text": (
        ':\n    unknown: TARIFF_UNKNOWN\n    codes: {"1": uz.household}\n',
        ": TARIFF\n",
        "tariffs:",
        "must be a mapping",
        True,
    ),
    "list without codes": ('    codes: {"1": uz.household}\n', "", "unknown:", "needs either `mapping` (a CSV", True),
    "mapping that is not there": (
        'codes: {"1": uz.household}',
        "mapping: none.csv",
        "codes:",
        'file "none.csv"',
        False,
    ),
    "month without months": (
        "        months: 12\n",
        "",
        "service_month:",
        "has {mm} in a column, which needs `months`",
        False,
    ),
    "count that is none": ("months: 12", "months: twelve", "months:", '"twelve" is not a count', True),
    "first day of no file": ("{file: readings", "{file: raedings", "first_day:", 'the file "raedings"', False),
    "no folder in the path": ("base/{res}/PEOPLE", "base/PEOPLE", "account_no:", "has no {name} in it", False),
    "key twice": (
        "required: true\n",
        "required: true\n    encoding: cp866\n",
        "sums:",
        '"encoding" stands there twi',
        False,
    ),
    "name of a file": ("  letters:\n", "  let-ters:\n", "  letters:", "letters, digits and _ only", True),
    "not YAML": ("title: The", "title: [The", "first_day:", "this is not YAML", False),
    "tabulator": ("    format: none", "\tformat: none", "format: none", "this is not YAML", False),
}


def as_an_editor(path: Path) -> object:
    """As YAML 1.2 reads it: numbers are numbers, `no` is a word, a date is text."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {}
    for tag, expression, letters in (
        ("bool", "^(?:true|false)$", "tf"),
        ("null", "^(?:~|null|)$", ["~", "n", ""]),
        ("int", "^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?[0-9]+\.[0-9]*$", "-+0123456789"),
    ):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(expression), list(letters))
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a SafeLoader


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_rules_of_the_language_are_those_that_are_computed() -> None:
    assert set(RULES) == set(RULES_BY_NAME)


@pytest.mark.parametrize("path", sorted(PROFILES_DIR.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_profile_is_right_for_the_reader_and_for_an_editor(
    path: Path, validator: jsonschema.Draft7Validator
) -> None:
    assert read_profile(str(path)).name == path.stem
    assert [error.message for error in validator.iter_errors(as_an_editor(path))] == []
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../profile.schema.json\n")


def test_the_right_profile_is_right(tmp_path: Path, validator: jsonschema.Draft7Validator) -> None:
    path = tmp_path / "right.yaml"
    # The file that tells of the first day is described, too.
    path.write_text(RIGHT.replace("{file: readings", "{file: people"), encoding="utf-8")
    profile = read_profile(str(path))
    assert profile.file("people").unused == {"NOTE": "free text", "DATA": "it tells the first day of the dump"}
    assert [error.message for error in validator.iter_errors(as_an_editor(path))] == []


@pytest.mark.requirement("A54", "B51")
@pytest.mark.parametrize("name", BROKEN)
def test_broken_profile_is_refused_with_its_line(
    tmp_path: Path, name: str, validator: jsonschema.Draft7Validator
) -> None:
    right, wrong, marked_by, told, schema_tells = BROKEN[name]
    assert RIGHT.count(right) >= 1
    path = tmp_path / "broken.yaml"
    text = RIGHT if name == "first day of no file" else RIGHT.replace("{file: readings", "{file: people")
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_profile(str(path))
    line = int(re.match(rf"{re.escape(str(path))}, line (\d+): ", refusal.value.sentence)[1])
    assert line == line_of(marked_by), refusal.value.sentence
    assert told in refusal.value.sentence
    if schema_tells:
        assert list(validator.iter_errors(as_an_editor(path)))


def test_a_letter_that_no_text_has_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(RIGHT.replace("correspondence", "corres\x07pondence"), encoding="utf-8")
    with pytest.raises(Refusal, match=rf"line {line_of('correspondence')}: a letter that no text has"):
        read_profile(str(path))


def test_columns_called_no_and_on_are_words(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text("profile: x\nother: {no: on, true: [yes, T]}\n", encoding="utf-8")
    assert read_marked_yaml(path)["other"] == {"no": "on", "true": ["yes", "T"]}


@pytest.mark.parametrize("module", ["schema", "page"])
def test_what_is_written_from_the_declaration_is_up_to_date(module: str) -> None:
    command = [sys.executable, "-m", f"legacy_migration.profile_language.{module}", "--check"]
    assert subprocess.run(command, check=False, capture_output=True, text=True).stderr == ""


def test_every_format_is_told_on_the_page() -> None:
    assert {"dbf", "delimited", "layout_80020", "none"} <= set(FORMATS)
