"""Did the migration name each fault? Everything that it named is asked for each fault, by old key or by file and row.

Belongs here: what a load named, which of it belongs to which fault, what is a false alarm. Does not belong here: the
kinds and the reasons that count (`kinds.csv`), spoiling dumps (`injector`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from legacy_migration.commands import migrate
from legacy_migration.fault_injection.injector import InjectedFault
from legacy_migration.fault_injection.kinds import LEADING_ZERO, catalogue
from operational_db.connections import Role, connect
from operational_db.settings import Settings

PROFILE: Final = "merged_utility"

HARMLESS: Final = {
    "REGISTER_ROLLOVER": "a register that passed zero is loaded and told of; its energy goes on",
    "UNLIKE_OWN_HISTORY": "a use that is true and unusual is shown to people by what is at stake, and loaded",
    "UNLIKE_PEERS": "the same, beside others of the tariff",
    "BEYOND_CONNECTED_LOAD": "the same, beside the connected load",
    "BALANCE_OUT_OF_LINE": "an old debt that is true is shown to people by what is at stake, and loaded",
}
"""What may be named on a clean dump: doubts that are put to people, with why. Counted and shown apart."""

_NAMED: Final = """
SELECT d.reason_code, f.path, d.row_no, coalesce(d.legacy_key, ''), coalesce(d.value, ''), o.path, d.other_row_no
FROM migration.verdict AS d
INNER JOIN landing.file AS f ON f.file_id = d.file_id
LEFT JOIN landing.file AS o ON o.file_id = d.other_file_id
WHERE d.load_id = %(load_id)s AND d.reason_code <> 'NOT_OPENING'
UNION ALL
SELECT r.reason_code, f.path, r.row_no, coalesce(r.legacy_key, ''), coalesce(r.value, ''), o.path, r.other_row_no
FROM migration.remark AS r
INNER JOIN landing.file AS f ON f.file_id = r.file_id
LEFT JOIN landing.file AS o ON o.file_id = r.other_file_id
WHERE r.load_id = %(load_id)s
UNION ALL
SELECT d.check_code, coalesce(f.path, ''), d.row_no, coalesce(d.legacy_key, ''), '', NULL, NULL
FROM migration.difference AS d
LEFT JOIN landing.file AS f ON f.file_id = d.file_id
WHERE d.load_id = %(load_id)s
UNION ALL
SELECT 'CHECK_DIFFERS', '', NULL, concat_ws(' ', c.entity, c.unit, c.measure), '', NULL, NULL
FROM migration.check_result AS c
WHERE c.load_id = %(load_id)s AND c.status = 'differs'
"""


@dataclass(frozen=True)
class Named:
    """One thing that the migration named."""

    reason: str
    file: str
    row: int | None
    key: str
    value: str
    other_file: str | None
    other_row: int | None

    @property
    def keys(self) -> frozenset[str]:
        """The old keys in it: its first is that of the consumer or receipt, dates and serials stand behind."""
        return frozenset((*self.key.split(" "), *self.value.split(" ")))

    def stands_at(self, fault: InjectedFault) -> bool:
        """At the very file and row of the fault, or pointing to it."""
        return fault.row is not None and (fault.file, fault.row) in (
            (self.file, self.row),
            (self.other_file, self.other_row),
        )


@dataclass(frozen=True)
class Judged:
    """One dump: what was named for each fault (nothing where it was missed), and what was named for no reason."""

    found: dict[InjectedFault, frozenset[str]]
    false_alarms: tuple[Named, ...]
    harmless: Counter[str]
    named_count: int

    @property
    def missed(self) -> list[InjectedFault]:
        return [fault for fault, reasons in self.found.items() if not reasons]


def judge_dump(settings: Settings, root: Path, faults: Sequence[InjectedFault], *, by: str) -> Judged:
    """Migrate the dump without accepting it, and look for every fault."""
    summary = migrate(settings, root, profile=PROFILE, by=by)
    with connect(settings, Role.LOADER) as session:
        named = [Named(*row) for row in session.execute(_NAMED, {"load_id": summary.load_id})]
        healed = {
            fault for fault in faults if fault.kind == LEADING_ZERO and _is_healed(session, summary.load_id, fault)
        }
        packages = _packages(session, summary.load_id)
    by_key: dict[str, list[Named]] = defaultdict(list)
    by_row: dict[tuple[str, int | None], list[Named]] = defaultdict(list)
    for one in named:
        for key in one.keys - {""}:
            by_key[key].append(one)
        by_row[one.file, one.row].append(one)
        if one.other_file:
            by_row[one.other_file, one.other_row].append(one)
    found: dict[InjectedFault, frozenset[str]] = {}
    explained: set[int] = set()
    for fault in faults:
        about = [one for key in (*fault.keys, *fault.touched) for one in by_key.get(key, ())]
        about += by_row.get((fault.file, fault.row), []) if fault.row is not None else []
        about += by_key.get(packages.get(fault.file, ""), [])  # the totals of a register that was spoiled
        if fault.kind == LEADING_ZERO:
            is_quiet = not any(one.reason not in HARMLESS for one in about)
            found[fault] = frozenset({"HEALED"} if fault in healed and is_quiet else ())
            continue
        explained |= {id(one) for one in about}
        found[fault] = _reasons_that_count(fault, about)
    unexplained = [one for one in named if id(one) not in explained]
    return Judged(
        found,
        tuple(one for one in unexplained if one.reason not in HARMLESS),
        Counter(one.reason for one in unexplained if one.reason in HARMLESS),
        len(named),
    )


def _reasons_that_count(fault: InjectedFault, about: Iterable[Named]) -> frozenset[str]:
    """Every key of the fault must be named for a reason that fits; a fault of one key may be named by file and row."""
    wanted = catalogue()[fault.kind].reasons
    fitting = [one for one in about if one.reason in wanted]
    is_named = all(any(key in one.keys for one in fitting) for key in fault.keys) or (
        len(fault.keys) == 1 and any(one.stands_at(fault) for one in fitting)
    )
    return frozenset(one.reason for one in fitting) if is_named else frozenset()


def _is_healed(session: psycopg.Connection, load_id: int, fault: InjectedFault) -> bool:
    row = session.execute(
        "SELECT count(*) FROM migration.charge AS c INNER JOIN landing.file AS f ON f.file_id = c.file_id "
        "WHERE c.load_id = %s AND f.path = %s AND c.row_no = %s AND c.account_no = %s",
        [load_id, fault.file, fault.row, fault.keys[0]],
    ).fetchone()
    return row == (1,)


def _packages(session: psycopg.Connection, load_id: int) -> dict[str, str]:
    return dict(
        session.execute(
            "SELECT f.path, min(k.package_no) FROM landing.file AS f INNER JOIN migration.payment_package AS k "
            "ON k.load_id = f.load_id AND f.path LIKE '%%/' || k.file_name WHERE f.load_id = %s GROUP BY f.path",
            [load_id],
        ).fetchall()
    )
