"""`wattbook explain`: why a bill is what it is."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month


def explain(
    account: Annotated[str, typer.Argument(metavar="NUMBER", help="The account, such as SA01/12/345.")],
    month: Month,
    bill: Annotated[int | None, typer.Option("--bill", metavar="N", help="Which bill of the month.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Explain a bill to the last coin: readings, days, steps, zones, ratio, price list, balance.

    [dim]wattbook explain SA01/12/345 --month 2026-03[/]
    """
    from operational_db.billing.explanation import explain_bill
    from orchestration.answers import money, say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    found = explain_bill(settings_with_database(), account, month, by=by, bill_no=bill)
    if as_json:
        show_json({"explanation": found, "in_words": found.in_words()})
        return
    head = found.head
    address = ", ".join(
        part for part in (head.locality, head.street_name, head.house, head.building, head.flat) if part
    )
    say(f"Bill {head.bill_no} ({head.kind}) of {head.account_no} for {found.month:%Y-%m}.")
    say("; ".join(part for part in (head.holder_name, address) if part) or "The consumer's name is not in the book.")
    if head.posted_at is not None:
        say(f"Posted {head.posted_at:%Y-%m-%d %H:%M} by {head.posted_by}, run {head.bill_run_id}.")
    for sentence in found.in_words():
        say(sentence)
    per_major, currency = found.minor_per_major, found.currency
    say(f"Owed before the month: {money(found.balance_before_minor, per_major)} {currency}.")
    for one in found.movements:
        if one.document_kind != "before":
            say(f"{one.posted_on}: {one.document_kind} {one.document_no}, {money(one.amount_minor, per_major)}.")
    say(f"Owed after the month: {money(found.balance_after_minor, per_major)} {currency}.")
