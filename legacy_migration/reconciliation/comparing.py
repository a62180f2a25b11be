"""The operation that compares a load with the book at any time after its acceptance.

Belongs here: rights, the transaction, the answer. Does not belong here: the comparison (`load_against_book`).
"""

from dataclasses import dataclass

from legacy_migration.loads import require_protocol, require_right
from legacy_migration.reconciliation.days_of_load import days_of_load
from legacy_migration.reconciliation.load_against_book import KindCompared, compare
from legacy_migration.reconciliation.standing_facts import create_told_views
from legacy_migration.verdicts import create_standing_views
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class NamedDifference:
    """One row that is not the same in the book as it was loaded."""

    entity: str
    legacy_key: str
    side: str
    fields: list[str]
    sentence: str


@dataclass(frozen=True)
class LoadCompared:
    """What a comparison found."""

    comparison_id: int
    protocol_id: int
    kinds: list[KindCompared]
    differences: list[NamedDifference]

    @property
    def is_equal(self) -> bool:
        return not self.differences


def compare_load(settings: Settings, protocol_id: int, *, by: str) -> LoadCompared:
    """Compare the book as it stands with what the load brought; changes nothing in the book."""
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        protocol = require_protocol(session, protocol_id)
        user_id = require_right(session, protocol.load_id, by, "migrate")
        if protocol.state != "accepted":
            raise Refusal(
                f"Protocol {protocol_id} is {protocol.state}, so nothing of it is in the book; accept it first."
            )
        session.execute("SET LOCAL work_mem = '256MB'")
        create_standing_views(session, protocol.load_id)
        create_told_views(session, protocol.load_id)
        days = days_of_load(session, protocol.load_id, protocol.summary["first_day"])
        found = compare(session, protocol.load_id, days, occasion="later", user_id=user_id)
        differences = session.execute(
            "SELECT entity, legacy_key, side, fields, sentence FROM migration.book_difference "
            "WHERE comparison_id = %s ORDER BY book_difference_id",
            [found.comparison_id],
        ).fetchall()
        session.commit()
    return LoadCompared(found.comparison_id, protocol_id, found.kinds, [NamedDifference(*row) for row in differences])
