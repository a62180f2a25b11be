"""The page of requirements: what counts as a proof, which marks are refused, and a page that has grown old."""

from collections import Counter
from pathlib import Path

import pytest

from operational_db.refusal import Refusal
from operational_db.settings import REPOSITORY_DIR
from tests.requirement_marks import Mark, read_marks
from tests.requirements_page import main, page, read_items

ITEMS = """id,document,text
E1,"Billing, part one",Bill a household
E2,"Billing, part one",Close a month | for good
F1,Losses,See a loss
"""

TESTS = """
import pytest

@pytest.mark.requirement("E1", "F1")
@pytest.mark.parametrize("month", [1, pytest.param(2, marks=pytest.mark.requirement("E2"))])
def test_a_household_is_billed(month): ...
"""

DBT = """
models:
  - name: fct_loss
    columns:
      - name: loss_kwh
    data_tests:
      - holds_for_every_row:
          name: a_loss_adds_up
          config: {meta: {requirement: [F1]}}
unit_tests:
  - name: a_month_is_final
    config: {meta: {owner: nobody, requirement: [E2, F1]}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with three items, one Python test and one file of dbt."""
    for folder in ("tests/unit", "dbt_project/models", "dbt_project/target", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/requirements.csv").write_text(ITEMS, encoding="utf-8")
    (tmp_path / "tests/unit/test_bills.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "dbt_project/models/fct_loss.yml").write_text(DBT, encoding="utf-8")
    return tmp_path


def _add_test(repository: Path, text: str) -> None:
    (repository / "tests/unit/test_more.py").write_text(text, encoding="utf-8")


def _refused(capsys: pytest.CaptureFixture[str], repository: Path) -> str:
    assert main(["--check"], repository) == 1
    return capsys.readouterr().err


def test_items_stand_by_document_with_their_proofs(repository: Path) -> None:
    assert main([], repository) == 0
    written = (repository / "docs/requirements.md").read_text(encoding="utf-8")
    head, billing, losses = written.split("\n## ")
    assert head.endswith("\n3 items: 3 proved, 0 open.\n")
    by_test = "`unit/test_bills.py`: a household is billed"
    by_dbt = "`dbt_project/models/fct_loss.yml`: a month is final"
    assert billing.splitlines() == [
        "Billing, part one",
        "2 items: 2 proved, 0 open.",
        "",
        "| id | what is asked for | proof |",
        "|---|---|---|",
        f"| E1 | Bill a household | {by_test} |",
        rf"| E2 | Close a month \| for good | {by_test}; {by_dbt} |",
    ]
    adds_up = "`dbt_project/models/fct_loss.yml`: a loss adds up"
    assert losses.splitlines()[-1] == f"| F1 | See a loss | {by_test}; {adds_up}; {by_dbt} |"


def test_an_item_without_a_test_is_open_and_many_proofs_are_counted(repository: Path) -> None:
    marks = [Mark("E1", Path("tests/test_x.py"), number, f"test_{number}") for number in (1, 2, 3, 4, 5)]
    written = page(read_items(repository), [*marks, marks[0]])  # the first twice, as a parameter may carry it too
    assert "| `test_x.py`: 1; `test_x.py`: 2; `test_x.py`: 3; and 2 more |" in written
    assert "| F1 | See a loss | open |" in written
    assert "\n3 items: 1 proved, 2 open.\n" in written


def test_marks_of_classes_and_modules_hold_for_their_tests(repository: Path) -> None:
    _add_test(
        repository,
        "import pytest\n"
        'pytestmark = [pytest.mark.db, pytest.mark.requirement("E1")]\n'
        '@pytest.mark.requirement("F1")\n'
        "class TestLosses:\n"
        '    pytestmark = pytest.mark.requirement("E2")\n'
        "    def test_one(self): ...\n"
        "def test_two(): ...\n"
        "def made_up(): ...\n",
    )
    found = {(mark.test, mark.requirement_id) for mark in read_marks(repository) if mark.file.stem == "test_more"}
    assert found == {("test_one", "E1"), ("test_one", "F1"), ("test_one", "E2"), ("test_two", "E1")}


def test_every_unknown_id_is_told_with_file_line_and_id(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    _add_test(repository, 'import pytest\n\n@pytest.mark.requirement("E1", "E99")\ndef test_one(): ...\n')
    models = repository / "dbt_project/models/fct_loss.yml"
    models.write_text(DBT.replace("[E2, F1]", "[E2, G7]"), encoding="utf-8")
    (repository / "dbt_project/target/copy.yml").write_text("{name: built, meta: {requirement: [X1]}}")
    assert _refused(capsys, repository).splitlines() == [
        'tests/unit/test_more.py, line 3: there is no requirement "E99"; take an id of tests/requirements.csv.',
        'dbt_project/models/fct_loss.yml, line 12: there is no requirement "G7"; take an id of tests/requirements.csv.',
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('@pytest.mark.requirement("E1")\ndef helper(): ...', "line 1: no test carries this mark"),
        ('def test_a():\n    pytest.mark.requirement("E1")', "line 2: no test carries this mark"),
        ("@pytest.mark.requirement()\ndef test_a(): ...", "line 1: a mark names its items as texts"),
        ("@pytest.mark.requirement\ndef test_a(): ...", "line 1: a mark names its items as texts"),
        ("@pytest.mark.requirement(ALL)\ndef test_a(): ...", "line 1: a mark names its items as texts"),
        ('@pytest.mark.requirement("E1", 7)\ndef test_a(): ...', "line 1: a mark names its items as texts"),
        ("def test_a() ...", "line 1: this is not Python"),
        ('@pytest.mark.requirement(id="E1")\ndef test_a(): ...', "line 1: a mark names its items as texts"),
    ],
)
def test_a_mark_that_proves_nothing_is_refused(repository: Path, text: str, told: str) -> None:
    _add_test(repository, text)
    with pytest.raises(Refusal, match=f"tests/unit/test_more.py, {told}"):
        read_marks(repository)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("models:\n  - name: m\n    meta: {requirement: E1}", "line 3: a mark stands on something that has a name"),
        ("models:\n  - name: m\n    meta: {requirement: []}", "line 3: a mark stands on something that has a name"),
        ("models:\n  - meta: {requirement: [E1]}", "line 2: a mark stands on something that has a name"),
        ("models: [", "line 1: this is not YAML"),
    ],
)
def test_a_mark_of_dbt_that_proves_nothing_is_refused(repository: Path, text: str, told: str) -> None:
    (repository / "dbt_project/models/more.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=f"dbt_project/models/more.yml, {told}"):
        read_marks(repository)


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ("id,document", "id,title", "line 1: the columns are id, document, text"),
        ("F1,", "F01,", 'row 4: "F01" is no id; write a letter and a number'),
        ("E2,", "E1,", "row 3: E1 stands there twice"),
        ("See a loss", "", "row 4: a row is an id, a title and a text"),
        ("See a loss", "See a loss,soon", "row 4: a row is an id, a title and a text"),
        ("F1,Losses", "E3,Losses", 'row 4: E3 is of "Losses", but items of E are of "Billing, part one"'),
    ],
)
def test_a_wrong_row_of_items_is_refused_by_its_number(repository: Path, there: str, instead: str, told: str) -> None:
    (repository / "tests/requirements.csv").write_text(ITEMS.replace(there, instead), encoding="utf-8")
    with pytest.raises(Refusal, match=f"tests/requirements.csv, {told}"):
        read_items(repository)


def test_a_page_that_is_missing_or_old_is_noticed(capsys: pytest.CaptureFixture[str], repository: Path) -> None:
    told = "docs/requirements.md is out of date; run `.venv/bin/python -m tests.requirements_page`.\n"
    assert _refused(capsys, repository) == told
    assert main([], repository) == 0
    assert main(["--check"], repository) == 0
    _add_test(repository, 'import pytest\n@pytest.mark.requirement("F1")\ndef test_one(): ...\n')
    assert _refused(capsys, repository) == told


def test_the_items_of_the_five_documents_are_all_there() -> None:
    # 74 + 53 + 33 + 43 + 169 = 372, numbered without a gap.
    counts = {"A": 74, "B": 53, "C": 33, "D": 43, "E": 169}
    items = read_items(REPOSITORY_DIR)
    assert [item.id for item in items] == [
        f"{letter}{number}" for letter, count in counts.items() for number in range(1, count + 1)
    ]
    assert len(Counter(item.document for item in items)) == len(counts)
