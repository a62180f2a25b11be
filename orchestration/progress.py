"""Showing how far a long command is: bars on a terminal, a line per stage elsewhere.

A command takes `on_progress(stage, done, total)` and knows nothing of screens.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

OnProgress = Callable[[str, int, int], None]

_SHORTEST_SHOWN_SECONDS = 1.0


@contextmanager
def bars() -> Iterator[OnProgress]:
    """Progress on standard error while the block runs."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bars_on(console) as on_progress:
            yield on_progress
    else:
        lines = _Lines()
        yield lines.on_progress
        lines.end()


def silently(stage: str, done: int, total: int) -> None:
    """For callers who show nothing."""


@contextmanager
def _bars_on(console: Console) -> Iterator[OnProgress]:
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, TaskID] = {}

        def on_progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total or None)
            progress.update(tasks[stage], completed=done, total=total or None)

        yield on_progress


class _Lines:
    """A line when a stage that took its time is over, for logs."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._began_at = 0.0

    def on_progress(self, stage: str, _done: int, _total: int) -> None:
        if stage != self._stage:
            self.end()
            self._stage, self._began_at = stage, time.monotonic()

    def end(self) -> None:
        if self._stage is None:
            return
        seconds = time.monotonic() - self._began_at
        if seconds >= _SHORTEST_SHOWN_SECONDS:
            sys.stderr.write(f"{self._stage}: {seconds:.0f} s\n")
        self._stage = None
