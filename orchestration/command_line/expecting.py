"""`wattbook expectations`: what is expected of a load at the boundary, what is not met, and who answers for it."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser
from orchestration.command_line.migration import ProtocolId

if TYPE_CHECKING:
    from legacy_migration.expectations.results import Outcome


def expectations(
    protocol_id: ProtocolId,
    waive: Annotated[
        str | None, typer.Option(metavar="CODE", help="Answer for this unmet expectation, so that it stops nothing.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it may stay unmet.")] = "",
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Check what is expected of a load beyond the verdicts on its rows, and show what is not met.

    [dim]wattbook expectations --protocol 1[/]
    [dim]wattbook expectations --protocol 1 --waive residents_are_plausible --reason "a hostel" --by administrator[/]
    """
    from legacy_migration.expectations.commands import check_load
    from legacy_migration.expectations.commands import waive as answer_for
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    found = check_load(settings, protocol_id)
    if waive is not None:
        found = answer_for(settings, protocol_id, waive, reason=reason, by=by)
    if as_json:
        show_json({"protocol": protocol_id, "expectations": found})
        return
    tell(found, protocol_id, every=True)


def tell(found: "list[Outcome]", protocol_id: int, *, every: bool) -> None:
    """What is not met, what stops first; with `every` as a table of all."""
    from orchestration.answers import say, show_table

    if every:
        show_table(
            ("expectation", "of", "checked", "failed", "kWh at stake", "money at stake, minor", "result"),
            [
                (
                    one.code, f"{one.entity}.{one.column_name}", one.checked_count, one.failed_count, one.energy_kwh,
                    one.amount_minor, "met" if one.is_met else "waived" if one.waived else one.severity,
                )
                for one in found
            ],
        )  # fmt: skip
    unmet = [one for one in found if not one.is_met]
    for one in unmet:
        say(f"{'Stops the load' if one.stops else 'To be noted'}: {one.said}.")
    say(
        f"{len(found) - len(unmet)} of {len(found)} expectations are met; the rows that fail are on the page Migration."
    )
    if any(one.stops for one in unmet):
        say(f"Load corrected files, or answer with `wattbook expectations --protocol {protocol_id} --waive CODE`.")
