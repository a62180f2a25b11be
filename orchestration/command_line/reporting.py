"""`wattbook build`, `form`, `serve`: from the book to marts, forms and screens."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.arguments import FIRST_USER, AsJson, ByUser, Month

if TYPE_CHECKING:
    from dashboards.forms.matrix import Matrix
    from operational_db.settings import Settings


def build(
    select: Annotated[
        str | None, typer.Option(metavar="MODELS", help="Only these, as dbt selects: fct_useful_supply+ and the like.")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build closed months anew too, after a change of what marts hold.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the marts that forms and screens read, and check them.

    [dim]wattbook build[/]
    """
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.dbt_runs import build as build_marts
    from orchestration.progress import bars

    settings = settings_with_database()
    with bars() as on_progress:
        result = build_marts(settings, select=select, full_refresh=full_refresh, on_progress=on_progress)
    if as_json:
        show_json(result)
    else:
        say("The marts are built and their checks passed.")


def form(
    form_code: Annotated[str, typer.Argument(metavar="FORM", help="R1 useful supply, R3 energy balance.")],
    month: Month,
    unit: Annotated[str, typer.Option(metavar="CODE", help="The unit that the form is about, such as UZ-SA.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the workbook goes; else var/forms.", file_okay=False)
    ] = None,
    by: ByUser = FIRST_USER,
    as_json: AsJson = False,
) -> None:
    """Write a form as a workbook.

    [dim]wattbook form R1 --month 2026-03 --unit UZ-SA[/]
    """
    from dashboards.forms.expected import require_expected
    from dashboards.forms.issue import issue_form
    from orchestration.answers import say, show_json
    from orchestration.command_line.surroundings import settings_with_database

    settings = settings_with_database()
    unmet = []

    def expected(settings: "Settings", matrix: "Matrix") -> None:
        unmet.extend(outcome for outcome in require_expected(settings, matrix) if not outcome.is_met)

    out_dir = out or settings.var_dir / "forms"
    path = issue_form(settings, form_code, month, unit, by=by, out_dir=out_dir, expected=expected)
    if as_json:
        show_json({"form": form_code, "file": path, "unmet": unmet})
        return
    for outcome in unmet:
        say(f"To be noted: {outcome.said}.")
    say(str(path))


def serve(
    user: Annotated[str, typer.Option("--as", metavar="NAME", help="The user whose rights hold.")] = FIRST_USER,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = 8050,
) -> None:
    """Open the screens on this machine until Ctrl-C.

    [dim]wattbook serve --as administrator[/]
    """
    from dashboards.serving import serve as serve_screens
    from orchestration.command_line.surroundings import settings_with_database

    serve_screens(settings_with_database(), user_login=user, port=port)
