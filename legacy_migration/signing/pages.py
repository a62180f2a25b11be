"""The pages of a protocol: written once from its tables, chained by hashes, and only followed by more pages.

Belongs here: pages into the database and out of it, seals with persons and times. Does not belong here: which tables a
protocol has (`protocol_pages.figures`), what a page looks like byte by byte (`verify_protocol`, which checks it).
"""

import subprocess
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any, Final

import psycopg

from legacy_migration.loads import Protocol, require_protocol
from legacy_migration.protocol_pages.figures import BOOK_SECTIONS, CONTENT_SECTIONS, Figures, Section, is_there
from legacy_migration.signing.verify_protocol import NO_PAGE, SEAL, page_body, page_hash, page_line
from operational_db.settings import REPOSITORY_DIR

PAGE_ROWS: Final = 500
NUMBERS: Final = frozenset({20, 21, 23, 1700})
"""Types of PostgreSQL that are numbers: bigint, smallint, integer, numeric."""
_UTC: Final = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


class _Chain:
    """The end of a protocol's chain, to which pages are added."""

    def __init__(self, session: psycopg.Connection, protocol_id: int) -> None:
        self._session = session
        self._protocol_id = protocol_id
        self.page_count, self.head = head_of(session, protocol_id)

    def add(self, section: str, content: dict[str, Any]) -> None:
        number = self.page_count + 1
        body = page_body(number, self.head, {"section": section, **content})
        sha256 = page_hash(body)
        self._session.execute(
            "INSERT INTO migration.protocol_page (protocol_id, page_no, section, body, previous_sha256, page_sha256) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [self._protocol_id, number, section, body, self.head, sha256],
        )
        self.page_count, self.head = number, sha256

    def add_table(self, section: Section, load_id: int) -> None:
        """A table as one page or several; the last one tells how many rows they hold together."""
        with self._session.cursor(name="protocol_section") as cursor:
            cursor.itersize = PAGE_ROWS
            cursor.execute(section.query, {"load_id": load_id})
            # Types of the columns are known with the first answer.
            rows = cursor.fetchmany(PAGE_ROWS)
            numeric = [column.type_code in NUMBERS for column in cursor.description]
            part, row_count = 1, 0
            while True:
                following = cursor.fetchmany(PAGE_ROWS)
                row_count += len(rows)
                content = {
                    "title": section.title,
                    "part": part,
                    "columns": list(section.headings),
                    "numeric": numeric,
                    "rows": [[plain(cell) for cell in row] for row in rows],
                }
                self.add(section.name, content if following else {**content, "row_count": row_count})
                if not following:
                    return
                rows, part = following, part + 1


def plain(value: object) -> object:
    """A cell as JSON holds it; numbers with a point as text, so that no digit is lost."""
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def head_of(session: psycopg.Connection, protocol_id: int) -> tuple[int, str]:
    """Number and hash of the last page; 0 and zeros where there is none."""
    row = session.execute(
        "SELECT page_no, page_sha256 FROM migration.protocol_page WHERE protocol_id = %s ORDER BY page_no DESC LIMIT 1",
        [protocol_id],
    ).fetchone()
    return row or (0, NO_PAGE)


def ensure_chain(session: psycopg.Connection, protocol: Protocol) -> None:
    """Write the pages of a protocol that has none: content, its preparing, and what happened before pages were kept."""
    if head_of(session, protocol.protocol_id)[0]:
        return
    chain = _Chain(session, protocol.protocol_id)
    chain.add("load", _facts_of_load(session, protocol))
    for section in CONTENT_SECTIONS:
        if is_there(session, section, protocol.load_id):
            chain.add_table(section, protocol.load_id)
    prepared_at, user_id, content_sha256, chained_late = session.execute(
        "SELECT to_char(prepared_at AT TIME ZONE 'UTC', %s), prepared_by, content_sha256, "
        "clock_timestamp() - prepared_at > interval '1 day' FROM migration.protocol WHERE protocol_id = %s",
        [_UTC, protocol.protocol_id],
    ).fetchone()
    facts = {"Directory": protocol.directory, "Content hash": content_sha256, **_versions(session)}
    if chained_late:
        facts["Chained"] = "later, when the protocol was first written with pages"
    _seal(session, chain, protocol, "prepared", user_id, prepared_at, facts)
    for event, user, happened_at in session.execute(
        "SELECT event, user_id, to_char(happened_at AT TIME ZONE 'UTC', %s) FROM migration.protocol_event "
        "WHERE protocol_id = %s ORDER BY protocol_event_id",
        [_UTC, protocol.protocol_id],
    ).fetchall():
        _add_event(session, chain, protocol, event, user, happened_at)


def add_event(session: psycopg.Connection, protocol: Protocol, event: str) -> None:
    """The seal of the event that was just recorded; an acceptance brings what the book holds of the load."""
    user_id, happened_at = session.execute(
        "SELECT user_id, to_char(happened_at AT TIME ZONE 'UTC', %s) FROM migration.protocol_event "
        "WHERE protocol_id = %s AND event = %s ORDER BY protocol_event_id DESC LIMIT 1",
        [_UTC, protocol.protocol_id, event],
    ).fetchone()
    _add_event(session, _Chain(session, protocol.protocol_id), protocol, event, user_id, happened_at)
    corrected = session.execute(
        "SELECT p.protocol_id FROM landing.load AS l "
        "INNER JOIN migration.protocol AS p ON p.load_id = l.corrects_load_id WHERE l.load_id = %s",
        [protocol.load_id],
    ).fetchone()
    if corrected:
        # The protocol whose rejects came back tells what became of them, and by whom.
        head = head_of(session, protocol.protocol_id)[1]
        facts = {"Judged in protocol": protocol.protocol_id, "Hash of its last page": head}
        add_seal(session, require_protocol(session, corrected[0]), f"return {event}", user_id, facts)


def add_seal(
    session: psycopg.Connection, protocol: Protocol, event: str, user_id: int, facts: dict[str, object]
) -> None:
    """A seal for something that happened to the load now, such as rejected rows that came back."""
    (now,) = session.execute("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', %s)", [_UTC]).fetchone()
    _seal(session, _Chain(session, protocol.protocol_id), protocol, event, user_id, now, facts)


def _add_event(
    session: psycopg.Connection, chain: _Chain, protocol: Protocol, event: str, user_id: int, happened_at: str
) -> None:
    if event == "accepted":
        for section in BOOK_SECTIONS:
            chain.add_table(section, protocol.load_id)
    _seal(session, chain, protocol, "approved" if event == "accepted" else event, user_id, happened_at, {})


def _seal(
    session: psycopg.Connection,
    chain: _Chain,
    protocol: Protocol,
    event: str,
    user_id: int,
    happened_at: str,
    facts: dict[str, object],
) -> None:
    login, full_name = session.execute(
        "SELECT login, full_name FROM ops.app_user WHERE user_id = %s", [user_id]
    ).fetchone()
    told = {
        "Event": event,
        "Protocol": protocol.protocol_id,
        "Person": full_name,
        "Login": login,
        "At": happened_at,
        **facts,
        "Pages under this seal": chain.page_count,
    }
    chain.add(SEAL, {"title": f"Seal: {event}", "facts": told})


def _facts_of_load(session: psycopg.Connection, protocol: Protocol) -> dict[str, Any]:
    """The first page: what was read. Nothing on it depends on a clock or a counter of the database."""
    profile, profile_sha256, dump_sha256, corrected = session.execute(
        "SELECT l.profile, l.profile_sha256, l.dump_sha256, p.content_sha256 FROM landing.load AS l "
        "LEFT JOIN migration.protocol AS p ON p.load_id = l.corrects_load_id WHERE l.load_id = %s",
        [protocol.load_id],
    ).fetchone()
    facts = {
        "Profile": profile,
        "Profile hash": profile_sha256,
        "Dump hash": dump_sha256,
        **{name.replace("_", " ").capitalize(): value for name, value in protocol.summary.items()},
    }
    if corrected:
        facts["Corrects the load with the content hash"] = corrected
    return {"title": "What was read", "facts": facts}


def _versions(session: psycopg.Connection) -> dict[str, object]:
    (revision,) = session.execute("SELECT version_num FROM ops.alembic_version").fetchone()
    return {"Wattbook": version("wattbook"), "Commit": _commit(), "Schema revision": revision}


@cache
def _commit() -> str:
    """The commit of the program, where it runs from a working copy."""
    try:
        asked = subprocess.run(
            ["git", "-C", str(REPOSITORY_DIR), "rev-parse", "HEAD"],
            capture_output=True, text=True, check=False, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "not known"
    return asked.stdout.strip() or "not known"


def lines_of(session: psycopg.Connection, protocol_id: int) -> Iterator[str]:
    """The filed protocol, page by page."""
    with session.cursor(name="filed_protocol") as cursor:
        cursor.itersize = 20
        cursor.execute(
            "SELECT body, page_sha256 FROM migration.protocol_page WHERE protocol_id = %s ORDER BY page_no",
            [protocol_id],
        )
        for body, sha256 in cursor:
            yield page_line(body, sha256)


def figures_of_pages(session: psycopg.Connection, protocol_id: int) -> dict[str, Figures]:
    """The tables as they stand on the pages, by section; seals become the table `events`."""
    tables: dict[str, Figures] = {}
    events: list[tuple] = []
    for (content,) in session.execute(
        "SELECT body::json -> 'content' FROM migration.protocol_page WHERE protocol_id = %s ORDER BY page_no",
        [protocol_id],
    ):
        name = content["section"]
        if name == SEAL:
            facts = dict(content["facts"])
            told = [facts.pop(key) for key in ("Event", "Person", "Login", "At")]
            events.append((*told, "; ".join(f"{key}: {value}" for key, value in facts.items() if key != "Protocol")))
        elif "facts" in content:
            facts = [(key, str(value)) for key, value in content["facts"].items()]
            tables[name] = Figures(name, content["title"], ("What", "Value"), facts)
        else:
            numeric = content["numeric"]
            rows = [
                tuple(
                    Decimal(cell) if is_number and isinstance(cell, str) else cell
                    for cell, is_number in zip(row, numeric, strict=True)
                )
                for row in content["rows"]
            ]
            if content["part"] > 1:
                tables[name].rows.extend(rows)
            else:
                tables[name] = Figures(name, content["title"], tuple(content["columns"]), rows)
    tables["events"] = Figures("events", "Signed by", ("Event", "Person", "Login", "At", "Under the seal"), events)
    return tables
