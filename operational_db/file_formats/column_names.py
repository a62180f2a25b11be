"""What is a column called when its file repeats a name or gives none?

Belongs here: names that make every column of a file addressable.
Does not belong here: what a column means.
"""

from collections.abc import Sequence


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """A second NAME becomes NAME_2 and a nameless fifth column column_5, so that no cell is lost."""
    unique: list[str] = []
    for position, name in enumerate(names, start=1):
        stem = name or f"column_{position}"
        candidate, number = stem, 1
        while candidate in unique or (candidate != name and candidate in names):
            number += 1
            candidate = f"{stem}_{number}"
        unique.append(candidate)
    return tuple(unique)
