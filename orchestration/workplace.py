"""Where a run of the graph works: which settings, in whose name, and who is told how far it is.

The one resource of the graph. The demonstration puts its own in its place; everything else is the same.
"""

from dataclasses import dataclass
from pathlib import Path

from operational_db.settings import Settings
from orchestration.progress import OnProgress, silently

REASON = "reason"
"""Under this name a check tells in a sentence why it failed."""


@dataclass(frozen=True)
class Workplace:
    """Handed to every asset as `workplace`."""

    settings: Settings
    by: str
    on_progress: OnProgress = silently

    @property
    def legacy_dir(self) -> Path:
        """The made-up utility's files, unless a run names other ones."""
        return self.settings.var_dir / "demo" / "legacy"

    @property
    def protocols_dir(self) -> Path:
        return self.settings.var_dir / "protocols"

    @property
    def forms_dir(self) -> Path:
        return self.settings.var_dir / "forms"
