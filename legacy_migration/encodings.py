"""Which encoding is a file of the dump in? Given by the profile, or told by its letters; either way with evidence.

Belongs here: raw cells of a file as samples, the encoding of each file and column, the guard against a wrong profile.
Does not belong here: how letters tell (`operational_db.file_formats.encoding_detection`), single odd cells
(`source_evidence`).
"""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from legacy_migration.format_layouts import fixed_layout, quote_of
from legacy_migration.profile import FileRule
from legacy_migration.profile_language.kinds import DETECT
from operational_db.file_formats.dbf import read_columns, read_header
from operational_db.file_formats.delimited import read_delimited
from operational_db.file_formats.encoding_detection import (
    CANDIDATES,
    Evidence,
    confirm,
    detect,
    language_byte_says,
    read_as,
    words_of,
)
from operational_db.file_formats.fixed_width import FixedColumn, FixedLayout, read_fixed_width
from operational_db.file_formats.opening import FileFormatError
from operational_db.refusal import Refusal

SAMPLE_ROWS: Final = 20_000
GUARD_ROWS: Final = 2_000
"""To contradict a profile fewer rows are enough than to do without one."""
SAMPLE_CELLS: Final = 400
"""Different cells of one column; more letters make nothing surer."""
REFUSE_LETTERS_MIN: Final = 30
REFUSE_BY_MIN: Final = 40.0
"""A profile is contradicted only by letters of different words, read otherwise with e^40 the likelihood."""
COLUMN_DIFFERS_BY_MIN: Final = 30.0
"""The same for a column that is to have another encoding than its file: one і does not make cp1125 of cp866."""
BYTE_BY_BYTE: Final = "latin-1"
ONLY_ASCII: Final = "ascii"
"""Read so, a letter that comes behind the sample is named as unreadable instead of guessed."""
TEXT_FORMATS: Final = ("dbf", "delimited", "fixed_width")
MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
CACHE_MAX: Final = 1024


@dataclass(frozen=True)
class ColumnEvidence:
    """What a file, or one column of it, is read in and why; `column` is None for the file."""

    column: str | None
    encoding: str
    how: str  # given, detected, of_file (as the file, for want of letters), declared (by the format)
    letters: int
    common_share: float
    impossible: int
    evidence: str


@dataclass(frozen=True)
class FileEncoding:
    """The encoding of a file and of the columns that differ from it."""

    encoding: str
    columns: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[ColumnEvidence, ...] = ()

    def of(self, column: str) -> str:
        """The encoding that a column is read in."""
        return self.columns.get(column, self.encoding)


_known: dict[tuple[object, ...], FileEncoding] = {}


def encoding_of(path: Path, rule: FileRule) -> FileEncoding:
    """The encoding of a file with its evidence; refuses a wrong profile, and `detect` where the letters are too few."""
    if rule.format not in TEXT_FORMATS:
        what = "a workbook keeps its text in Unicode" if rule.format == "spreadsheet" else "the file names it itself"
        given = ColumnEvidence(None, rule.encoding, "declared", 0, 0.0, 0, what)
        return FileEncoding(rule.encoding, {}, (given,))
    try:
        stat = path.stat()
    except OSError as error:
        raise Refusal(
            f"The file {path} cannot be read ({error.strerror}); check its name and the permissions."
        ) from error
    key = (
        str(path), stat.st_mtime_ns, stat.st_size, rule.format, rule.encoding, rule.delimiter,
        tuple(sorted(rule.encodings.items())), repr(rule.reading),
    )  # fmt: skip
    if key not in _known:
        if len(_known) >= CACHE_MAX:
            _known.clear()
        try:
            _known[key] = _encoding_of(path, rule)
        except FileFormatError as error:
            raise Refusal(str(error)) from error
    return _known[key]


def _encoding_of(path: Path, rule: FileRule) -> FileEncoding:
    mark = _mark(path)
    if rule.encoding == DETECT and mark and rule.format != "dbf":
        found = ColumnEvidence(None, mark, "detected", 0, 0.0, 0, "the file begins with the mark of this encoding")
        return FileEncoding(mark, rule.encodings, (found, *_given_columns(rule)))
    samples = _samples(path, rule)
    if _has_own_names(rule):
        given = None if rule.encoding == DETECT else rule.encoding
        samples = _named(samples, given or detect(cell for cells in samples.values() for cell in cells).encoding)
    columns = {
        name: (None if rule.encoding == DETECT else confirm(cells, rule.encoding)) or detect(cells)
        for name, cells in samples.items()
        if name not in rule.encodings
    }
    whole = detect(cell for name, cells in samples.items() if name not in rule.encodings for cell in cells)
    if rule.encoding == DETECT:
        return _detected(path, rule, whole, columns, samples)
    _require_given(path, rule, samples, columns, whole)
    file_evidence = _row(None, rule.encoding, "given", whole, _of_language_byte(path, rule, whole.encoding))
    return FileEncoding(
        rule.encoding,
        rule.encodings,
        (file_evidence, *_given_columns(rule), *_column_rows(rule.encoding, "given", columns)),
    )


def _detected(
    path: Path, rule: FileRule, whole: Evidence, columns: Mapping[str, Evidence], samples: Mapping[str, list[bytes]]
) -> FileEncoding:
    """The encoding of most letters is that of the file; a column that surely differs has its own."""
    letters: dict[str, int] = {}
    for found in columns.values():
        if found.encoding:
            letters[found.encoding] = letters.get(found.encoding, 0) + found.letters
    encoding = max(letters, key=lambda name: letters[name]) if letters else whole.encoding
    if encoding is None and whole.letters:
        raise Refusal(
            f"The encoding of {path} cannot be told ({whole.reason}; {_of_language_byte(path, rule, None)}); write the "
            f"encoding of {rule.name} into the profile, for instance `encoding: {CANDIDATES[0]}`."
        )
    encoding = encoding or ONLY_ASCII
    differing = {
        name: found.encoding
        for name, found in columns.items()
        if found.encoding
        and found.encoding != encoding
        and _gain(samples[name], found.encoding, encoding) >= COLUMN_DIFFERS_BY_MIN
    }
    for name, found in columns.items():
        if not found.encoding and found.letters:
            other = _by_elimination(samples[name], encoding)
            if other:
                differing[name] = other
    file_evidence = _row(None, encoding, "detected", whole, _of_language_byte(path, rule, encoding))
    return FileEncoding(
        encoding,
        {**differing, **rule.encodings},
        (file_evidence, *_given_columns(rule), *_column_rows(encoding, "detected", columns, differing)),
    )


def _by_elimination(cells: list[bytes], encoding: str) -> str | None:
    """The encoding of a column with few letters, where those cannot be what they are in that of the file."""
    words = words_of(cells)
    if not read_as(words, encoding).impossible:
        return None
    possible = [reading for reading in (read_as(words, name) for name in CANDIDATES) if not reading.impossible]
    best = max(possible, key=lambda reading: reading.likelihood, default=None)
    return best.encoding if best else None


def _row(column: str | None, encoding: str, how: str, found: Evidence, more: str = "") -> ColumnEvidence:
    reason = "; ".join(filter(None, (found.reason, _others(found), more)))
    return ColumnEvidence(column, encoding, how, found.letters, found.common_share, found.impossible, reason)


def _others(found: Evidence) -> str:
    if not found.encoding or not found.others:
        return ""
    return "read as " + ", ".join(f"{name} {share:.0%}" for name, share in found.others.items())


def _column_rows(
    encoding: str, how: str, columns: Mapping[str, Evidence], differing: Mapping[str, str] | None = None
) -> tuple[ColumnEvidence, ...]:
    """Columns with letters; those of ASCII alone have nothing to tell."""
    rows = []
    for name, found in columns.items():
        if found.letters:
            own = (differing or {}).get(name)
            more = f"but in {encoding} they are no letters at all" if own and not found.encoding else ""
            rows.append(_row(name, own or encoding, how if found.encoding or own else "of_file", found, more))
    return tuple(rows)


def _given_columns(rule: FileRule) -> tuple[ColumnEvidence, ...]:
    return tuple(
        ColumnEvidence(column, encoding, "given", 0, 0.0, 0, "the profile says so of this column")
        for column, encoding in rule.encodings.items()
    )


def _of_language_byte(path: Path, rule: FileRule, found: str | None) -> str:
    return language_byte_says(read_header(path).language_byte, found) if rule.format == "dbf" else ""


def _mark(path: Path) -> str | None:
    with path.open("rb") as file:
        beginning = file.read(3)
    return next((encoding for mark, encoding in MARKS if beginning.startswith(mark)), None)


def _samples(path: Path, rule: FileRule) -> dict[str, list[bytes]]:
    """Raw cells outside ASCII by column, read byte by byte so that nothing is taken for granted."""
    samples: dict[str, list[bytes]] = {}
    for text in islice(_raw_batches(path, rule, SAMPLE_ROWS if rule.encoding == DETECT else GUARD_ROWS), 1):
        for name, cells in text.items():
            found = [cell.encode(BYTE_BY_BYTE, "replace") for cell in _outside_ascii(cells)]
            if found:
                samples[name] = found
    return samples


def _has_own_names(rule: FileRule) -> bool:
    """Whether the file names its columns, in bytes that mean something only in its encoding."""
    return rule.format == "dbf" or (rule.format == "delimited" and "columns" not in rule.reading)


def _named(samples: Mapping[str, list[bytes]], encoding: str | None) -> dict[str, list[bytes]]:
    """The samples under the names that the columns really have."""
    if encoding is None:
        return dict(samples)
    return {
        name.encode(BYTE_BY_BYTE).decode(encoding, "backslashreplace").removeprefix("\ufeff"): cells
        for name, cells in samples.items()
    }


def _outside_ascii(cells: pa.Array) -> list[str]:
    """The first different cells with letters outside ASCII."""
    is_ascii = pc.string_is_ascii(cells)
    if pc.all(is_ascii).as_py():
        return []
    return cells.filter(pc.invert(is_ascii)).unique()[:SAMPLE_CELLS].to_pylist()


def _raw_batches(path: Path, rule: FileRule, rows: int) -> Iterable[dict[str, pa.Array]]:
    if rule.format == "dbf":
        batches = read_columns(path, BYTE_BY_BYTE, batch_rows=rows, allow_truncated=True, allow_missing_memo=True)
        return (batch.text for batch in batches)
    if rule.format == "delimited":
        batches = read_delimited(
            path,
            BYTE_BY_BYTE,
            rule.delimiter,
            batch_rows=rows,
            columns=rule.reading.get("columns"),
            quote=quote_of(rule),
        )
        return (batch.text for batch in batches)
    layout = fixed_layout(rule)
    if not layout.in_bytes:
        # A letter of UTF-8 takes several bytes and one place: where cells are cut is known only afterwards.
        whole = FixedLayout((FixedColumn("", 1, layout.needed * 4),), first_line=layout.first_line, is_trimmed=True)
        lines = next(iter(read_fixed_width(path, BYTE_BY_BYTE, whole, batch_rows=rows)), None)
        cells = [cell.encode(BYTE_BY_BYTE) for cell in _outside_ascii(lines.text[""])] if lines else []
        if detect(cells).encoding == "utf-8":
            return iter([lines.text] if lines else [])
    return (batch.text for batch in read_fixed_width(path, BYTE_BY_BYTE, layout, batch_rows=rows))


def _require_given(
    path: Path,
    rule: FileRule,
    samples: Mapping[str, list[bytes]],
    columns: Mapping[str, Evidence],
    whole: Evidence,
) -> None:
    """Refuse a profile that many letters contradict: of the whole file, or of one column."""
    wrong = {
        name: found.encoding for name, found in columns.items() if _contradicts(samples[name], found, rule.encoding)
    }
    pooled = [cell for name, cells in samples.items() if name not in rule.encodings for cell in cells]
    is_confirmed = any(found.encoding and _same(found.encoding, rule.encoding) for found in columns.values())
    if _contradicts(pooled, whole, rule.encoding) and not is_confirmed:
        raise Refusal(_whole_file_is_in(path, whole.encoding, rule.encoding))
    for name, encoding in wrong.items():
        raise Refusal(
            f"The column {name} of {path} is in {encoding}, not in {rule.encoding} as the profile says: its letters "
            f"make words only so; write `encodings: {{{name}: {encoding}}}` for {rule.name} into the profile."
        )


def _whole_file_is_in(path: Path, found: str | None, given: str) -> str:
    return (
        f"The file {path} is in {found}, not in {given} as the profile says: its letters make words only so; "
        "correct the encoding in the profile."
    )


def _contradicts(cells: list[bytes], found: Evidence, given: str) -> bool:
    if found.encoding is None or found.letters < REFUSE_LETTERS_MIN or _same(found.encoding, given):
        return False
    return _gain(cells, found.encoding, given) >= REFUSE_BY_MIN


def _gain(cells: list[bytes], found: str, given: str) -> float:
    """How much likelier (natural logarithm) the one reading is."""
    raw = words_of(cells)
    return read_as(raw, found).likelihood - read_as(raw, given).likelihood


def _same(name: str, other: str) -> bool:
    return codecs.lookup(name).name == codecs.lookup(other).name


def require_encoding(path: Path, encoding: str, columns: Iterable[pa.Array]) -> None:
    """Refuse a text that makes words in another encoding and none in that of the profile; for rows already read."""
    if encoding == DETECT:
        return
    texts = (cell for column in columns for cell in column.slice(0, GUARD_ROWS).to_pylist())
    cells = [cell.encode(encoding, "ignore") for cell in texts if not cell.isascii()]
    found = detect(cells)
    if _contradicts(cells, found, encoding):
        raise Refusal(_whole_file_is_in(path, found.encoding, encoding))
