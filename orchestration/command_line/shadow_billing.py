"""`wattbook shadow`: the old program's bills beside ours, each difference in its class.

Does not belong here: how a bill is classified (`legacy_migration.shadow_billing`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, month_of

if TYPE_CHECKING:
    from legacy_migration.shadow_billing.commands import ShadowBilling, ShadowDifference

SHOWN = 20


def shadow(
    protocol_id: Annotated[
        int | None, typer.Option("--protocol", metavar="ID", help="The load by its protocol; the newest unless given.")
    ] = None,
    months: Annotated[
        list[date] | None,
        typer.Option("--month", parser=month_of, metavar="YYYY-MM", help="A month; may be repeated, else all of them."),
    ] = None,
    class_code: Annotated[
        str | None, typer.Option("--class", metavar="CODE", help="Show only differences of this class.")
    ] = None,
    res: Annotated[str | None, typer.Option(metavar="CODE", help="Show only differences of this RES.")] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Re-rate the old program's bills with our engine and say what explains each difference; nothing is posted.

    [dim]wattbook shadow --protocol 1[/]
    [dim]wattbook shadow --month 2026-01 --month 2026-02 --class unexplained[/]
    """
    from legacy_migration.shadow_billing.commands import shadow_bill, shadow_differences
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        found = shadow_bill(settings, protocol_id, by=by, months=months or (), on_progress=on_progress)
    differences = shadow_differences(settings, found.protocol_id, class_code=class_code, res_code=res)
    if as_json:
        show_json({"shadow_billing": found, "differences": differences})
        return
    _show(found, differences)


def _show(found: "ShadowBilling", differences: "list[ShadowDifference]") -> None:
    from orchestration.answers import energy, grouped, money, say, show_table

    coins = found.minor_per_major
    total = sum(figure.bill_count for figure in found.figures)
    say(
        f"Protocol {found.protocol_id}: {grouped(total)} bills of {len(found.months)} months re-rated, "
        f"{grouped(found.changed_count)} of them told otherwise than before."
    )
    if found.unread_count:
        say(f"{grouped(found.unread_count)} bills were rejected when the dump was judged, and are not among them.")
    show_table(
        ["RES", "month", "class", "bills", "kWh", "charged", "ours", "difference"],
        [
            (
                f.res_code, f"{f.service_month:%Y-%m}", f.class_code, f.bill_count, energy(f.energy_kwh),
                money(f.charge_minor, coins), money(f.our_minor, coins), money(f.charge_minor - f.our_minor, coins),
            )
            for f in found.figures
        ],
    )  # fmt: skip
    shown = [d for d in differences if d.class_code == "unexplained"] or differences
    for difference in shown[:SHOWN]:
        say(difference.evidence)
    if len(shown) > SHOWN:
        say(f"... and {grouped(len(shown) - SHOWN)} more; see them with --json, --class or --res.")
