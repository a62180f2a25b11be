"""The places of the hierarchy as a user may see them: one place with all above it, and where a user is at home.

Figures of a place are asked in `balance` and `losses`.
"""

from dataclasses import dataclass
from typing import Any, Self

from psycopg import sql

from dashboards.reading import Reader
from dashboards.words.refusals import RefusedInWords

LEVELS = ("republic", "region", "ptpp", "res", "substation", "feeder", "transformer_point")

_COLUMNS = """
    u.unit_id, u.code, u.level, u.depth, u.parent_unit_id, u.res_id, u.is_verified,
    u.name_en, u.name_ru, u.name_uk, u.name_uz
"""

_WITH_ALL_ABOVE = f"""
WITH seen AS (SELECT ops.visible_res_ids() AS res_ids),
asked AS (SELECT * FROM marts.dim_unit WHERE code = %(code)s),
below AS (
    SELECT a.unit_id, count(*) AS res_count, count(*) FILTER (WHERE r.unit_id = ANY (s.res_ids)) AS seen_res_count
    FROM asked AS q
    CROSS JOIN LATERAL unnest(ARRAY[q.republic_id, q.region_id, q.ptpp_id, q.res_id]) AS a (unit_id)
    INNER JOIN marts.dim_unit AS r
        ON r.level = 'res' AND a.unit_id IN (r.republic_id, r.region_id, r.ptpp_id, r.res_id)
    CROSS JOIN seen AS s
    GROUP BY a.unit_id
)
SELECT {_COLUMNS}, coalesce(b.res_count, 0) AS res_count, coalesce(b.seen_res_count, 0) AS seen_res_count,
    coalesce(u.res_id = ANY (s.res_ids), false) AS is_in_seen_res
FROM asked AS q
CROSS JOIN seen AS s
INNER JOIN marts.dim_unit AS u
    ON u.unit_id IN (
        q.republic_id, q.region_id, q.ptpp_id, q.res_id, q.substation_id, q.feeder_id, q.transformer_point_id
    )
LEFT JOIN below AS b ON b.unit_id = u.unit_id
ORDER BY u.depth
"""  # noqa: S608 - only the fixed list of columns is put in

# A user is at home in the highest units whose every RES is visible.
_HOMES = """
WITH seen AS (SELECT unnest(ops.visible_res_ids()) AS res_id),
whole AS (
    SELECT a.unit_id
    FROM marts.dim_unit AS r
    CROSS JOIN LATERAL (
        SELECT DISTINCT i FROM unnest(ARRAY[r.republic_id, r.region_id, r.ptpp_id, r.res_id]) AS i WHERE i IS NOT NULL
    ) AS a (unit_id)
    LEFT JOIN seen AS s ON s.res_id = r.unit_id
    WHERE r.level = 'res'
    GROUP BY a.unit_id
    HAVING count(*) = count(s.res_id)
)
SELECT u.code
FROM marts.dim_unit AS u
INNER JOIN whole AS w ON w.unit_id = u.unit_id
WHERE NOT EXISTS (SELECT 1 FROM whole AS p WHERE p.unit_id = u.parent_unit_id)
ORDER BY u.depth, u.unit_id
LIMIT 20
"""

_TOP = "SELECT u.code FROM marts.dim_unit AS u WHERE u.parent_unit_id IS NULL ORDER BY u.depth, u.unit_id LIMIT 1"


@dataclass(frozen=True)
class Unit:
    unit_id: int
    code: str
    level: str
    res_id: int | None
    is_verified: bool
    names: dict[str, str | None]
    is_permitted: bool

    @classmethod
    def of(cls, row: dict[str, Any], *, is_permitted: bool) -> Self:
        names = {locale: row[f"name_{locale}"] for locale in ("en", "ru", "uk", "uz")}
        return cls(row["unit_id"], row["code"], row["level"], row["res_id"], row["is_verified"], names, is_permitted)

    def name(self, locale: str) -> str:
        return self.names.get(locale) or self.names["en"] or self.code


@dataclass(frozen=True)
class Place:
    """A unit and the units above it as hung today, the top first."""

    units: tuple[Unit, ...]

    @property
    def unit(self) -> Unit:
        return self.units[-1]

    @property
    def own_column(self) -> sql.Identifier:
        """The column of `marts.dim_unit` that holds this place for everything under it."""
        return sql.Identifier("u", f"{self.unit.level}_id")

    @property
    def child_column(self) -> sql.Composable:
        """The unit directly under this place: levels may be left out, so the first deeper one that is there."""
        deeper = LEVELS[LEVELS.index(self.unit.level) + 1 :]
        if not deeper:
            return sql.SQL("NULL::integer")
        return sql.SQL("coalesce({})").format(
            sql.SQL(", ").join(sql.Identifier("u", f"{level}_id") for level in deeper)
        )

    def steps_to(self, position: int, top_code: str) -> tuple[str, ...]:
        """The codes that an address names for the unit at this position; the usual top goes without saying."""
        codes = [unit.code for unit in self.units[: position + 1]]
        return tuple(codes[1:] if codes[0] == top_code and len(codes) > 1 else () if codes[0] == top_code else codes)

    def steps(self, top_code: str) -> tuple[str, ...]:
        return self.steps_to(len(self.units) - 1, top_code)


def find_place(reader: Reader, code: str) -> Place:
    """The unit with this code and all above it; refused when there is none."""
    units: list[Unit] = []
    for row in reader.rows(_WITH_ALL_ABOVE, {"code": code}):
        if row["res_id"] is not None:
            is_permitted = row["is_in_seen_res"]
        elif row["res_count"]:
            is_permitted = row["res_count"] == row["seen_res_count"]
        else:
            is_permitted = bool(units) and units[-1].is_permitted
        units.append(Unit.of(row, is_permitted=is_permitted))
    if not units:
        raise RefusedInWords(
            'There is no unit with the code "{code}"; start from the top and choose it from the tables.', code=code
        )
    return Place(tuple(units))


def top_code(reader: Reader) -> str | None:
    """The code of the unit that addresses start below; None while no unit is known."""
    row = reader.row(_TOP)
    return None if row is None else row["code"]


def home_codes(reader: Reader) -> list[str]:
    """The highest units that are wholly within the user's rights."""
    return [row["code"] for row in reader.rows(_HOMES)]
