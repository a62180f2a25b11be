"""What was found, and does it stop anything? Results and failing rows in our own tables, and decisions about them.

Belongs here: writing and reading `migration.expectation_*`. Does not belong here: judging (`scan`, `evaluation`).
"""

# ruff: noqa: S608 - names come from `entities`
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import psycopg

from legacy_migration.entities import ENTITIES
from legacy_migration.expectations.rules import ACCOUNT_CHARGES, Expectation, Rules
from legacy_migration.expectations.scan import Counts, FailedRow
from operational_db.refusal import Refusal


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation of a load or form, all files together."""

    code: str
    entity: str
    column_name: str
    severity: str
    sentence: str
    checked_count: int
    failed_count: int
    is_met: bool
    energy_kwh: Decimal
    amount_minor: int
    waived: str | None = None

    @property
    def stops(self) -> bool:
        return self.severity == "stop" and not self.is_met and self.waived is None

    @property
    def said(self) -> str:
        """One sentence for a person."""
        asked = f"{self.sentence.rstrip('.')}: not so for {self.failed_count} of {self.checked_count} ({self.code})"
        return asked if self.waived is None else f"{asked}, waived: {self.waived}"


_OUTCOMES = """
SELECT
    r.expectation_code, min(r.entity), min(r.column_name), min(r.severity), min(r.sentence ->> 'en'),
    sum(r.checked_count)::bigint, sum(r.failed_count)::bigint, bool_and(r.is_met), sum(r.energy_kwh),
    sum(r.amount_minor)::bigint,
    (
        SELECT w.reason FROM migration.expectation_waiver AS w
        WHERE w.load_id = %(load_id)s AND w.expectation_code = r.expectation_code
    )
FROM migration.expectation_result AS r
WHERE r.load_id = %(load_id)s OR r.issue_number = %(issue_number)s
GROUP BY r.expectation_code
ORDER BY bool_and(r.is_met), min(r.severity) DESC, 10 DESC, 9 DESC, 7 DESC, 1
"""


def outcomes(
    session: psycopg.Connection, *, load_id: int | None = None, issue_number: str | None = None
) -> list[Outcome]:
    """Every expectation of a load or form that was judged, what stops first, then by what is at stake."""
    found = session.execute(_OUTCOMES, {"load_id": load_id, "issue_number": issue_number})
    return [Outcome(*row) for row in found]


def was_judged(
    session: psycopg.Connection, rules: Rules, *, load_id: int | None = None, issue_number: str | None = None
) -> bool:
    """Whether the same rules have judged this load or form already."""
    row = session.execute(
        "SELECT 1 FROM migration.expectation_result AS r WHERE (r.load_id = %s OR r.issue_number = %s) "
        "AND r.rules_sha256 = %s LIMIT 1",
        [load_id, issue_number, rules.sha256],
    ).fetchone()
    return row is not None


def refuse_unmet(session: psycopg.Connection, load_id: int, protocol_id: int) -> None:
    """Refuse what rests on a load as long as an expectation stops it."""
    stopping = [outcome for outcome in outcomes(session, load_id=load_id) if outcome.stops]
    if stopping:
        first, more = stopping[0], len(stopping) - 1
        raise Refusal(
            f"Protocol {protocol_id} cannot be accepted. {first.said}"
            + (f", and {more} more stop it" if more else "")
            + f"; see `wattbook expectations --protocol {protocol_id}`, then load corrected files, or waive it there "
            "with a reason."
        )


def forget(session: psycopg.Connection, *, load_id: int | None = None, issue_number: str | None = None) -> None:
    """Results of older rules make room."""
    for table in ("expectation_failure", "expectation_result"):
        session.execute(
            f"DELETE FROM migration.{table} WHERE load_id = %s OR issue_number = %s", [load_id, issue_number]
        )


def write_failures(
    session: psycopg.Connection,
    failed: Sequence[FailedRow],
    *,
    load_id: int | None = None,
    issue_number: str | None = None,
) -> None:
    """Every failing row, none left out."""
    with session.cursor().copy(
        "COPY migration.expectation_failure (load_id, issue_number, expectation_code, entity, file_id, row_no, "
        "part_no, legacy_key, field, value, energy_kwh, amount_minor) FROM STDIN"
    ) as copy:
        for row in failed:
            copy.write_row(
                (
                    load_id, issue_number, row.expectation.code, row.expectation.of, row.file_id, row.row_no,
                    row.part_no, row.key, row.expectation.column, row.value, row.energy_kwh or 0,
                    round(row.amount_minor or 0),
                )
            )  # fmt: skip


def name_failures(session: psycopg.Connection, load_id: int, expectations: Iterable[Expectation]) -> None:
    """Give failing rows their old key and what is at stake in them, from the rows themselves."""
    for expectation in expectations:
        entity = ENTITIES.get(expectation.of)
        if entity is None:
            continue
        energy = f"coalesce(t.{entity.energy}, 0)" if entity.energy else "0"
        money = " + ".join(f"abs(coalesce(t.{column}, 0))" for column in entity.money) or "0"
        session.execute(
            f"UPDATE migration.expectation_failure AS n SET legacy_key = {entity.shown_key_sql}, "
            f"energy_kwh = abs({energy}), amount_minor = {money} FROM migration.{entity.name} AS t "
            "WHERE n.load_id = %(load_id)s AND n.expectation_code = %(code)s AND t.load_id = n.load_id "
            "AND t.file_id = n.file_id AND t.row_no = n.row_no AND t.part_no = n.part_no",
            {"load_id": load_id, "code": expectation.code},
        )
        if expectation.stake == ACCOUNT_CHARGES:
            _weigh_by_charges(session, load_id, expectation.code, entity.name)


def _weigh_by_charges(session: psycopg.Connection, load_id: int, code: str, entity: str) -> None:
    """What the dump charged the account of a failing row; told once for each account, on its first failing row."""
    account = "t.account_no" if entity == "account" else "p.account_no"
    point = "" if entity == "account" else (
        "INNER JOIN migration.metering_point AS p ON p.load_id = t.load_id AND p.point_code = t.point_code "
        "AND NOT p.is_deleted AND p.bad_reason IS NULL "
    )  # fmt: skip
    session.execute(
        "WITH failing AS ("
        f"SELECT DISTINCT ON ({account}) n.expectation_failure_id, {account} AS account_no "
        f"FROM migration.expectation_failure AS n INNER JOIN migration.{entity} AS t ON t.load_id = n.load_id "
        f"AND t.file_id = n.file_id AND t.row_no = n.row_no AND t.part_no = n.part_no {point}"
        "WHERE n.load_id = %(load_id)s AND n.expectation_code = %(code)s "
        f"ORDER BY {account}, n.file_id, n.row_no, n.part_no), "
        "charged AS ("
        "SELECT f.expectation_failure_id, sum(c.energy_kwh) AS energy_kwh, sum(c.charge_minor) AS charge_minor "
        "FROM failing AS f INNER JOIN migration.charge AS c ON c.load_id = %(load_id)s AND c.account_no = f.account_no "
        "AND NOT c.is_deleted AND c.bad_reason IS NULL GROUP BY f.expectation_failure_id) "
        "UPDATE migration.expectation_failure AS n SET energy_kwh = coalesce(abs(c.energy_kwh), 0), "
        "amount_minor = coalesce(abs(c.charge_minor), 0) FROM charged AS c "
        "WHERE n.expectation_failure_id = c.expectation_failure_id",
        {"load_id": load_id, "code": code},
    )


def write_results(
    session: psycopg.Connection,
    rules: Rules,
    boundary: str,
    counts: Mapping[str, Counts],
    expectations: Iterable[Expectation],
    *,
    load_id: int | None = None,
    issue_number: str | None = None,
) -> None:
    """One row per expectation and file; whether it is met is told of the file or of the whole, as the rule says."""
    for expectation in expectations:
        tally = counts[expectation.code]
        whole = sum(tally.failed.values()) <= expectation.allowed_share * sum(tally.checked.values())
        for file_id in sorted(tally.checked, key=lambda known: known or 0) or [None]:
            checked, failed = tally.checked[file_id], tally.failed[file_id]
            is_met = failed <= expectation.allowed_share * checked if expectation.per == "file" else whole
            session.execute(
                "INSERT INTO migration.expectation_result (boundary, load_id, issue_number, expectation_code, entity, "
                "file_id, column_name, severity, sentence, checked_count, failed_count, allowed_share, is_met, "
                "energy_kwh, amount_minor, rules_sha256) "
                "SELECT %(boundary)s, %(load_id)s, %(issue)s, %(code)s, %(entity)s, %(file_id)s, %(column)s, "
                "%(severity)s, %(sentence)s, %(checked)s, %(failed)s, %(allowed)s, %(is_met)s, "
                "coalesce(sum(n.energy_kwh), 0), coalesce(sum(n.amount_minor), 0), %(sha256)s "
                "FROM migration.expectation_failure AS n WHERE n.expectation_code = %(code)s "
                "AND (n.load_id = %(load_id)s OR n.issue_number = %(issue)s) "
                "AND n.file_id IS NOT DISTINCT FROM %(file_id)s::bigint",
                {
                    "boundary": boundary, "load_id": load_id, "issue": issue_number, "code": expectation.code,
                    "entity": expectation.of, "file_id": file_id, "column": expectation.column,
                    "severity": expectation.severity, "checked": checked, "failed": failed,
                    "sentence": json.dumps(dict(expectation.sentence), ensure_ascii=False),
                    "allowed": expectation.allowed_share, "is_met": is_met, "sha256": rules.sha256,
                },
            )  # fmt: skip
