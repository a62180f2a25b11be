"""What did people decide about pairs that may be one? Listing, deciding, and what a decision does at publishing.

Belongs here: decisions. Does not belong here: finding the pairs (`candidates`).

`merge` of persons: accounts keep their numbers, contracts and money; from the next publishing of a load on the second
account is held by the subscriber of the first. `merge` of premises: the second is supplied at those of the first.
What is in the book already is not rewritten: withdraw the load and load it again, while nothing of it is billed.
`keep_apart` takes a pair off the list of what is undecided. A decision holds for the old system, in each later dump.
"""

from dataclasses import dataclass
from decimal import Decimal

import psycopg

from legacy_migration.loads import require_protocol, require_right
from operational_db.connections import Role, connect
from operational_db.exchange.sources import record_command
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class Pair:
    """A pair that may be one, and what was decided last."""

    kind: str
    first_key: str
    second_key: str
    score: Decimal
    evidence: str
    energy_kwh: Decimal
    amount_minor: int
    decided: str | None
    reason: str | None
    decided_by: str | None


_PAIRS = (
    "SELECT d.kind, d.first_key, d.second_key, d.score, d.evidence, d.energy_kwh, d.amount_minor, n.decided, n.reason, "
    "n.login FROM migration.duplicate AS d INNER JOIN landing.load AS l ON l.load_id = d.load_id LEFT JOIN LATERAL ("
    "SELECT k.decided, k.reason, u.login FROM migration.decision AS k INNER JOIN ops.app_user AS u "
    "ON u.user_id = k.user_id WHERE k.profile = l.profile AND k.kind = d.kind AND k.first_key = d.first_key "
    "AND k.second_key = d.second_key ORDER BY k.decision_id DESC LIMIT 1) AS n ON true WHERE d.load_id = %(load_id)s "
)


def list_duplicates(
    settings: Settings, protocol_id: int, *, by: str, kind: str | None = None, undecided_only: bool = False
) -> list[Pair]:
    """The pairs of a load, the likeliest and dearest first."""
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        protocol = require_protocol(session, protocol_id)
        require_right(session, protocol.load_id, by, "migrate")
        rows = session.execute(
            _PAIRS + "AND (%(kind)s::text IS NULL OR d.kind = %(kind)s) AND (NOT %(undecided)s OR n.decided IS NULL) "
            "ORDER BY d.score DESC, d.amount_minor DESC, d.kind, d.first_key, d.second_key",
            {"load_id": protocol.load_id, "kind": kind, "undecided": undecided_only},
        ).fetchall()
    return [Pair(*row) for row in rows]


def decide(
    settings: Settings, protocol_id: int, kind: str, first: str, second: str, *, merge: bool, reason: str, by: str
) -> Pair:
    """Record a decision about a pair of the list; a later one about the same pair replaces it, none is removed."""
    first, second = sorted((first, second))
    if not reason.strip():
        raise Refusal("A decision needs its reason in words, such as the paper that shows it; give it with --why.")
    if kind == "meter" and merge:
        raise Refusal(
            f"Meters {first} and {second} cannot be merged here: two stays of one meter are told apart by their days. "
            "Correct the old program and load the dump again, or move the meter with `wattbook meters relocate`."
        )
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        protocol = require_protocol(session, protocol_id)
        user_id = require_right(session, protocol.load_id, by, "migrate")
        pair = {"kind": kind, "first_key": first, "second_key": second}
        listed = session.execute(
            "SELECT 1 FROM migration.duplicate AS d WHERE d.load_id = %(load_id)s AND d.kind = %(kind)s "
            "AND d.first_key = %(first_key)s AND d.second_key = %(second_key)s",
            {"load_id": protocol.load_id, **pair},
        ).fetchone()
        if listed is None:
            raise Refusal(
                f"{first} and {second} are no pair of the list for {kind} of protocol {protocol_id}; see "
                f"`wattbook duplicates list --protocol {protocol_id}`."
            )
        decided = "merge" if merge else "keep_apart"
        source_id = record_command(
            session, "decide duplicate", {**pair, "decided": decided, "reason": reason}, user_id=user_id
        )
        session.execute(
            "INSERT INTO migration.decision (profile, kind, first_key, second_key, decided, reason, user_id, "
            "source_id) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [protocol.profile, kind, first, second, decided, reason.strip(), user_id, source_id],
        )
        row = session.execute(
            _PAIRS + "AND d.kind = %(kind)s AND d.first_key = %(first_key)s AND d.second_key = %(second_key)s",
            {"load_id": protocol.load_id, **pair},
        ).fetchone()
        session.commit()
    return Pair(*row)


def apply_decisions(session: psycopg.Connection, load_id: int) -> None:
    """Who keeps whom in this load, into migration.applied_merge; needs the standing and told views of the session.

    Pairs chain: of a and b, b and c, all three are one. Kept is one of an earlier load, else the first by key.
    """
    session.execute("DELETE FROM migration.applied_merge WHERE load_id = %s", [load_id])
    decided = session.execute(
        "SELECT n.kind, n.first_key, n.second_key, n.decision_id FROM (SELECT DISTINCT ON (d.kind, d.first_key, "
        "d.second_key) d.* FROM migration.decision AS d INNER JOIN landing.load AS l ON l.profile = d.profile "
        "AND l.load_id = %s ORDER BY d.kind, d.first_key, d.second_key, d.decision_id DESC) AS n "
        "INNER JOIN told_account AS a ON a.account_no = n.first_key "
        "INNER JOIN told_account AS b ON b.account_no = n.second_key "
        "WHERE n.decided = 'merge' AND n.kind IN ('person', 'premises') ORDER BY n.kind, n.first_key, n.second_key",
        [load_id],
    ).fetchall()
    if not decided:
        return
    new = {key for (key,) in session.execute("SELECT t.account_no FROM standing_account AS t").fetchall()}
    for kind in ("person", "premises"):
        for keys, decision_id in _joined([row[1:] for row in decided if row[0] == kind]):
            keeper = min(keys, key=lambda key: (key in new, key))
            session.cursor().executemany(
                "INSERT INTO migration.applied_merge (load_id, kind, account_no, keeper_no, decision_id) "
                "VALUES (%s, %s, %s, %s, %s)",
                [(load_id, kind, key, keeper, decision_id) for key in sorted(keys) if key != keeper and key in new],
            )


def _joined(pairs: list[tuple[str, str, int]]) -> list[tuple[set[str], int]]:
    """Pairs that share a member, as sets; each with the last decision that made it."""
    groups: list[tuple[set[str], int]] = []
    for first, second, decision_id in pairs:
        touched = [group for group in groups if group[0] & {first, second}]
        groups = [group for group in groups if group not in touched]
        keys = {first, second}.union(*(group[0] for group in touched))
        groups.append((keys, max(decision_id, *(group[1] for group in touched), 0)))
    return groups
