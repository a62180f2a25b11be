"""How is a kind of fact told on both sides in one way? The pairs of queries in `projections/*.sql`.

Belongs here: reading and checking the pairs. Does not belong here: comparing them (`full_comparison`).

Each file has two queries behind `-- side: loaded` and `-- side: book`. Both give `legacy_key` and the same facts in the
same order; the loaded side ends with `file_id, row_no`, the book's with `source_id`, which are not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

PROJECTIONS_DIR: Final = Path(__file__).parent / "projections"
_LOADED, _BOOK = "-- side: loaded\n", "-- side: book\n"
_OF_LOADED, _OF_BOOK = ("file_id", "row_no"), ("source_id",)


@dataclass(frozen=True)
class Projection:
    """One kind of fact: its query on each side and the names of the facts that are compared."""

    entity: str
    loaded: str
    book: str
    facts: tuple[str, ...]


def read_projections(session: psycopg.Connection, words: Mapping[str, str]) -> list[Projection]:
    """All kinds of published facts, with the words of a load filled in; a pair that does not fit is our mistake."""
    return [_projection(session, file, words) for file in sorted(PROJECTIONS_DIR.glob("*.sql"))]


def _projection(session: psycopg.Connection, file: Path, words: Mapping[str, str]) -> Projection:
    text = file.read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(word, value)
    loaded, book = text.split(_LOADED)[1].split(_BOOK)
    of_loaded, of_book = _columns(session, loaded), _columns(session, book)
    facts = of_loaded[1 : -len(_OF_LOADED)]
    names = [name for name, _ in of_loaded]
    if names[0] != "legacy_key" or tuple(names[-2:]) != _OF_LOADED:
        raise ValueError(f"{file.name}: the loaded side gives {names}.")
    if [name for name, _ in of_book] != ["legacy_key", *(name for name, _ in facts), *_OF_BOOK]:
        raise ValueError(f"{file.name}: the sides give different facts: {names}, {[name for name, _ in of_book]}.")
    if [kind for _, kind in facts] != [kind for _, kind in of_book[1:-1]]:
        raise ValueError(f"{file.name}: the sides give facts of different types: {of_loaded}, {of_book}.")
    return Projection(file.stem, loaded, book, tuple(name for name, _ in facts))


def _columns(session: psycopg.Connection, query: str) -> list[tuple[str, int]]:
    cursor = session.execute(f"SELECT * FROM ({query}) AS n LIMIT 0")  # noqa: S608 - a file of ours
    return [(column.name, column.type_code) for column in cursor.description or ()]
