"""`wattbook subsidies`: what social security awards, what bills take of it, what is left.

Does not belong here: the rules (`operational_db.subsidies`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operational_db.refusal import Refusal
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode, month_of
from orchestration.command_line.meter_arguments import database_settings
from orchestration.command_line.payment_arguments import sum_shown

if TYPE_CHECKING:
    from operational_db.settings import Settings
    from operational_db.subsidies.accruals import SubsidyOfMonth, SubsidyStep

app = typer.Typer(help="Subsidies of households: awarded, used by bills, unused.", no_args_is_help=True)

SHOWN_ROWS = 20
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be posted and post nothing.")]
AccountNo = Annotated[str | None, typer.Option("--account", metavar="NUMBER", help="One account only.")]


@app.command("accrue")
def accrue(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or XLSX or DBF by its ending.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=ITS", help="What the file calls a column, as account_no=OWN_NUM."),
    ] = None,
    delimiter: Annotated[str, typer.Option("--delimiter", metavar="SIGN", help="What stands between cells.")] = ",",
    encoding: Annotated[
        str, typer.Option("--encoding", metavar="NAME", help="Such as cp1251; a DBF is read as cp866 unless told.")
    ] = "utf-8",
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Accrue the subsidies of a file, all or none.

    Columns: account_no, for_month, amount (of one month), decision; where known last_month, kind (award or
    recalculation), decided_on, note.

    [dim]wattbook subsidies accrue award-2026-01.csv[/]
    [dim]wattbook subsidies accrue SUBS0126.DBF --column account_no=OWN_NUM --column amount=SUMMA[/]
    """
    from operational_db.subsidies.subsidy_files import load_subsidies
    from orchestration.answers import grouped, say, show_json, warn

    columns = dict(_named_column(text) for text in column or ())
    settings = database_settings()
    loaded = load_subsidies(
        settings, file, delimiter=delimiter, encoding=encoding, columns=columns, dry_run=dry_run, by=by
    )
    for sentence in loaded.unreadable[:SHOWN_ROWS]:
        warn(sentence)
    if loaded.unreadable:
        raise Refusal(
            f"{len(loaded.unreadable)} rows of {file} are no subsidies, so none was accrued; correct them and load "
            "again."
        )
    if as_json:
        show_json(loaded)
        return
    say(
        f"{'Would accrue' if dry_run else 'Accrued'} {grouped(loaded.accrued_count)} months of subsidy, "
        f"{sum_shown(settings, loaded.accrued_minor)}."
    )


@app.command("use")
def use(
    month: Month,
    unit: UnitCode = None,
    account: AccountNo = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Let the bills of a month take the subsidies that are there, up to what is charged less benefits.

    [dim]wattbook subsidies use --month 2026-01 --unit SA01[/]
    """
    from operational_db.subsidies.accruals import use_subsidies
    from orchestration.answers import grouped, say, show_json

    _one_of(unit, account)
    settings = database_settings()
    run = use_subsidies(settings, month, unit_code=unit, account_no=account, dry_run=dry_run, by=by)
    if as_json:
        show_json(run)
        return
    say(
        f"{'Would use' if dry_run else 'Used'} subsidies of {grouped(run.account_count)} accounts in {month:%Y-%m}: "
        f"{sum_shown(settings, run.used_minor)}."
    )
    if run.reversed_count:
        say(f"{grouped(run.reversed_count)} uses before no longer held and were taken back.")
    if run.unused_count:
        say(f"Unused of {grouped(run.unused_count)} accounts: {sum_shown(settings, run.unused_minor)}, carried over.")


@app.command("list")
def list_them(
    month: Annotated[
        date | None, typer.Option("--month", parser=month_of, metavar="YYYY-MM", help="The month that is meant.")
    ] = None,
    unit: UnitCode = None,
    account: AccountNo = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """The subsidies of a month, by account and together; or all that happened to the subsidy of one account.

    [dim]wattbook subsidies list --month 2026-01 --unit SA01[/]
    [dim]wattbook subsidies list --account SA01/12/345[/]
    """
    from operational_db.subsidies.accruals import subsidies_of_month, subsidy_history
    from orchestration.answers import show_json

    _one_of(unit, account)
    settings = database_settings()
    if month is None:
        if account is None:
            raise typer.BadParameter("give --month, or --account for all that happened to its subsidy")
        steps = subsidy_history(settings, account, by=by)
        if as_json:
            show_json(steps)
        else:
            _tell_history(settings, account, steps)
        return
    found = subsidies_of_month(settings, month, unit_code=unit, account_no=account, by=by)
    if as_json:
        show_json(found)
    else:
        _tell_month(settings, month, found)


@app.command("reverse")
def reverse(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, by its number.")],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the accrual in its booked month.")],
    month: Month,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, in a few words.")],
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Take an accrual back in the open month; what closed months used of it stays used."""
    from operational_db.subsidies.accruals import reverse_subsidy
    from orchestration.answers import say, show_json

    settings = database_settings()
    done = reverse_subsidy(settings, account, month, number, reason=reason, dry_run=dry_run, by=by)
    if as_json:
        show_json(done)
        return
    say(
        f"{'Would be taken' if dry_run else 'Taken'} back: accrual {number} of {month:%Y-%m}, account "
        f"{done.account_no}, {sum_shown(settings, done.amount_minor)} in {done.booked_month:%Y-%m}."
    )


def _tell_month(settings: "Settings", month: date, found: "list[SubsidyOfMonth]") -> None:
    from orchestration.answers import money, say, show_table
    from orchestration.book import book_currency

    if not found:
        say(f"There is no subsidy in {month:%Y-%m}.")
        return
    coins = book_currency(settings).minor_per_major
    names = ("carried", "awarded", "recalculated", "charged", "benefit", "used", "unused")
    sums = [[getattr(one, f"{name}_minor") for name in names] for one in found]
    rows = [
        (one.account_no, *(money(minor, coins) for minor in of_one)) for one, of_one in zip(found, sums, strict=True)
    ]
    if len(found) > 1:
        rows.append(("together", *(money(sum(column), coins) for column in zip(*sums, strict=True))))
    show_table(("account", *names), rows)


def _tell_history(settings: "Settings", account: str, steps: "list[SubsidyStep]") -> None:
    from orchestration.answers import money, say, show_table
    from orchestration.book import book_currency

    if not steps:
        say(f"Account {account} has no subsidy.")
        return
    coins = book_currency(settings).minor_per_major
    show_table(
        ("booked", "no.", "what", "for", "awarded", "used", "unused", "decision", "note"),
        [
            (
                f"{s.booked_month:%Y-%m}", s.number,
                s.kind.replace("_", " ") + (", taken back" if s.is_taken_back else ""), f"{s.for_month:%Y-%m}",
                money(s.amount_minor, coins), money(s.used_minor, coins), money(s.unused_minor, coins),
                s.decision or "", s.note or "",
            )
            for s in steps
        ],
    )  # fmt: skip


def _named_column(text: str) -> tuple[str, str]:
    name, equals, called = text.partition("=")
    if not (name and equals and called):
        raise typer.BadParameter(f'"{text}" names no column; write it as account_no=OWN_NUM')
    return name, called


def _one_of(unit: str | None, account: str | None) -> None:
    if unit is not None and account is not None:
        raise typer.BadParameter("give --unit or --account, not both")
