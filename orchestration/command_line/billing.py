"""`wattbook bill`, `unbilled`, `rebill`, `close` and `verify-closed`."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from operational_db.refusal import Refusal
from operational_db.settings import Settings
from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month, UnitCode, day_of


def bill(
    month: Month,
    unit: UnitCode = None,
    account: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="One account only, such as SA01/12/345.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Post nothing; show what would be posted and what to look at.")
    ] = False,
    approve: Annotated[
        int | None, typer.Option("--approve", metavar="N", help="Let the run of preview N be posted.")
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Bill all that a month has to bill, whole or not at all; a second run bills nothing twice.

    Who may not approve bills posts over a unit what somebody who may has approved.

    [dim]wattbook bill --month 2026-03 --unit UZ-SA --preview[/]
    """
    from operational_db.billing.commands import bill_month
    from orchestration.answers import energy, grouped, money, say, show_json
    from orchestration.book import book_currency
    from orchestration.command_line.surroundings import settings_with_database

    if unit is not None and account is not None:
        raise typer.BadParameter("give --unit or --account, not both")
    if account is not None and (preview or approve is not None):
        raise typer.BadParameter("--preview and --approve are for runs over a unit, not for one account")
    settings = settings_with_database()
    if approve is not None:
        _approve(settings, approve, by)
        return
    if preview:
        _show_preview(settings, month, unit, by, as_json=as_json)
        return
    run = bill_month(settings, month, by=by, unit_code=unit, account_no=account)
    if as_json:
        show_json(run)
        return
    if run.was_billed_already:
        say(
            f"Nothing more to bill in {month:%Y-%m} there, so nothing was done; what waits, and why, is told by "
            f"`wattbook unbilled --month {month:%Y-%m}`."
        )
    else:
        currency = book_currency(settings)
        say(
            f"Billed {month:%Y-%m}: {grouped(run.bill_count)} bills, {grouped(run.line_count)} lines, "
            f"{energy(run.energy_kwh)} kWh, {money(run.charge_minor, currency.minor_per_major)} {currency.code}."
        )
        if run.corrected_account_count:
            say(
                f"Among them months billed anew for {grouped(run.corrected_account_count)} accounts: "
                f"{money(run.correction_minor, currency.minor_per_major)} {currency.code}."
            )
    if run.unbilled_span_count:
        say(
            f"Left unbilled: {grouped(run.unbilled_span_count)} spans between readings; "
            f"`wattbook unbilled --month {month:%Y-%m}` tells which and why."
        )


def _approve(settings: Settings, preview_id: int, by: str) -> None:
    from operational_db.billing.preview import approve_run
    from orchestration.answers import say

    approve_run(settings, preview_id, by=by)
    say(f"Preview {preview_id} is approved; `wattbook bill` for its month and unit posts these figures.")


_LOOKED_AT = 20
"""How many outliers of each kind a preview prints; --json tells all."""

_OUTLIERS = {
    "negative": "Negative: a correction takes back more than is billed",
    "several_times": "Several times the usual month",
    "zero": "Nothing used, though something usually is",
}


def _show_preview(settings: Settings, month: date, unit: str | None, by: str, *, as_json: bool) -> None:
    from operational_db.billing.preview import preview_month
    from orchestration.answers import energy, grouped, money, say, show_json, show_table
    from orchestration.book import book_currency

    tried = preview_month(settings, month, by=by, unit_code=unit)
    if as_json:
        show_json(tried)
        return
    currency = book_currency(settings)
    say(
        f"The run over {month:%Y-%m} would post {grouped(tried.bill_count)} bills, {grouped(tried.line_count)} lines, "
        f"{energy(tried.energy_kwh)} kWh, {money(tried.charge_minor, currency.minor_per_major)} {currency.code}."
    )
    for reason, title in _OUTLIERS.items():
        found = [outlier for outlier in tried.outliers if outlier.reason == reason]
        if found:
            show_table(
                ("account", "kWh", "usual kWh", currency.code),
                [
                    (
                        one.account_no,
                        energy(one.energy_kwh),
                        energy(one.usual_kwh) if one.usual_kwh is not None else "",
                        money(one.charge_minor, currency.minor_per_major),
                    )
                    for one in found[:_LOOKED_AT]
                ],
                title=f"{title}: {grouped(len(found))}",
            )
    if not tried.outliers:
        say("No bill stands out.")
    if tried.unbilled_span_count:
        say(
            f"Left unbilled: {grouped(tried.unbilled_span_count)} spans; `wattbook unbilled --month {month:%Y-%m}` "
            "tells which and why."
        )
    say(
        f"This is preview {tried.preview_id}; "
        f"approve it with `wattbook bill --month {month:%Y-%m} --approve {tried.preview_id}`."
    )


def unbilled(month: Month, unit: UnitCode = None, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Readings of a month that stand unbilled, each with the reason and what to do.

    [dim]wattbook unbilled --month 2026-03 --unit SA01[/]
    """
    from operational_db.billing.preview import left_unbilled
    from orchestration.answers import energy, say, show_json, show_table
    from orchestration.command_line.surroundings import settings_with_database

    found = left_unbilled(settings_with_database(), month, by=by, unit_code=unit)
    if as_json:
        show_json(found)
        return
    if not found:
        say(f"Every reading of {month:%Y-%m} is billed or was set aside for good.")
        return
    show_table(
        ("account", "point", "read on", "value", "why"),
        [(one.account_no, one.point_code, one.read_on, energy(one.value_kwh), one.reason) for one in found],
    )


def rebill(
    account: Annotated[str, typer.Argument(metavar="NUMBER", help="The account, such as SA01/12/345.")],
    since: Annotated[date, typer.Option("--since", parser=day_of, metavar="YYYY-MM-DD", help="First day in doubt.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the book.")],
    by: ByUser = FIRST_USER,
) -> None:
    """Have an account's days billed anew by the next run: reversed and billed right in the open month.

    [dim]wattbook rebill SA01/12/345 --since 2026-01-01 --reason "tariff of the point corrected"[/]
    """
    from operational_db.billing.preview import bill_anew
    from orchestration.answers import say
    from orchestration.command_line.surroundings import settings_with_database

    points = bill_anew(settings_with_database(), account, since, reason, by=by)
    say(
        f"{points} metering points of {account} are billed anew from {since} "
        "by the next `wattbook bill` of the open month."
    )


def close(
    month: Month,
    unit: UnitCode = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what stands in the way.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Close a month for every RES of a unit; afterwards nothing can be posted into it.

    [dim]wattbook close --month 2026-03 --unit SA01 --check[/]
    """
    from operational_db.billing.commands import close_checks, close_month
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    if check:
        checks = close_checks(settings, month, unit_code=unit, by=by)
        obstacles = [obstacle for one in checks for obstacle in one.obstacles]
        if as_json:
            show_json({"obstacles": obstacles, "checks": checks})
        else:
            for one in checks:
                for note in one.notes:
                    say(note)
            ready = [one.res_code for one in checks if not one.obstacles]
            if ready and obstacles:
                say(f"Nothing stands in the way at {len(ready)} RES: {', '.join(ready)}.")
        if obstacles:
            raise Refusal("\n".join(obstacles))
        if not as_json:
            say(f"Nothing stands in the way of closing {month:%Y-%m} at {len(checks)} RES.")
        return
    closed = close_month(settings, month, unit_code=unit, by=by)
    if as_json:
        show_json(closed)
        return
    say(f"Closed {month:%Y-%m} for {len(closed)} RES: {', '.join(one.res_code for one in closed)}.")


def verify_closed(unit: UnitCode = None, by: ByUser = FIRST_USER, as_json: AsJson = False) -> None:
    """Compute the hashes of all closed months anew and say which month of which RES is not what was closed.

    [dim]wattbook verify-closed --unit SA01[/]
    """
    from operational_db.billing.commands import closes_in_doubt
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    doubts = closes_in_doubt(settings_with_database(), unit_code=unit, by=by)
    if as_json:
        show_json({"doubts": doubts})
    if doubts:
        told = "\n".join(f"{one.month:%Y-%m} of {one.res_code}: {one.doubt}." for one in doubts)
        raise Refusal(
            f"{told}\nSomebody changed rows past the book; compare with the last backup (`wattbook db restore`)."
        )
    if not as_json:
        say("All closed months are what they were when they were closed.")
