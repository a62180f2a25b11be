"""The operations of a migration: migrate, accept, withdraw. One function is one operation.

Belongs here: rights, locks, transactions and the order of steps. Does not belong here: the steps, nor the
files of a protocol (`signing.filing`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from legacy_migration.expectations.results import refuse_unmet
from legacy_migration.landing import dump_sha256, find_files, land
from legacy_migration.loads import (
    Protocol,
    load_of,
    one_at_a_time,
    protocol_of_load,
    require_protocol,
    require_right,
)
from legacy_migration.profile import read_profile
from legacy_migration.publishing import publish
from legacy_migration.reconciliation.load_against_book import BookDiffersFromLoad, keep_refused
from legacy_migration.reconciliation.standing_facts import is_overtaken
from legacy_migration.rejects.family import corrected_load
from legacy_migration.signing.declared_rows import note_declared_rows
from legacy_migration.signing.pages import add_event, ensure_chain
from legacy_migration.verification import verify
from legacy_migration.withdrawal import remove_from_book
from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings

if TYPE_CHECKING:
    from legacy_migration.dry_run import HeldBack

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ProtocolSummary:
    """A protocol on one line: what was read and what became of it."""

    protocol_id: int
    load_id: int
    profile: str
    directory: str
    state: str
    content_sha256: str
    file_count: int
    row_count: int
    read_count: int
    loaded_count: int
    merged_count: int
    rejected_count: int
    out_of_scope_count: int
    differing_count: int
    first_day: str | None
    earlier_loads: tuple[int, ...] = ()
    was_there: bool = False


def _say_nothing(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def migrate(
    settings: Settings,
    directory: Path | str,
    *,
    profile: str,
    by: str,
    on_progress: Progress | None = None,
    held_back: "HeldBack | None" = None,
) -> ProtocolSummary:
    """Land a dump, judge its rows, prepare the protocol; nothing reaches the book before `accept`.

    The same dump and profile again change nothing, or go on where a killed run stopped. With `held_back` nothing of it
    is kept (`dry_run.try_load`).
    """
    report = on_progress or _say_nothing
    described = read_profile(profile)
    directory = Path(directory)
    files = find_files(directory, described)
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        if held_back is not None:
            held_back.begin(session)
        session.execute("SET synchronous_commit = off")  # a rerun repairs what a crash takes
        user_id = _user_with_right(session, by, "migrate")
        session.commit()
        fingerprint = dump_sha256(files)
        with one_at_a_time(session, f"migrate {fingerprint}"):
            wanted = {
                "profile": described.name, "profile_sha256": described.sha256, "directory": str(directory),
                "dump_sha256": fingerprint, "user_id": user_id,
            }  # fmt: skip
            load_id = load_of(session, **wanted)
            known = protocol_of_load(session, load_id)
            if known is not None and is_overtaken(session, known):
                load_id, known = load_of(session, **wanted, anew=True), None
            if known is None:
                land(session, load_id, described, files, report)
                note_declared_rows(session, load_id, files)
                protocol_id = verify(session, load_id, described, files, user_id, report)
                # The rights for the units that the dump names are known only now; a refusal leaves landed rows alone.
                require_right(session, load_id, by, "migrate")
                ensure_chain(session, require_protocol(session, protocol_id))
                session.execute("SET LOCAL synchronous_commit = on")
                session.commit()
            summary = summary_of_load(session, load_id, was_there=known is not None)
            if held_back is not None:
                held_back.look(session, summary)
            return summary


def accept(settings: Settings, protocol_id: int, *, by: str, on_progress: Progress | None = None) -> ProtocolSummary:
    """Publish the loaded rows of a protocol into the book; accepted twice, the second time says so and does nothing."""
    report = on_progress or _say_nothing
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        protocol = require_protocol(session, protocol_id)
        with one_at_a_time(session, "publish"):
            protocol = require_protocol(session, protocol_id)
            user_id = require_right(session, protocol.load_id, by, "accept_load")
            if protocol.state == "withdrawn":
                raise Refusal(
                    f"Protocol {protocol_id} was withdrawn; migrate the dump again and accept the new protocol."
                )
            if protocol.state == "accepted":
                return summary_of_load(session, protocol.load_id, was_there=True)
            _require_not_overtaken(session, protocol)
            session.execute("SELECT ops.require_second_person(%s, %s)", [protocol_id, user_id])
            ensure_chain(session, protocol)
            refuse_unmet(session, protocol.load_id, protocol_id)
            source_id = record_command(
                session, "accept", {"protocol_id": protocol_id, "load_id": protocol.load_id}, user_id=user_id
            )
            try:
                publish(
                    session,
                    protocol.load_id,
                    source_id=source_id,
                    user_id=user_id,
                    first_day=protocol.summary["first_day"],
                    report=report,
                )
            except BookDiffersFromLoad as refused:
                session.rollback()
                keep_refused(session, protocol.load_id, refused, user_id)
                session.commit()
                raise
            _record_event(session, protocol, "accepted", user_id, source_id)
            session.commit()
            return summary_of_load(session, protocol.load_id)


def withdraw(settings: Settings, protocol_id: int, *, by: str) -> ProtocolSummary:
    """Take an accepted load out of the book again, as long as none of its accounts has a bill."""
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        require_protocol(session, protocol_id)
        with one_at_a_time(session, "publish"):
            protocol = require_protocol(session, protocol_id)
            user_id = require_right(session, protocol.load_id, by, "accept_load")
            if protocol.state == "withdrawn":
                return summary_of_load(session, protocol.load_id, was_there=True)
            is_correction = corrected_load(session, protocol.load_id) is not None
            if protocol.state == "prepared" and not is_correction:
                raise Refusal(f"Protocol {protocol_id} was never accepted, so there is nothing to withdraw.")
            _require_nothing_rests_on(session, protocol)
            ensure_chain(session, protocol)
            source_id = record_command(
                session, "withdraw", {"protocol_id": protocol_id, "load_id": protocol.load_id}, user_id=user_id
            )
            if protocol.state == "accepted":
                remove_from_book(session, protocol.load_id, protocol_id)
            _record_event(session, protocol, "withdrawn", user_id, source_id)
            session.commit()
            return summary_of_load(session, protocol.load_id)


def summarise(settings: Settings, protocol_id: int) -> ProtocolSummary:
    """The protocol on one line."""
    with connect(settings, Role.LOADER) as session:
        return summary_of_load(session, require_protocol(session, protocol_id).load_id)


def _record_event(session: psycopg.Connection, protocol: Protocol, event: str, user_id: int, source_id: int) -> None:
    """The signature, which the database checks, and its seal on the pages."""
    session.execute(
        "INSERT INTO migration.protocol_event (protocol_id, event, user_id, source_id) VALUES (%s, %s, %s, %s)",
        [protocol.protocol_id, event, user_id, source_id],
    )
    add_event(session, protocol, event)


def _require_not_overtaken(session: psycopg.Connection, protocol: Protocol) -> None:
    """Rows were judged beside what the book had of their system; it has other loads of it now."""
    if not is_overtaken(session, protocol):
        return
    again = "migrate the dump again"
    if corrected_load(session, protocol.load_id) is not None:
        again = "withdraw it and let the corrected rows return again"
    raise Refusal(
        f"Protocol {protocol.protocol_id} was prepared before another load of its system was accepted or withdrawn; "
        f"{again}, so that its rows are judged beside what the book has now."
    )


def _require_nothing_rests_on(session: psycopg.Connection, protocol: Protocol) -> None:
    """Rows that came back corrected hang on what their dump brought; they leave the book first."""
    (resting,) = session.execute(
        "SELECT max(p.protocol_id) FROM landing.load AS l INNER JOIN migration.protocol AS p ON p.load_id = l.load_id "
        "WHERE l.corrects_load_id = %s AND NOT EXISTS (SELECT 1 FROM migration.protocol_event AS e "
        "WHERE e.protocol_id = p.protocol_id AND e.event = 'withdrawn')",
        [protocol.load_id],
    ).fetchone()
    if resting is not None:
        raise Refusal(
            f"Protocol {protocol.protocol_id} cannot be withdrawn: its rejects came back in protocol {resting}; "
            "withdraw that first."
        )


def _user_with_right(session: psycopg.Connection, login: str, right: str) -> int:
    row = session.execute(
        "SELECT u.user_id FROM ops.app_user AS u WHERE u.login = %s AND u.is_active", [login]
    ).fetchone()
    if row is None:
        raise Refusal(f'There is no active user "{login}"; name one with --by.')
    held = session.execute(
        "SELECT 1 FROM ops.membership AS m INNER JOIN ops.group_right AS g ON g.group_code = m.group_code "
        "AND g.right_code = %s WHERE m.user_id = %s AND daterange(m.valid_from, m.valid_to) @> current_date",
        [right, row[0]],
    ).fetchone()
    if held is None:
        raise Refusal(
            f'User "{login}" does not hold the right "{right}"; ask an administrator to grant it or let '
            f"another user do it."
        )
    return row[0]


def summary_of_load(session: psycopg.Connection, load_id: int, *, was_there: bool = False) -> ProtocolSummary:
    """The protocol of a load on one line."""
    protocol = protocol_of_load(session, load_id)
    return ProtocolSummary(
        protocol_id=protocol.protocol_id,
        load_id=load_id,
        profile=protocol.profile,
        directory=protocol.directory,
        state=protocol.state,
        content_sha256=protocol.content_sha256,
        was_there=was_there,
        **protocol.summary,
    )
