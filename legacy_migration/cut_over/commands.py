"""Fixing the day of cut-over, signing the checklist, and what stands.

Belongs here: rights, the rules of the day, the state of each item. Does not belong here: counting what is derived
(`readiness`).
"""

from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.rows import class_row

from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

DAY_IS_FIXED = "day_is_fixed"


@dataclass(frozen=True)
class CutoverDay:
    """A day as it was fixed for a unit: by whom, when, and why."""

    unit_code: str
    cutover_on: date
    reason: str
    fixed_by: str
    fixed_at: datetime


@dataclass(frozen=True)
class ChecklistItem:
    """An item of the checklist of a RES: whether it is done, who says so, on what it rests."""

    item_code: str
    meaning: str
    is_derived: bool
    is_done: bool
    told: str


@dataclass(frozen=True)
class Checklist:
    """The checklist of a RES, with its day of cut-over and how that came to be."""

    res_code: str
    cutover_on: date | None
    days: list[CutoverDay]
    items: list[ChecklistItem]

    @property
    def open_count(self) -> int:
        return sum(not item.is_done for item in self.items)


def fix_day(settings: Settings, unit_code: str, day: date, *, reason: str, by: str) -> CutoverDay | None:
    """Fix the day from which a unit's RES are billed here; None where it is that day already.

    Raises:
        Refusal: no reason, a day that begins no month or is over, a cut-over that has been, no right to accept loads.
    """
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        unit_id, user_id = _unit_with_right(session, unit_code, by)
        if not reason.strip():
            raise Refusal("A day of cut-over needs its reason; name the order, or what moved it, with --why.")
        if day.day != 1:
            raise Refusal(f"{day} is not the first day of a month; books are kept by months, so choose one.")
        (today,) = session.execute("SELECT current_date").fetchone()
        if day < today:
            raise Refusal(f"{day} is over; a cut-over is fixed before it happens.")
        session.execute("SELECT pg_advisory_xact_lock(hashtext('cut-over'))")
        standing = _days(session, [unit_id])
        if standing and standing[0].cutover_on == day:
            return None
        if standing and standing[0].cutover_on <= today:
            raise Refusal(f"{unit_code} was cut over on {standing[0].cutover_on}; a day that has been cannot be moved.")
        arguments = {"unit": unit_code, "day": day, "reason": reason}
        source_id = record_command(session, "cutover fix", arguments, user_id=user_id)
        session.execute(
            "INSERT INTO migration.cutover_day (unit_id, cutover_on, reason, user_id, source_id) "
            "VALUES (%s, %s, btrim(%s), %s, %s)",
            [unit_id, day, reason, user_id, source_id],
        )
        session.commit()
        return _days(session, [unit_id])[0]


def sign_item(
    settings: Settings, res_code: str, item_code: str, *, note: str, by: str, is_done: bool = True
) -> ChecklistItem:
    """Sign an item of a RES's checklist, or take the signature back; returns the item as it stands.

    Raises:
        Refusal: no such item, one that the database tells itself, nothing to take back, no note, no right.
    """
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        res_id, user_id = _unit_with_right(session, res_code, by, level="res")
        items = dict(session.execute("SELECT item_code, derived_from FROM ops.cutover_item").fetchall())
        if item_code not in items:
            signed = ", ".join(sorted(code for code, derived_from in items.items() if derived_from is None))
            raise Refusal(f'There is no item "{item_code}"; a person signs {signed}.')
        if items[item_code] is not None:
            raise Refusal(
                f'"{item_code}" is told by the database, so nobody signs it; `wattbook cutover show` says what is '
                "missing."
            )
        if not note.strip():
            raise Refusal("A signature needs what it rests on; name the paper, or what was seen, with --note.")
        standing = _item(session, res_id, item_code)
        if not is_done and not standing.is_done:
            raise Refusal(f'"{item_code}" of {res_code} is not signed, so there is nothing to take back.')
        arguments = {"res": res_code, "item": item_code, "note": note, "is_done": is_done}
        source_id = record_command(session, "cutover sign", arguments, user_id=user_id)
        session.execute(
            "INSERT INTO migration.cutover_signature (res_id, item_code, is_done, note, user_id, source_id) "
            "VALUES (%s, %s, %s, btrim(%s), %s, %s)",
            [res_id, item_code, is_done, note, user_id, source_id],
        )
        session.commit()
        return _item(session, res_id, item_code)


def checklist(settings: Settings, res_code: str) -> Checklist:
    """What is done and what is open before a RES is cut over. Derived items are as the last score told them.

    Raises:
        Refusal: there is no such RES.
    """
    with connect(settings, Role.LOADER) as session, refusals():
        res_id = _unit(session, res_code, level="res")
        # The day of the nearest unit that has one: its own, else that of the unit above it.
        above = [row[0] for row in session.execute("SELECT unit_id FROM ops.unit_ancestry(%s, current_date)", [res_id])]
        days = next((days for unit_id in above if (days := _days(session, [unit_id]))), [])
        items = [_derived_day(item, days) for item in _items(session, res_id)]
        return Checklist(res_code, days[0].cutover_on if days else None, days, items)


def _derived_day(item: ChecklistItem, days: list[CutoverDay]) -> ChecklistItem:
    if item.told != DAY_IS_FIXED:
        return item
    told = "No day is fixed; fix it with `wattbook cutover fix`."
    if days:
        told = f"{days[0].cutover_on} for {days[0].unit_code}, fixed by {days[0].fixed_by}: {days[0].reason}"
    return ChecklistItem(item.item_code, item.meaning, item.is_derived, bool(days), told)


def _item(session: psycopg.Connection, res_id: int, item_code: str) -> ChecklistItem:
    return next(item for item in _items(session, res_id) if item.item_code == item_code)


def _items(session: psycopg.Connection, res_id: int) -> list[ChecklistItem]:
    cursor = session.cursor(row_factory=class_row(ChecklistItem))
    return cursor.execute(
        "SELECT i.item_code, i.meaning, i.derived_from IS NOT NULL AS is_derived, "
        "CASE WHEN i.derived_from IS NULL THEN coalesce(s.is_done, false) "
        # A component that has nothing to tell stands in nobody's way.
        "ELSE coalesce(c.whole = 0 OR c.done >= c.whole, false) END AS is_done, "
        "CASE WHEN i.derived_from = %(day)s THEN i.derived_from "
        "WHEN i.derived_from IS NOT NULL THEN coalesce(c.sentence, 'Not scored yet; run `wattbook readiness`.') "
        "WHEN s.item_code IS NULL THEN 'Nobody signed it.' "
        "WHEN s.is_done THEN format('Signed by %%s on %%s: %%s', s.login, s.signed_at::date, s.note) "
        "ELSE format('Taken back by %%s on %%s: %%s', s.login, s.signed_at::date, s.note) END AS told "
        "FROM ops.cutover_item AS i LEFT JOIN LATERAL (SELECT k.* FROM migration.readiness_component AS k "
        "INNER JOIN migration.readiness AS r ON r.readiness_id = k.readiness_id WHERE r.res_id = %(res)s "
        "AND k.component_code = i.derived_from AND r.readiness_id = (SELECT max(n.readiness_id) FROM "
        "migration.readiness AS n WHERE n.res_id = %(res)s)) AS c ON true "
        "LEFT JOIN LATERAL (SELECT g.*, a.login FROM migration.cutover_signature AS g INNER JOIN ops.app_user AS a "
        "ON a.user_id = g.user_id WHERE g.res_id = %(res)s AND g.item_code = i.item_code "
        "ORDER BY g.cutover_signature_id DESC LIMIT 1) AS s ON true ORDER BY i.sort_order",
        {"res": res_id, "day": DAY_IS_FIXED},
    ).fetchall()


def _days(session: psycopg.Connection, unit_ids: list[int]) -> list[CutoverDay]:
    """Days that were fixed for these units, the one that holds first."""
    cursor = session.cursor(row_factory=class_row(CutoverDay))
    return cursor.execute(
        "SELECT u.code AS unit_code, d.cutover_on, d.reason, a.login AS fixed_by, d.fixed_at "
        "FROM migration.cutover_day AS d INNER JOIN ops.unit AS u ON u.unit_id = d.unit_id "
        "INNER JOIN ops.app_user AS a ON a.user_id = d.user_id WHERE d.unit_id = ANY (%s) "
        "ORDER BY d.cutover_day_id DESC",
        [unit_ids],
    ).fetchall()


def _unit(session: psycopg.Connection, unit_code: str, *, level: str | None = None) -> int:
    (unit_id,) = session.execute("SELECT ops.find_unit(%s)", [unit_code]).fetchone()
    (found,) = session.execute("SELECT level FROM ops.unit WHERE unit_id = %s", [unit_id]).fetchone()
    if level is not None and found != level:
        raise Refusal(f'"{unit_code}" is a {found}; a checklist is that of a RES, so name one.')
    if found not in ("republic", "region", "ptpp", "res"):
        raise Refusal(f'"{unit_code}" is a {found.replace("_", " ")}; a RES and what is above it are cut over.')
    return unit_id


def _unit_with_right(
    session: psycopg.Connection, unit_code: str, by: str, *, level: str | None = None
) -> tuple[int, int]:
    unit_id = _unit(session, unit_code, level=level)
    (user_id,) = session.execute("SELECT ops.require_right(%s, 'accept_load', %s)", [by, unit_id]).fetchone()
    return unit_id, user_id
