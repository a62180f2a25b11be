"""`wattbook reference ...`: units, tariffs, code lists from their CSV files into the database."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
import typer

from orchestration.command_line.arguments import AsJson

app = typer.Typer(no_args_is_help=True, help="Reference data: units, tariffs, code lists with their dates and sources.")


@app.callback()
def group() -> None:
    """Keeps `load` a command of its own, though it is alone so far."""


@app.command()
def load(as_json: AsJson = False) -> None:
    """Bring the reference tables to what the CSV files say; the same again changes nothing.

    [dim]wattbook reference load[/]
    """
    from operational_db.reference.loading import load_reference
    from orchestration.answers import show_json, show_table
    from orchestration.command_line.surroundings import settings_with_database

    loaded = load_reference(settings_with_database())
    if as_json:
        show_json(loaded)
        return
    show_table(["file", "rows", "changed"], [[one.name, one.row_count, one.changed_count] for one in loaded])
