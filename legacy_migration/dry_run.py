"""What would a load find? The whole of it in one transaction that nobody keeps.

Belongs here: holding back every commit, reading the figures before they are gone. Does not belong here: the steps of a
load, which are those of `commands.migrate` itself.
"""

from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from legacy_migration.commands import Progress, ProtocolSummary, migrate
from legacy_migration.protocol_pages.figures import Figures
from legacy_migration.signing.pages import figures_of_pages
from operational_db.settings import Settings


@dataclass
class HeldBack:
    """A session whose commits keep nothing, and what was read from it. Its end, or its death, takes all rows back."""

    figures: dict[str, Figures] = field(default_factory=dict)

    def begin(self, session: psycopg.Connection) -> None:
        """From here on the one transaction goes on over every commit of the steps.

        Of a commit only that is left which the next step counts on: temporary tables are gone.
        """

        def go_on() -> None:
            session.execute("DISCARD TEMP")

        session.commit = go_on

    def look(self, session: psycopg.Connection, summary: ProtocolSummary) -> None:
        """Read what the load would have kept."""
        self.figures = figures_of_pages(session, summary.protocol_id)


@dataclass(frozen=True)
class TriedLoad:
    """What a load of these files would say. The number of its protocol is not given to anybody."""

    summary: ProtocolSummary
    figures: dict[str, Figures]


def try_load(
    settings: Settings, directory: Path | str, *, profile: str, by: str, on_progress: Progress | None = None
) -> TriedLoad:
    """Land, judge and compare as `migrate` does, and leave no row behind.

    Files that were judged before by the same profile are not judged again: their figures are shown.
    """
    held_back = HeldBack()
    summary = migrate(settings, directory, profile=profile, by=by, on_progress=on_progress, held_back=held_back)
    return TriedLoad(summary, held_back.figures)
