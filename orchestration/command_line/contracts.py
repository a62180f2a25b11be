"""`wattbook contract`: contracts of accounts, drawn up, signed and terminated.

Does not belong here: the rules (`operational_db.subscribers`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, UnitCode, day_of, today
from orchestration.command_line.meter_arguments import database_settings

if TYPE_CHECKING:
    from operational_db.subscribers.contracts import AccountWithoutContract, Contract

app = typer.Typer(help="Contracts of accounts: drawn up, signed, terminated.", no_args_is_help=True)

AccountNo = Annotated[str, typer.Option("--account", metavar="NUMBER", help="The account, by its number.")]
ContractNo = Annotated[str, typer.Option("--number", metavar="NUMBER", help="The number of the contract.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")]
OnDay = Annotated[
    date | None, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="On this day; without it, today.")
]


@app.command("list")
def list_them(
    account: Annotated[str | None, typer.Option("--account", metavar="NUMBER", help="Contracts of an account.")] = None,
    unit: UnitCode = None,
    on_day: OnDay = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """List the contracts of an account, or the open accounts of a unit that have none in force.

    [dim]wattbook contract list --account SA01/12/345[/]
    [dim]wattbook contract list --unit SA01[/]
    """
    from operational_db.subscribers.contracts import accounts_without_contract, contracts_of_account
    from orchestration.answers import show_json

    day = on_day or today()
    if account is not None and unit is not None:
        raise typer.BadParameter("name either an account or a unit")
    if account is not None:
        contracts = contracts_of_account(database_settings(), account, on_day=day, by=by)
        show_json(contracts) if as_json else _tell_contracts(account, contracts)
    else:
        without = accounts_without_contract(database_settings(), unit, on_day=day, by=by)
        show_json(without) if as_json else _tell_without(without, day)


def _tell_contracts(account: str, contracts: "list[Contract]") -> None:
    from orchestration.answers import say

    if not contracts:
        say(f"Account {account} has no contract; draw one up by `wattbook contract draw-up`.")
    for one in contracts:
        signed = f", signed on {one.signed_on}" if one.signed_on else ""
        say(f"{one.contract_no}: {one.status.replace('_', ' ')} since {one.since}{signed}")


def _tell_without(without: "list[AccountWithoutContract]", day: date) -> None:
    from orchestration.answers import say, show_table

    if not without:
        say(f"Every open account has a contract in force on {day}.")
        return
    rows = [
        (one.account_no, one.account_kind, one.contract_no or "", (one.status or "").replace("_", " "))
        for one in without
    ]
    show_table(
        ["Account", "Kind", "Latest contract", "It is"],
        rows,
        title=f"{len(rows):,} accounts without a contract on {day}",
    )


@app.command("draw-up")
def draw_up(
    account: AccountNo,
    number: ContractNo,
    from_day: Annotated[
        date | None,
        typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="The day of drawing up; without it, today."),
    ] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Draw up a contract, which is not in force before it is signed.

    [dim]wattbook contract draw-up --account SA01/12/345 --number 17-2026[/]
    """
    from operational_db.subscribers.contracts import draw_up_contract
    from orchestration.answers import say

    account_no = draw_up_contract(
        database_settings(), account, number, from_day=from_day or today(), dry_run=dry_run, by=by
    )
    say(f"Contract {number} of account {account_no} {_done(dry_run)} drawn up; it waits for its signature.")


@app.command("sign")
def sign(
    account: AccountNo,
    number: ContractNo,
    signed_on: Annotated[
        date, typer.Option("--signed-on", parser=day_of, metavar="YYYY-MM-DD", help="The day of the signature.")
    ],
    from_day: Annotated[
        date | None,
        typer.Option(
            "--from", parser=day_of, metavar="YYYY-MM-DD", help="In force from; without it, the signature's day."
        ),
    ] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Sign a contract that was drawn up.

    [dim]wattbook contract sign --account SA01/12/345 --number 17-2026 --signed-on 2026-03-02[/]
    """
    from operational_db.subscribers.contracts import sign_contract
    from orchestration.answers import say

    in_force = from_day or signed_on
    account_no = sign_contract(
        database_settings(), account, number, signed_on=signed_on, from_day=in_force, dry_run=dry_run, by=by
    )
    say(f"Contract {number} of account {account_no} {_done(dry_run)} signed, in force from {in_force}.")


@app.command("terminate")
def terminate(
    account: AccountNo,
    number: ContractNo,
    from_day: Annotated[
        date,
        typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="The first day on which it is not in force."),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the command.")],
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Terminate a contract; the account goes on, and is listed as one without a contract."""
    from operational_db.subscribers.contracts import terminate_contract
    from orchestration.answers import say

    account_no = terminate_contract(
        database_settings(), account, number, from_day=from_day, reason=reason, dry_run=dry_run, by=by
    )
    say(f"Contract {number} of account {account_no} {_done(dry_run)} terminated from {from_day}.")


def _done(dry_run: bool) -> str:
    return "would be" if dry_run else "is"
