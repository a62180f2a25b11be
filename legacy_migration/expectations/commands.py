"""The operations of the two boundaries: check a load, check a form, waive an expectation of a load.

Belongs here: transactions, rights, and the order of steps. Does not belong here: the steps.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg

from legacy_migration.expectations.evaluation import Judge, checked
from legacy_migration.expectations.results import (
    Outcome,
    forget,
    name_failures,
    outcomes,
    was_judged,
    write_failures,
    write_results,
)
from legacy_migration.expectations.rules import FORMS_OUT, LEGACY_IN, read_rules
from legacy_migration.expectations.scan import Counts, FailedRow, scan, told_rules
from legacy_migration.loads import one_at_a_time, require_protocol, require_right
from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


@dataclass(frozen=True)
class FormCells:
    """The cells of a form as they are printed: a line's name and its figures by column."""

    form_code: str
    issue_number: str
    lines: Sequence[tuple[str, Mapping[str, Decimal | str | None]]]


def check_load(settings: Settings, protocol_id: int) -> list[Outcome]:
    """Judge the rows of a load by `rules/legacy_in.yaml`; the same rules a second time cost nothing."""
    rules = read_rules(LEGACY_IN)
    with connect(settings, Role.LOADER) as session, refusals():
        load_id = require_protocol(session, protocol_id).load_id
        with one_at_a_time(session, f"expectations of load {load_id}"):
            if not was_judged(session, rules, load_id=load_id):
                _judge_load(session, load_id, rules)
                session.commit()
            return outcomes(session, load_id=load_id)


def _judge_load(session: psycopg.Connection, load_id: int, rules: Any) -> None:  # noqa: ANN401
    (day,) = session.execute(
        "SELECT l.started_at::date FROM landing.load AS l WHERE l.load_id = %s", [load_id]
    ).fetchone()
    forget(session, load_id=load_id)
    rules = told_rules(session, load_id, rules)
    counts = {expectation.code: Counts() for expectation in rules.expectations}
    judge = Judge({"day_of_load": day, "year_of_load": day.year})
    for failed in scan(session, load_id, rules, judge, counts):
        if failed:
            write_failures(session, failed, load_id=load_id)
    name_failures(session, load_id, rules.expectations)
    # What was asked of nothing (a kind of fact that this dump does not tell) is no result.
    asked = [expectation for expectation in rules.expectations if sum(counts[expectation.code].checked.values())]
    write_results(session, rules, "legacy_in", counts, asked, load_id=load_id)


def check_form(settings: Settings, cells: FormCells) -> list[Outcome]:
    """Judge the cells of a form by `rules/forms_out.yaml`; an equal form (by its issue number) is judged once."""
    rules = read_rules(FORMS_OUT)
    expectations = rules.about(cells.form_code)
    if not expectations:
        return []
    waiting = f"expectations of form {cells.issue_number}"
    with connect(settings, Role.LOADER) as session, refusals(), one_at_a_time(session, waiting):
        if not was_judged(session, rules, issue_number=cells.issue_number):
            forget(session, issue_number=cells.issue_number)
            _judge_form(session, cells, rules, expectations)
            session.commit()
        return outcomes(session, issue_number=cells.issue_number)


def _judge_form(session: psycopg.Connection, cells: FormCells, rules: Any, expectations: list) -> None:  # noqa: ANN401
    import pandas as pd  # noqa: PLC0415 - only where a form is judged

    frame = pd.DataFrame([dict(figures) for _, figures in cells.lines])
    missing = sorted({column for one in expectations for column in one.columns} - set(frame.columns))
    if missing:
        raise Refusal(
            f'{FORMS_OUT}: form {cells.form_code} has no column "{missing[0]}"; correct the rules or the form.'
        )
    for column in frame.columns:
        if not any(isinstance(value, str) for value in frame[column]):
            frame[column] = pd.to_numeric(frame[column])
    failing = Judge().failing(frame, expectations)
    counts, failed = {}, []
    for expectation in expectations:
        labels = failing[expectation.code]
        asked = int(checked(frame, expectation).sum())
        counts[expectation.code] = Counts(Counter({None: asked}), Counter({None: len(labels)}))
        for label in labels:
            line, figures = cells.lines[label]
            value = figures[expectation.column]
            shown = None if value is None else str(value)
            failed.append(FailedRow(expectation, None, label + 1, None, f"{line}", shown))
    write_failures(session, failed, issue_number=cells.issue_number)
    write_results(session, rules, "forms_out", counts, expectations, issue_number=cells.issue_number)


def waive(settings: Settings, protocol_id: int, code: str, *, reason: str, by: str) -> list[Outcome]:
    """Somebody with the right to accept the load answers for an expectation that stops it."""
    if not reason.strip():
        raise Refusal(f'An expectation is waived for a reason; say with --reason why "{code}" may stay as it is.')
    with connect(settings, Role.LOADER, user=by) as session, refusals():
        load_id = require_protocol(session, protocol_id).load_id
        user_id = require_right(session, load_id, by, "accept_load")
        found = {outcome.code: outcome for outcome in outcomes(session, load_id=load_id)}
        if code not in found or found[code].is_met:
            unmet = ", ".join(outcome.code for outcome in found.values() if not outcome.is_met)
            raise Refusal(
                f'Protocol {protocol_id} has no unmet expectation "{code}"; '
                + (f"unmet are {unmet}." if unmet else "run `wattbook expectations` to see them.")
            )
        session.execute(
            "INSERT INTO migration.expectation_waiver (load_id, expectation_code, reason, user_id) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (load_id, expectation_code) DO NOTHING",
            [load_id, code, reason.strip(), user_id],
        )
        session.commit()
        return outcomes(session, load_id=load_id)
