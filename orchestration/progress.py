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
        yield _Lines().on_progress


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
        self._began_at: dict[str, float] = {}

    def on_progress(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        began_at = self._began_at.setdefault(stage, now)
        if done >= total > 0:
            del self._began_at[stage]
            if now - began_at >= _SHORTEST_SHOWN_SECONDS:
                sys.stderr.write(f"{stage}: {now - began_at:.0f} s\n")
                sys.stderr.flush()
