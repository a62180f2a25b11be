"""`wattbook reconcile`: what happened to an account, with its balance after each step."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, day_of, today

if TYPE_CHECKING:
    from dashboards.bills.words import BillWords
    from operational_db.accounting.reconciliation import AccountStatement

DAY = "YYYY-MM-DD"


def reconcile(
    account: Annotated[str, typer.Argument(metavar="NUMBER", help="The account, such as SA01/12/345.")],
    from_day: Annotated[
        date | None, typer.Option("--from", parser=day_of, metavar=DAY, help="First day; all of the past unless given.")
    ] = None,
    to_day: Annotated[
        date | None, typer.Option("--to", parser=day_of, metavar=DAY, help="First day after; all known unless given.")
    ] = None,
    article: Annotated[
        str | None, typer.Option(metavar="CODE", help="electricity, acts, services or penalty; all unless given.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page.", dir_okay=False)] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as PDF.", dir_okay=False)] = None,
    xlsx: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a workbook that recalculates.", dir_okay=False)
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the answer: en, ru, uk or uz.")] = "en",
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Show all that happened to an account, with a balance proven equal to the ledger after each line.

    [dim]wattbook reconcile SA01/12/345[/]
    [dim]wattbook reconcile SA01/12/345 --from 2026-01-01 --to 2026-04-01 --article electricity --pdf account.pdf[/]
    """
    from dashboards.bills.paper import pdf_bytes, write_file
    from dashboards.bills.statement import render_statement
    from dashboards.bills.statement_workbook import statement_workbook_bytes
    from dashboards.bills.words import BillWords
    from operational_db.accounting.reconciliation import reconcile_account
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    words = BillWords(language)
    found = reconcile_account(
        settings_with_database(), account, by=by, from_day=from_day, to_day=to_day, article=article
    )
    if html is not None:
        write_file(html, render_statement(found, words, today()).encode())
    if pdf is not None:
        write_file(pdf, pdf_bytes(render_statement(found, words, today())))
    if xlsx is not None:
        write_file(xlsx, statement_workbook_bytes(found, words))
    files = [file for file in (html, pdf, xlsx) if file is not None]
    if as_json:
        show_json({"statement": found, "files": files})
    elif files:
        for file in files:
            say(str(file))
    else:
        _tell(found, words)


def _tell(found: "AccountStatement", words: "BillWords") -> None:
    from dashboards.bills.page import Money
    from dashboards.bills.statement import notes, period_in_words, what_happened
    from orchestration.answers import money, say, show_table

    def coins(minor: int | None) -> str:
        return money(minor, found.minor_per_major)

    in_words = Money(words, found.minor_per_major)
    article = words.named("article", found.article_code or "all")
    say(f"{found.account_no}, {period_in_words(found, words)}, {article}, {found.currency}")
    say(f"{words.text('st_opening')}: {coins(found.opening_minor)}")
    rows = [
        (
            line.stands_on,
            "; ".join([what_happened(line, words, in_words), *notes(line, words, in_words)]),
            coins(line.amount_minor if line.is_debt else None),
            coins(-line.amount_minor if line.is_debt is False and line.amount_minor is not None else None),
            coins(line.balance_minor),
        )
        for line in found.lines
    ]
    if rows:
        heads = ("st_day", "st_what", "st_charged", "st_paid", "st_balance")
        show_table([words.text(head) for head in heads], rows)
    else:
        say(words.text("st_nothing"))
    say(f"{words.text('st_closing')}: {coins(found.closing_minor)}")
    if found.unused_subsidy_minor:
        say(f"{words.text('st_unused')}: {coins(found.unused_subsidy_minor)}")
