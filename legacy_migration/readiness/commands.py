"""Scoring the readiness of RES, and the history of scores.

Belongs here: rights, the transaction, what is kept. Does not belong here: what is counted (`figures.sql`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Final

import psycopg
from psycopg.rows import dict_row

from legacy_migration.loads import one_at_a_time
from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

FIGURES: Final = Path(__file__).parent / "figures.sql"


@dataclass(frozen=True)
class Component:
    """A part of the score: what there is, how much of it is as it should be, and what to do."""

    component_code: str
    done: Decimal
    whole: Decimal
    share: Decimal | None
    weight: Decimal
    is_stopping: bool
    sentence: str


@dataclass(frozen=True)
class Readiness:
    """The score of a RES as it was from a time on; `is_new` where this run found it otherwise than before."""

    res_code: str
    score: Decimal
    is_ready: bool
    protocol_ids: list[int]
    scored_at: datetime
    scored_by: str
    components: list[Component]
    is_new: bool = False

    @property
    def stops(self) -> list[str]:
        """Sentences of the hard stops that stand."""
        return [component.sentence for component in self.components if component.is_stopping]


def score_readiness(settings: Settings, *, by: str, res_code: str | None = None) -> list[Readiness]:
    """Score the RES (all with a load that the user may migrate, unless one is given) and keep what is new.

    Raises:
        Refusal: the RES has no load, or the user lacks the right to migrate.
    """
    with connect(settings, Role.LOADER, user=by) as session, refusals(), one_at_a_time(session, "readiness"):
        session.execute(_statements(session))
        chosen = _chosen(session, by, res_code)
        found = session.cursor(row_factory=dict_row).execute(
            "SELECT * FROM readiness_figure WHERE res_code = ANY (%s) ORDER BY res_code, sort_order", [chosen]
        )
        new = {code for code, rows in groupby(found.fetchall(), _of_res) if _keep(session, list(rows))}
        session.commit()
        return [next(_read(session, code, is_new=code in new)) for code in chosen]


def readiness_history(settings: Settings, res_code: str) -> list[Readiness]:
    """All scores of a RES, the newest first."""
    with connect(settings, Role.LOADER) as session:
        return list(_read(session, res_code))


def _of_res(row: dict) -> str:
    return row["res_code"]


def _statements(session: psycopg.Connection) -> str:
    (coins,) = session.execute("SELECT value FROM ops.parameter WHERE parameter_code = 'minor_per_major'").fetchone()
    text = FIGURES.read_text(encoding="utf-8")
    return text.replace(":minor_per_major", coins).replace(":money_digits", str(len(coins) - 1))


def _chosen(session: psycopg.Connection, by: str, res_code: str | None) -> list[str]:
    if res_code is None:
        chosen = session.execute(
            "SELECT DISTINCT l.res_code FROM readiness_load AS l WHERE ops.holds_right(%s, 'migrate', l.res_id) "
            "ORDER BY 1",
            [by],
        ).fetchall()
        if chosen:
            return [code for (code,) in chosen]
        raise Refusal("No RES with a load is yours to score; migrate a dump first, or ask for the right to.")
    row = session.execute(
        "SELECT l.res_id FROM readiness_load AS l WHERE l.res_code = %s LIMIT 1", [res_code]
    ).fetchone()
    if row is None:
        (known,) = session.execute(
            "SELECT string_agg(DISTINCT l.res_code, ', ' ORDER BY l.res_code) FROM readiness_load AS l"
        ).fetchone()
        raise Refusal(
            f'No load that stands tells of a RES "{res_code}"; '
            + (f"known are {known}." if known else "run `wattbook migrate DIR` first.")
        )
    session.execute("SELECT ops.require_right(%s, 'migrate', %s)", [by, row[0]])
    return [res_code]


def _keep(session: psycopg.Connection, rows: list[dict]) -> bool:
    """Add a score unless the last one says the same; returns whether it was added."""
    columns = ("component_code", "done", "whole", "weight", "is_stopping", "sentence")
    first = rows[0]
    last = session.execute(
        "SELECT r.readiness_id, r.protocol_ids FROM migration.readiness AS r WHERE r.res_id = %s "
        "ORDER BY r.readiness_id DESC LIMIT 1",
        [first["res_id"]],
    ).fetchone()
    if last is not None and last[1] == first["protocol_ids"]:
        before = session.execute(
            "SELECT component_code, done, whole, weight, is_stopping, sentence FROM migration.readiness_component "
            "WHERE readiness_id = %s",
            [last[0]],
        ).fetchall()
        if sorted(before) == sorted(tuple(row[column] for column in columns) for row in rows):
            return False
    (user_id,) = session.execute("SELECT ops.current_user_id()").fetchone()
    source_id = record_command(session, "readiness", {"res": first["res_code"]}, user_id=user_id)
    (readiness_id,) = session.execute(
        "INSERT INTO migration.readiness (res_id, user_id, score, is_ready, protocol_ids, source_id) "
        "SELECT %(res_id)s, %(user)s, trunc(coalesce(100 * sum(f.weight * f.share) "
        "/ nullif(sum(f.weight) FILTER (WHERE f.share IS NOT NULL), 0), 0), 1), NOT bool_or(f.is_stopping), "
        "%(protocols)s, %(source)s FROM readiness_figure AS f WHERE f.res_id = %(res_id)s RETURNING readiness_id",
        {"res_id": first["res_id"], "user": user_id, "protocols": first["protocol_ids"], "source": source_id},
    ).fetchone()
    session.execute(
        "INSERT INTO migration.readiness_component (readiness_id, component_code, done, whole, share, weight, "
        "is_stopping, sentence) SELECT %s, f.component_code, f.done, f.whole, f.share, f.weight, f.is_stopping, "
        "f.sentence FROM readiness_figure AS f WHERE f.res_id = %s",
        [readiness_id, first["res_id"]],
    )
    return True


def _read(session: psycopg.Connection, res_code: str, *, is_new: bool = False) -> Iterator[Readiness]:
    scores = session.execute(
        "SELECT r.readiness_id, r.score, r.is_ready, r.protocol_ids, r.scored_at, a.login FROM migration.readiness "
        "AS r INNER JOIN ops.unit AS u ON u.unit_id = r.res_id INNER JOIN ops.app_user AS a ON a.user_id = r.user_id "
        "WHERE u.code = %s ORDER BY r.readiness_id DESC",
        [res_code],
    ).fetchall()
    for readiness_id, score, is_ready, protocol_ids, scored_at, login in scores:
        components = session.execute(
            "SELECT c.component_code, c.done, c.whole, c.share, c.weight, c.is_stopping, c.sentence "
            "FROM migration.readiness_component AS c LEFT JOIN LATERAL (SELECT min(w.sort_order) AS sort_order "
            "FROM ops.readiness_weight AS w WHERE w.component_code = c.component_code) AS w ON true "
            "WHERE c.readiness_id = %s ORDER BY w.sort_order, c.component_code",
            [readiness_id],
        ).fetchall()
        yield Readiness(
            res_code, score, is_ready, protocol_ids, scored_at, login, [Component(*row) for row in components], is_new
        )
