"""`wattbook benefits`: categories of benefits, and their grants at metering points.

Does not belong here: the rules of grants (`operational_db.benefits`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from typing import Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, ByUser, day_of
from orchestration.command_line.benefit_preview import show_recalculation
from orchestration.command_line.meter_arguments import Point, database_settings

app = typer.Typer(help="Benefits of households.", no_args_is_help=True)

Category = Annotated[str, typer.Argument(metavar="CATEGORY", help="The code of the category.")]
FromDay = Annotated[date, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="Its first day.")]
OnDay = Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The first day without it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")]
Preview = Annotated[
    bool, typer.Option("--preview", help="Show month by month what the next bill run would change; nothing is done.")
]


@app.command("categories")
def categories(by: ByUser = FIRST_USER) -> None:
    """List the directory of categories."""
    from operational_db.benefits.categories import list_categories
    from orchestration.answers import say

    for c in list_categories(database_settings(), by=by):
        closed = f", closed on {c.closed_on}" if c.closed_on else ""
        say(
            f"{c.category_code}: {c.category_name}, {c.share:.0%} from {c.valid_from}, norm {c.norm_kind}, "
            f"{c.financing_source}, row {c.report_row}{closed}"
        )


@app.command("close")
def close(
    category: Category, on: OnDay, dry_run: DryRun = False, preview: Preview = False, by: ByUser = FIRST_USER
) -> None:
    """Close a category; its grants end on that day, later ones are cancelled."""
    from operational_db.benefits.categories import close_category
    from operational_db.benefits.recalculation import preview_closing
    from orchestration.answers import say

    if preview:
        settings = database_settings()
        show_recalculation(settings, preview_closing(settings, category, on=on, by=by))
        return
    count = close_category(database_settings(), category, on=on, by=by, dry_run=dry_run)
    say(f"Category {category} {'would be' if dry_run else 'is'} closed on {on}; grants with another end: {count}.")


@app.command("reopen")
def reopen(category: Category, by: ByUser = FIRST_USER) -> None:
    """Make a closed category valid again; former holders get nothing back."""
    from operational_db.benefits.categories import reopen_category
    from orchestration.answers import say

    reopen_category(database_settings(), category, by=by)
    say(f"Category {category} is valid again.")


@app.command("grant")
def grant(
    point: Point,
    category: Category,
    holder: Annotated[str, typer.Option("--holder", metavar="NAME", help="Who holds it.")],
    from_day: FromDay,
    to_day: Annotated[
        date | None, typer.Option("--to", parser=day_of, metavar="YYYY-MM-DD", help="The first day without it.")
    ] = None,
    persons: Annotated[int, typer.Option("--persons", help="How many family members are entitled.")] = 1,
    dwelling: Annotated[str | None, typer.Option("--dwelling", help="Equipment, where the norm depends on it.")] = None,
    tax_id: Annotated[str | None, typer.Option("--tax-id", help="Tax number of the holder.")] = None,
    document: Annotated[str | None, typer.Option("--document", help="Paper that the right rests on.")] = None,
    dry_run: DryRun = False,
    preview: Preview = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Grant a category at a metering point; the answer is the number of the grant."""
    from operational_db.benefits.grants import Holder, grant_benefit
    from operational_db.benefits.recalculation import preview_grant
    from orchestration.answers import say

    if preview:
        settings = database_settings()
        months = preview_grant(
            settings, point, category, Holder(holder, tax_id, document), from_day=from_day, to_day=to_day,
            persons=persons, dwelling=dwelling, by=by,
        )  # fmt: skip
        show_recalculation(settings, months)
        return
    grant_no = grant_benefit(
        database_settings(), point, category, Holder(holder, tax_id, document), from_day=from_day, to_day=to_day,
        persons=persons, dwelling=dwelling, dry_run=dry_run, by=by,
    )  # fmt: skip
    say("The grant is possible." if dry_run else f"Grant {grant_no}: {category} at {point} from {from_day}.")


@app.command("end")
def end(
    grant_no: Annotated[int, typer.Argument(metavar="GRANT", help="The number of the grant.")],
    on: OnDay,
    dry_run: DryRun = False,
    preview: Preview = False,
    by: ByUser = FIRST_USER,
) -> None:
    """End a grant; its own first day cancels it wholly."""
    from operational_db.benefits.grants import end_benefit
    from operational_db.benefits.recalculation import preview_end
    from orchestration.answers import say

    if preview:
        settings = database_settings()
        show_recalculation(settings, preview_end(settings, grant_no, on=on, by=by))
        return
    end_benefit(database_settings(), grant_no, on=on, dry_run=dry_run, by=by)
    say(f"Grant {grant_no} {'would end' if dry_run else 'ends'} on {on}.")


@app.command("list")
def list_(
    point: Annotated[str | None, typer.Option("--point", metavar="CODE", help="At one metering point.")] = None,
    category: Annotated[str | None, typer.Option("--category", metavar="CODE", help="Of one category.")] = None,
    by: ByUser = FIRST_USER,
) -> None:
    """List grants and their holders at the points that you may see."""
    from operational_db.benefits.grants import list_grants
    from orchestration.answers import say

    for g in list_grants(database_settings(), by=by, point_code=point, category_code=category):
        say(
            f"Grant {g.grant_no}: {g.category_code} at {g.point_code}, {g.full_name}, {g.valid_from} to "
            f"{g.valid_to or 'further notice'}"
        )
