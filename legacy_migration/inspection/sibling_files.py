"""Which files are one kind of file? The same table for each RES, the same register for each month.

Belongs here: paths with a changing part and the columns that such files share.
Does not belong here: single files (`recognition`), what the columns mean.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

SHARED_COLUMNS_MIN: Final = 0.5
KIND: Final = re.compile(r"([^\W\d_]+)([_\-].*\*.*)")


@dataclass(frozen=True)
class Candidate:
    """A file by its path below the dump, its format, and its columns."""

    path: str
    format: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Siblings:
    """Files of one shape: their path with a changing part, what it is called, and its value for each file."""

    path: str
    placeholder: str
    members: tuple[int, ...]
    units: tuple[str, ...]


def siblings_of(files: Sequence[Candidate], known_units: Collection[str]) -> list[Siblings]:
    """Every file in exactly one group; files that resemble no other are alone."""
    groups = _same_name_but_digits(files)
    groups = _same_name_but_kind(files, groups)
    return _same_place_but_folder(files, groups, known_units)


def _same_name_but_digits(files: Sequence[Candidate]) -> list[Siblings]:
    """Registers of months and days: names that differ in digits alone, columns that are the same."""
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, file in enumerate(files):
        path = PurePosixPath(file.path)
        stem = re.sub(r"\*([_\-.]?\*)+", "*", re.sub(r"\d+", "*", path.stem))
        columns = frozenset(file.columns) if file.format != "none" else path.stem
        found[path.parent.as_posix(), f"{stem}{path.suffix}".casefold(), file.format, columns].append(number)
    groups = []
    for (parent, *_), members in found.items():
        path = files[members[0]].path
        if len(members) > 1:
            stem = _varying([PurePosixPath(files[member].path).stem for member in members])
            path = f"{'' if parent == '.' else parent + '/'}{stem}{PurePosixPath(path).suffix}"
        groups.append(Siblings(path, "", tuple(members), ("",) * len(members)))
    return groups


def _varying(stems: list[str]) -> str:
    """The names as one, with `*` for digits; a number that all of them begin with says what they are."""
    first = re.match(r"\d*", stems[0])[0]
    begins = first if all(stem.startswith(first) for stem in stems) else ""
    return begins + re.sub(r"\*([_\-.]?\*)+", "*", re.sub(r"\d+", "*", stems[0][len(begins) :]))


def _same_name_but_kind(files: Sequence[Candidate], groups: list[Siblings]) -> list[Siblings]:
    """Registers of several senders in one folder: bank_*, post_*."""
    found: dict[tuple[object, ...], list[tuple[str, Siblings]]] = defaultdict(list)
    rest = []
    for group in groups:
        path = PurePosixPath(group.path)
        match = KIND.fullmatch(_varying([path.stem]) + path.suffix)
        if match and files[group.members[0]].format != "none":
            first = files[group.members[0]]
            key = (path.parent.as_posix(), match[2].casefold(), first.format, frozenset(first.columns))
            found[key].append((match[1], group))
        else:
            rest.append(group)
    for (parent, *_), named in found.items():
        if len(named) == 1:
            rest.append(named[0][1])
            continue
        name = PurePosixPath(named[0][1].path)
        tail = KIND.fullmatch(_varying([name.stem]) + name.suffix)[2]
        members = [(member, kind) for kind, group in named for member in group.members]
        path = f"{'' if parent == '.' else str(parent) + '/'}{{sender}}{tail}"
        rest.append(Siblings(path, "sender", tuple(m for m, _ in members), tuple(kind for _, kind in members)))
    return rest


def _same_place_but_folder(
    files: Sequence[Candidate], groups: list[Siblings], known_units: Collection[str]
) -> list[Siblings]:
    """One folder for each RES: the same path but for one folder, columns that are mostly the same."""
    found: dict[tuple[object, ...], list[tuple[str, Siblings]]] = defaultdict(list)
    for group in groups:
        parts = group.path.split("/")
        first = files[group.members[0]]
        if group.placeholder or first.format == "none":
            continue
        for place in range(len(parts) - 1):
            key = (place, *(part.casefold() for part in parts[:place]), "", *(p.casefold() for p in parts[place + 1 :]))
            found[(*key, first.format)].append((parts[place], group))
    taken: set[int] = set()
    merged = []
    # The place with the most folders is the one that stands for a RES.
    for key, named in sorted(found.items(), key=lambda item: -len(item[1])):
        place = key[0]
        left = [(value, group) for value, group in named if not taken.intersection(group.members)]
        alike = [
            (value, group)
            for value, group in left
            if _share(files[group.members[0]].columns, files[left[0][1].members[0]].columns) >= SHARED_COLUMNS_MIN
        ]
        is_unit = any(value in known_units for value, _ in alike)
        if len({value for value, _ in alike}) < (1 if is_unit else 2):
            continue
        parts = alike[0][1].path.split("/")
        parts[place] = "{res}"
        members = [(member, value) for value, group in alike for member in group.members]
        taken.update(member for member, _ in members)
        merged.append(Siblings("/".join(parts), "res", tuple(m for m, _ in members), tuple(v for _, v in members)))
    merged += [group for group in groups if not taken.intersection(group.members)]
    return sorted(merged, key=lambda group: min(group.members))


def _share(columns: tuple[str, ...], others: tuple[str, ...]) -> float:
    smaller = min(len(columns), len(others))
    return len(set(columns) & set(others)) / smaller if smaller else 0.0
