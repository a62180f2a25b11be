"""`wattbook benefits`: categories of benefits, and their grants at metering points.

Does not belong here: the rules of grants (`operational_db.benefits`).
"""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from orchestration.command_line.arguments import (
    FIRST_USER,
    AsJson,
    ByUser,
    UnitCode,
    day_of,
    energy_of,
    number_of,
)
from orchestration.command_line.benefit_preview import show_recalculation
from orchestration.command_line.meter_arguments import Point, database_settings

app = typer.Typer(help="Benefits of households.", no_args_is_help=True)
directory = typer.Typer(help="Categories: added, and changed from a day on.", no_args_is_help=True)
app.add_typer(directory, name="category")

Category = Annotated[str, typer.Argument(metavar="CATEGORY", help="The code of the category.")]
FromDay = Annotated[date, typer.Option("--from", parser=day_of, metavar="YYYY-MM-DD", help="Its first day.")]
OnDay = Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The first day without it.")]
FixedNorm = Annotated[
    Decimal | None,
    typer.Option("--kwh", parser=energy_of, metavar="KWH", help="The monthly norm, where it is fixed."),
]
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


@directory.command("add")
def add(
    category: Category,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="What it is called.")],
    share: Annotated[
        Decimal, typer.Option("--share", parser=number_of, metavar="SHARE", help="Of the price, such as 0.75.")
    ],
    norm: Annotated[
        str, typer.Option("--norm", metavar="KIND", help="dwelling, fixed (by profession) or none (all consumption).")
    ],
    financing: Annotated[str, typer.Option("--financing", metavar="TEXT", help="The source that pays for it.")],
    row: Annotated[str, typer.Option("--row", metavar="TEXT", help="Its row in the report of benefits.")],
    from_day: FromDay,
    fixed_kwh: FixedNorm = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Add a category to the directory.

    [dim]wattbook benefits category add teacher --name "Village teachers" --share 1 --norm fixed --kwh 30
    --financing "local budget" --row 11 --from 2026-01-01[/]
    """
    from operational_db.benefits.categories import Category as NewCategory
    from operational_db.benefits.categories import add_category
    from orchestration.answers import say

    told = NewCategory(category, name, share, norm, financing, row, fixed_kwh)
    add_category(database_settings(), told, from_day=from_day, dry_run=dry_run, by=by)
    say("The category is possible." if dry_run else f"Category {category} is in the directory from {from_day} on.")


@directory.command("change")
def change(
    category: Category,
    from_day: FromDay,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What it is called.")] = None,
    share: Annotated[
        Decimal | None, typer.Option("--share", parser=number_of, metavar="SHARE", help="Of the price, such as 0.75.")
    ] = None,
    norm: Annotated[str | None, typer.Option("--norm", metavar="KIND", help="dwelling, fixed or none.")] = None,
    fixed_kwh: FixedNorm = None,
    financing: Annotated[str | None, typer.Option("--financing", metavar="TEXT", help="Who pays for it.")] = None,
    row: Annotated[str | None, typer.Option("--row", metavar="TEXT", help="Its row in the report.")] = None,
    dry_run: DryRun = False,
    by: ByUser = FIRST_USER,
) -> None:
    """Say what a category gives from a day on; what is not named stays, and so does what it gave before."""
    from operational_db.benefits.categories import CategoryChange, change_category
    from orchestration.answers import say

    told = CategoryChange(name, share, norm, fixed_kwh, financing, row)
    change_category(database_settings(), category, told, from_day=from_day, dry_run=dry_run, by=by)
    say(f"Category {category} {'would give' if dry_run else 'gives'} that from {from_day} on.")


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


@app.command("reassign")
def reassign(
    grant_no: Annotated[int, typer.Argument(metavar="GRANT", help="The number of the grant.")],
    from_day: FromDay,
    category: Annotated[str | None, typer.Option("--category", metavar="CODE", help="Another category.")] = None,
    persons: Annotated[int | None, typer.Option("--persons", help="Another number of entitled persons.")] = None,
    dwelling: Annotated[str | None, typer.Option("--dwelling", help="Other equipment of the dwelling.")] = None,
    holder: Annotated[str | None, typer.Option("--holder", metavar="NAME", help="Another person.")] = None,
    tax_id: Annotated[str | None, typer.Option("--tax-id", help="Tax number of that person.")] = None,
    document: Annotated[str | None, typer.Option("--document", help="Paper that it rests on from then on.")] = None,
    dry_run: DryRun = False,
    preview: Preview = False,
    by: ByUser = FIRST_USER,
) -> None:
    """End a grant and begin another one on the same day; what is not named stays, its end too."""
    from operational_db.benefits.grants import OtherGrant, reassign_benefit
    from operational_db.benefits.recalculation import preview_reassignment
    from orchestration.answers import say

    settings = database_settings()
    other = OtherGrant(category, persons, dwelling, holder, tax_id, document)
    if preview:
        show_recalculation(settings, preview_reassignment(settings, grant_no, other, from_day=from_day, by=by))
        return
    new_no = reassign_benefit(settings, grant_no, other, from_day=from_day, dry_run=dry_run, by=by)
    say(
        f"Grant {grant_no} could become another one on {from_day}." if dry_run
        else f"Grant {grant_no} ends on {from_day}; grant {new_no} begins on that day."
    )  # fmt: skip


@app.command("holders")
def holders(
    on: Annotated[date, typer.Option("--on", parser=day_of, metavar="YYYY-MM-DD", help="The day that is meant.")],
    category: Annotated[str | None, typer.Option("--category", metavar="CODE", help="Of one category.")] = None,
    unit: UnitCode = None,
    locality: Annotated[str | None, typer.Option("--locality", metavar="NAME", help="In one locality.")] = None,
    street: Annotated[str | None, typer.Option("--street", metavar="NAME", help="In one street.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Write the list: CSV, or XLSX by its ending.")
    ] = None,
    counts: Annotated[bool, typer.Option("--counts", help="Only how many there are in each street.")] = False,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """List who holds benefits on a day, by category, RES, locality and street.

    [dim]wattbook benefits holders --on 2026-01-31 --category veteran --unit SA01 --file veterans.xlsx[/]
    """
    from operational_db.benefits.holders import counts_of, holders_on, write_holders
    from orchestration.answers import say, show_json, show_table

    found = holders_on(
        database_settings(), on, category_code=category, unit_code=unit, locality=locality, street=street, by=by
    )
    if file is not None:
        write_holders(found, file)
    if as_json:
        show_json({"holders": counts_of(found) if counts else found, "file": file})
        return
    if file is not None:
        say(f"{file}: {len(found)} grants.")
        return
    if not found:
        say(f"Nobody holds such a benefit on {on}.")
        return
    if counts:
        by_place = counts_of(found)
        rows = [
            (c.category_code, c.res_code, c.locality, c.street_name, c.grant_count, c.holder_count, c.entitled_persons)
            for c in by_place
        ]
        together = [sum(row[column] for row in rows) for column in (4, 5, 6)]
        heads = ("category", "RES", "locality", "street", "grants", "holders", "entitled")
        show_table(heads, [*rows, ("together", "", "", "", *together)])
        return
    show_table(
        ("category", "RES", "locality", "street", "house", "flat", "account", "holder", "entitled", "from", "to"),
        [
            (
                h.category_code, h.res_code, h.locality, h.street_name, f"{h.house or ''}{h.house_letter or ''}",
                h.flat, h.account_no, h.full_name, h.entitled_persons, h.valid_from, h.valid_to or "",
            )
            for h in found
        ],
    )  # fmt: skip
    say(f"{len(found)} grants.")


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
