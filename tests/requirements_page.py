"""docs/requirements.md: every item that the source documents ask for, and the tests that prove it.

`python -m tests.requirements_page` writes the page from tests/requirements.csv and the marks of tests; with `--check`
it exits with 1 when the page is out of date, or when a mark names an item that is not there.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from operational_db.refusal import Refusal
from operational_db.settings import REPOSITORY_DIR
from tests.requirement_marks import Mark, read_marks

ITEMS_FILE = Path("tests", "requirements.csv")
PAGE = Path("docs", "requirements.md")
SHOWN_PROOFS = 3

_COLUMNS = ["id", "document", "text"]
_ID = re.compile(r"[A-Z][1-9][0-9]*")
_HEAD = """# What each requirement is proved by

Written by `python -m tests.requirements_page`; `make check` says when it is out of date. Items stand in
`tests/requirements.csv`, by source document and in our words. An item is proved by the tests that carry its id:
`@pytest.mark.requirement("E47")` below `tests/`, `config: {meta: {requirement: [E47]}}` in `dbt_project/`. An open item
has no such test, whatever else may be there.
"""


@dataclass(frozen=True)
class Item:
    """One thing that a document asks for; `document` is the document's title."""

    id: str
    document: str
    text: str


def read_items(repository: Path) -> list[Item]:
    """The items in the order of the file; a row that is wrong is refused by its number."""
    with (repository / ITEMS_FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if not rows or rows[0] != _COLUMNS:
        raise Refusal(f"{ITEMS_FILE}, line 1: the columns are {', '.join(_COLUMNS)}; correct the heading.")
    titles: dict[str, str] = {}
    items: dict[str, Item] = {}
    for number, row in enumerate(rows[1:], start=2):
        place = f"{ITEMS_FILE}, row {number}"
        if len(row) != len(_COLUMNS) or not all(row) or "\n" in "".join(row):
            raise Refusal(f"{place}: a row is an id, a title and a text, each in one line; correct the row.")
        item = Item(*row)
        if not _ID.fullmatch(item.id):
            raise Refusal(f'{place}: "{item.id}" is no id; write a letter and a number, such as E47.')
        if item.id in items:
            raise Refusal(f"{place}: {item.id} stands there twice; keep one of them.")
        if titles.setdefault(item.id[0], item.document) != item.document:
            raise Refusal(
                f'{place}: {item.id} is of "{item.document}", but items of {item.id[0]} are of '
                f'"{titles[item.id[0]]}"; give all of a letter one title.'
            )
        items[item.id] = item
    return list(items.values())


def page(items: Sequence[Item], marks: Sequence[Mark]) -> str:
    """The whole page; marks of unknown items are refused, a sentence each."""
    known = {item.id for item in items}
    unknown = [
        f'{mark.file}, line {mark.line}: there is no requirement "{mark.requirement_id}"; take an id of {ITEMS_FILE}.'
        for mark in marks
        if mark.requirement_id not in known
    ]
    if unknown:
        raise Refusal("\n".join(dict.fromkeys(unknown)))
    proofs: defaultdict[str, list[str]] = defaultdict(list)
    for mark in marks:
        proof = _proof(mark)
        if proof not in proofs[mark.requirement_id]:
            proofs[mark.requirement_id].append(proof)
    lines = [_HEAD, _count(items, proofs)]
    for document, grouped in groupby(items, lambda item: item.document):
        of_document = list(grouped)
        lines += ["", f"## {document}", _count(of_document, proofs), ""]
        lines += ["| id | what is asked for | proof |", "|---|---|---|"]
        lines += [f"| {item.id} | {_cell(item.text)} | {_cell(_told(proofs[item.id]))} |" for item in of_document]
    return "\n".join(lines) + "\n"


def _proof(mark: Mark) -> str:
    """`scenarios/test_bill_a_month.py: a household is billed by steps`."""
    file = mark.file.relative_to("tests") if mark.file.parts[0] == "tests" else mark.file
    return f"`{file.as_posix()}`: {mark.test.removeprefix('test_').replace('_', ' ')}"


def _count(items: Sequence[Item], proofs: dict[str, list[str]]) -> str:
    proved_count = sum(bool(proofs.get(item.id)) for item in items)
    return f"{len(items)} items: {proved_count} proved, {len(items) - proved_count} open."


def _told(proofs: Sequence[str]) -> str:
    more = [f"and {len(proofs) - SHOWN_PROOFS} more"] if len(proofs) > SHOWN_PROOFS else []
    return "; ".join([*proofs[:SHOWN_PROOFS], *more]) or "open"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def main(arguments: list[str], repository: Path = REPOSITORY_DIR) -> int:
    """Write the page, or with `--check` only compare; returns the exit code."""
    try:
        written = page(read_items(repository), read_marks(repository))
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.sentence}\n")
        return 1
    if arguments != ["--check"]:
        (repository / PAGE).write_text(written, encoding="utf-8")
        return 0
    if (repository / PAGE).is_file() and (repository / PAGE).read_text(encoding="utf-8") == written:
        return 0
    sys.stderr.write(f"{PAGE} is out of date; run `.venv/bin/python -m tests.requirements_page`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
