"""The report of an inspection as one HTML page that needs nothing from outside.

Belongs here: the page. Does not belong here: what is told (`report`).
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from legacy_migration.inspection.findings import Inspection
from legacy_migration.inspection.report import sections_of


def render_page(inspection: Inspection) -> str:
    """The page's text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("inspection.html.j2").render(
        directory=inspection.directory, sections=list(sections_of(inspection))
    )
