"""`wattbook explain`: why a bill is what it is."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, today

if TYPE_CHECKING:
    from operational_db.billing.explanation import BillExplanation

_WIDTH = 100


def explain(
    account: Annotated[str, typer.Argument(metavar="NUMBER", help="The account, such as SA01/12/345.")],
    month: Month,
    bill: Annotated[int | None, typer.Option("--bill", metavar="N", help="Which bill of the month.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page.", dir_okay=False)] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as PDF.", dir_okay=False)] = None,
    xlsx: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a workbook that recalculates.", dir_okay=False)
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the files: en, ru, uk or uz.")] = "en",
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Explain a bill to the last coin: readings, days, steps, zones, ratio, price list, balance.

    [dim]wattbook explain SA01/12/345 --month 2026-03[/]
    [dim]wattbook explain SA01/12/345 --month 2026-03 --pdf bill.pdf --xlsx bill.xlsx --language uz[/]
    """
    from dashboards.bills.page import render_page
    from dashboards.bills.paper import pdf_bytes, write_file
    from dashboards.bills.words import BillWords
    from dashboards.bills.workbook import workbook_bytes
    from operational_db.billing.explanation import explain_bill
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    words = BillWords(language)
    found = explain_bill(settings_with_database(), account, month, by=by, bill_no=bill, language=language)
    if html is not None:
        write_file(html, render_page([found], words, today()).encode())
    if pdf is not None:
        write_file(pdf, pdf_bytes(render_page([found], words, today())))
    if xlsx is not None:
        write_file(xlsx, workbook_bytes(found, words))
    files = [file for file in (html, pdf, xlsx) if file is not None]
    if as_json:
        show_json({"explanation": found, "in_words": found.in_words(), "files": files})
    elif files:
        for file in files:
            say(str(file))
    else:
        for paragraph in _paragraphs(found):
            for line in wrap(paragraph, _WIDTH, subsequent_indent="  ", break_long_words=False):
                say(line)


def _paragraphs(found: "BillExplanation") -> list[str]:
    """The bill in sentences, from who is billed to what is owed."""
    from orchestration.answers import money

    head, per_major = found.head, found.minor_per_major
    address = ", ".join(
        part for part in (head.locality, head.street_name, head.house, head.building, head.flat) if part
    )
    told = [
        f"Bill {head.bill_no} ({head.name}) of {head.account_no} for {found.month:%Y-%m}.",
        "; ".join(part for part in (head.holder_name, address) if part) or "The consumer's name is not in the book.",
        f"Served by {' > '.join(found.unit_path)}.",
    ]
    if head.posted_at is not None:
        told.append(f"Posted {head.posted_at:%Y-%m-%d %H:%M} by {head.posted_by}, run {head.bill_run_id}.")
    told += found.in_words()
    told.append(f"Owed before the month: {money(found.balance_before_minor, per_major)} {found.currency}.")
    told += [
        f"{one.posted_on}: {one.document_kind} {one.document_no}, {money(one.amount_minor, per_major)}."
        for one in found.movements
        if one.document_kind != "before"
    ]
    told.append(f"Owed after the month: {money(found.balance_after_minor, per_major)} {found.currency}.")
    return told
