"""Single rows of a load that need a person: they name people, so the functions of the database ask for the right.

A list of rows is named by the steps of its address behind the load: `rows/ENTITY/VERDICT/REASON`, `expectation/CODE` or
`contradiction/CHECK`.
"""

from dataclasses import dataclass
from typing import Any

from dashboards.reading import Reader

_KEPT_BACK = "SELECT * FROM ops.rows_not_loaded(%(load_id)s, %(a)s, %(b)s, %(c)s, %(limit)s, %(offset)s)"
_UNEXPECTED = "SELECT * FROM ops.rows_of_expectation(%(load_id)s, %(a)s, %(limit)s, %(offset)s)"
_CONTRADICTED = "SELECT * FROM ops.contradicted_figures(%(load_id)s, %(a)s, %(limit)s, %(offset)s)"

_COUNTS = {
    "rows": """
SELECT sum(r.row_count)::bigint AS row_count, sum(r.energy_kwh) AS energy_kwh,
    sum(r.amount_minor)::numeric AS amount_minor
FROM marts.fct_migration_reason AS r
WHERE r.load_id = %(load_id)s AND r.entity = %(a)s AND r.verdict = %(b)s AND r.reason_code = %(c)s
""",
    "expectation": """
SELECT e.failed_count AS row_count, e.energy_kwh, e.amount_minor, e.sentence_en, e.sentence_ru
FROM marts.fct_migration_expectation AS e
WHERE e.load_id = %(load_id)s AND e.expectation_code = %(a)s
""",
    "contradiction": """
SELECT c.row_count, c.energy_kwh, c.amount_minor
FROM marts.fct_migration_contradiction AS c
WHERE c.load_id = %(load_id)s AND c.check_code = %(a)s
""",
}
_LISTS = {"rows": _KEPT_BACK, "expectation": _UNEXPECTED, "contradiction": _CONTRADICTED}
_NAMES = {"rows": 3, "expectation": 1, "contradiction": 1}


@dataclass(frozen=True)
class RowList:
    """A list of rows of a load: of which kind, and what names it."""

    load_id: int
    kind: str
    names: tuple[str, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        return (str(self.load_id), self.kind, *self.names)

    @property
    def _figures(self) -> dict[str, Any]:
        return {"load_id": self.load_id, **dict(zip("abc", self.names, strict=False))}

    def whole(self, reader: Reader) -> dict[str, Any] | None:
        """How many rows there are and what is at stake in all of them; None where there is no such list."""
        found = reader.row(_COUNTS[self.kind], self._figures)
        return found if found and found["row_count"] is not None else None

    def rows(self, reader: Reader, *, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """The rows, what is worth most first."""
        return reader.rows(_LISTS[self.kind], {**self._figures, "limit": limit, "offset": offset})


def row_list(load_id: int, steps: tuple[str, ...]) -> tuple[RowList, int] | None:
    """The list that the steps behind the load name and its page, counted from 1; None where they name none."""
    if not steps or steps[0] not in _LISTS:
        return None
    names, rest = steps[1 : 1 + _NAMES[steps[0]]], steps[1 + _NAMES[steps[0]] :]
    if len(names) < _NAMES[steps[0]] or len(rest) > 1:
        return None
    page = rest[0] if rest else "1"
    if not page.isdecimal() or not 1 <= int(page) <= 1_000_000:
        return None
    return RowList(load_id, steps[0], names), int(page)
