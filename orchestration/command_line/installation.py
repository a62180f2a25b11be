"""`wattbook doctor` and `wattbook status`: how the installation is, and what is in the book."""

# Imports inside the functions: listing the commands must not wait for what one of them needs.
# ruff: noqa: PLC0415
from orchestration.command_line.arguments import AsJson


def doctor(as_json: AsJson = False) -> None:
    """Say in sentences what is wrong with this installation, and what to do.

    Exits with 1 when something is wrong.
    """
    import typer

    from operational_db.server.doctor import diagnose
    from operational_db.settings import load_settings
    from orchestration.answers import say, show_json

    findings = diagnose(load_settings())
    if as_json:
        show_json(findings)
    else:
        for finding in sorted(findings, key=lambda finding: finding.ok):
            say(f"{'ok     ' if finding.ok else 'WRONG  '} {finding.sentence}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def status(as_json: AsJson = False) -> None:
    """Say what is in the book: loads, accounts, bills, open and closed months, and what to do next.

    [dim]wattbook status --json[/]
    """
    from orchestration.answers import show_json
    from orchestration.command_line.surroundings import settings_with_database
    from orchestration.situation import read_situation, show_situation

    settings = settings_with_database()
    situation = read_situation(settings)
    if as_json:
        show_json(situation)
    else:
        show_situation(settings, situation)
