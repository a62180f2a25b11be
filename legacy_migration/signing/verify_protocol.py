#!/usr/bin/env python3
"""Is a filed protocol of a Wattbook load as it was signed? Needs Python 3.9 or newer and nothing else.

    python3 verify_protocol.py protocol_7.json            check the file
    python3 verify_protocol.py protocol_7.json HEAD       and that its last page is the one whose hash is on paper

Exit 0: the file is whole. 1: it is not, and the page and field are named. 2: there is no such file, or wrong usage.

A line of the file is a page, a JSON object: `number`, `previous` (hash of the page before), `content`, `digests` (a
short hash for each part of the content, by which a damaged part is found) and `sha256`, the SHA-256 of the line
without that last member. Pages of the section `event` are seals: who prepared, approved or withdrew, when, and how
many pages lie under it. The last page is a seal. A file that was cut behind an older seal is a true older state; that
is what HEAD is for.

Wattbook makes its pages with the functions of this file, so that what a page is stands in one place.
"""

import hashlib
import json
import re
import sys
from decimal import Decimal, InvalidOperation

NO_PAGE = "0" * 64
SEAL = "event"
_HASH = re.compile(rb',"sha256":"([0-9a-f]{64})"\}')
_HASH_LENGTH = len(b',"sha256":""}') + 64

_ROW_PARTS = ("Loaded", "Merged", "Rejected", "Out of scope")
_CELL_PARTS = ("Carried", "Transformed", "Rejected", "Unused")
SUMS = {"entities": ("Read", _ROW_PARTS), "files": ("Facts", _ROW_PARTS), "cells": ("Cells", _CELL_PARTS),
        "return_counts": ("Rejected", ("Returned before", "Returned here", "Still open"))}
"""Section: the column of the total, and of its parts. Holds in every row."""
COUNTED = {"rejects": ("entities", "Rejected"), "returned": ("return_counts", "Returned here")}
"""Section: its rows are as many as the sum of a column of another."""
EQUAL_TOTALS = (("entities", "Read", "files", "Facts"),) + tuple(
    ("entities", name, "files", name) for name in _ROW_PARTS
)


def canonical(value):
    """The one way in which a value is written."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(value):
    """A short hash of a part of a page."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def digests_of(content):
    """A digest of each field of the content; of rows for each row and each column, of facts for each fact."""
    found = {}
    for name, value in content.items():
        if name == "rows":
            width = len(content["columns"])
            found[name] = {
                "rows": [digest(row) for row in value],
                "columns": [digest([row[index] for row in value]) for index in range(width)],
            }
        elif isinstance(value, dict):
            found[name] = {key: digest(part) for key, part in value.items()}
        else:
            found[name] = digest(value)
    return found


def page_body(number, previous, content):
    """The page as it is hashed."""
    return canonical({"content": content, "digests": digests_of(content), "number": number, "previous": previous})


def page_hash(body):
    """The hash of a page."""
    return hashlib.sha256(body.encode("utf-8")).hexdigest()


def page_line(body, sha256):
    """The page as a line of the file."""
    return body[:-1] + ',"sha256":"' + sha256 + '"}\n'


class Broken(Exception):
    """What is wrong with the file: a sentence with page and field."""


def _once(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _near(text, position):
    """The last name before a position in a damaged line, to say where it is."""
    names = re.findall(r'"([^"\\]{1,40})":', text[:position])
    return 'near "' + names[-1] + '"' if names else "at its beginning"


def _damaged_parts(content, told):
    """Names of the parts of a page whose digest is not theirs."""
    if not isinstance(content, dict) or not isinstance(told, dict):
        return ["content"]
    names = sorted(set(content) ^ set(told))
    try:
        found = digests_of(content)
    except (KeyError, TypeError, IndexError):
        return [*names, "rows"]
    for name in sorted(set(content) & set(told)):
        if found[name] == told[name]:
            continue
        if name == "rows" and isinstance(told[name], dict):
            rows = _unequal(found[name]["rows"], told[name].get("rows"))
            columns = _unequal(found[name]["columns"], told[name].get("columns"))
            where = ["row " + str(index + 1) for index in rows]
            where += ["column " + str(content["columns"][index]) for index in columns]
            names.append(", ".join(where) or "rows")
        elif isinstance(content[name], dict) and isinstance(told[name], dict):
            names += [name + "." + key for key in sorted(set(found[name]) | set(told[name]))
                      if found[name].get(key) != told[name].get(key)]
        else:
            names.append(name)
    return names


def _unequal(found, told):
    if not isinstance(told, list) or len(told) != len(found):
        return list(range(len(found)))
    return [index for index, (one, other) in enumerate(zip(found, told)) if one != other]


def _field_of_damage(page, body, sha256, number, previous):
    """Which field of a page whose hash is not that of its text is the damaged one?"""
    if page.get("number") != number:
        return "number"
    if page.get("previous") != previous:
        return "previous"
    if sorted(page) != ["content", "digests", "number", "previous"]:
        return "names of its fields"
    parts = _damaged_parts(page["content"], page["digests"])
    if not parts:
        try:
            is_canonical = canonical(page) == body
        except ValueError:
            is_canonical = False
        return "sha256" if is_canonical else "signs between its fields"
    try:
        if page_hash(page_body(number, previous, page["content"])) == sha256:
            return "digests of " + "; ".join(parts)
    except (KeyError, TypeError, IndexError):
        pass
    return "; ".join(parts)


def _parsed(number, line):
    """Text and hash of a line, and the page in it; what cannot be read is named by the last name before it."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        before = line[: error.start].decode("utf-8", "replace")
        raise Broken("Page %d: byte %d is no letter, %s." % (number, error.start + 1, _near(before, len(before))))
    told = _HASH.fullmatch(line[-_HASH_LENGTH:])
    body = text if told is None else text[:-_HASH_LENGTH] + "}"
    try:
        page = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Broken("Page %d cannot be read, %s." % (number, _near(body, getattr(error, "pos", len(body)))))
    if told is None:
        raise Broken("Page %d: field sha256 is not a hash at the end of the page." % number)
    if not isinstance(page, dict):
        raise Broken("Page %d is not a page." % number)
    return body, told.group(1).decode(), page


def read_pages(data):
    """The pages of the file, each checked against its hash and the page before.

    Raises:
        Broken: the first page that is not as it was written.
    """
    if not data:
        raise Broken("Page 1 is missing: the file is empty.")
    pages, previous = [], NO_PAGE
    lines = data.split(b"\n")
    if lines[-1] != b"":
        raise Broken("Page %d: its line does not end as it was written." % len(lines))
    for number, line in enumerate(lines[:-1], start=1):
        body, sha256, page = _parsed(number, line)
        if page_hash(body) != sha256:
            field = _field_of_damage(page, body, sha256, number, previous)
            raise Broken("Page %d was changed: %s." % (number, field))
        if page.get("number") != number:
            told_no = page.get("number")
            raise Broken("Page %d: field number is %s; pages are missing or out of order." % (number, told_no))
        if page.get("previous") != previous:
            raise Broken("Page %d: field previous is not the hash of page %d." % (number, number - 1))
        if body != page_body(number, previous, page["content"]):
            raise Broken("Page %d is not in the one encoding of pages." % number)
        pages.append(page["content"])
        previous = sha256
    return pages, previous


def require_seal(pages):
    """The last page seals, and every seal knows how many pages lie under it."""
    if pages[-1].get("section") != SEAL:
        raise Broken("Page %d is the last and no seal; pages behind it are missing." % len(pages))
    for number, page in enumerate(pages, start=1):
        if page.get("section") == SEAL and page["facts"].get("Pages under this seal") != number - 1:
            raise Broken("Page %d: field facts.Pages under this seal is not %d." % (number, number - 1))


def tables_of(pages):
    """Section: columns and rows, put together from their pages. The pages of a section follow each other."""
    tables = {}
    for number, page in enumerate(pages, start=1):
        if "rows" not in page:
            continue
        name = page["section"]
        table = tables.setdefault(name, {"columns": page["columns"], "rows": [], "page": number, "parts": 0,
                                         "row_count": None})
        table["parts"] += 1
        table["row_count"] = page.get("row_count")
        if page["part"] != table["parts"]:
            raise Broken("Page %d: field part is %s, not %d." % (number, page["part"], table["parts"]))
        table["rows"] += page["rows"]
    for name, table in tables.items():
        if len(table["rows"]) != table["row_count"]:
            raise Broken("Section %s, page %d: %d rows, but row_count is %s."
                         % (name, table["page"], len(table["rows"]), table["row_count"]))
    return tables


def _number(value):
    try:
        return Decimal(value) if value is not None else None
    except InvalidOperation:
        raise Broken('"%s" should be a number.' % value)


def _column(table, name, column):
    if column not in table["columns"]:
        raise Broken("Section %s, page %d: there is no column %s." % (name, table["page"], column))
    index = table["columns"].index(column)
    return [_number(row[index]) for row in table["rows"]]


def require_sums(tables):
    """What was read is loaded, merged, rejected or out of scope; what one table counts another lists."""
    for needed in ("entities", "files", "rejects"):
        if needed not in tables:
            raise Broken("The section %s is missing." % needed)
    for name, (total, parts) in SUMS.items():
        if name not in tables:
            continue
        table = tables[name]
        columns = [_column(table, name, column) for column in (total, *parts)]
        for number, (whole, *pieces) in enumerate(zip(*columns), start=1):
            if whole is not None and whole != sum(piece or 0 for piece in pieces):
                raise Broken("Section %s (from page %d), row %d: %s is %s, but %s make %s."
                             % (name, table["page"], number, total, whole, " + ".join(parts),
                                sum(piece or 0 for piece in pieces)))
    for name, (other, column) in COUNTED.items():
        if name in tables and other in tables:
            count = sum(value or 0 for value in _column(tables[other], other, column))
            if len(tables[name]["rows"]) != count:
                raise Broken("Section %s lists %d rows, but column %s of %s counts %s."
                             % (name, len(tables[name]["rows"]), column, other, count))
    for one, column, other, of_other in EQUAL_TOTALS:
        left, right = (sum(value or 0 for value in _column(tables[name], name, wanted))
                       for name, wanted in ((one, column), (other, of_other)))
        if left != right:
            raise Broken("Column %s of %s makes %s, column %s of %s %s." % (column, one, left, of_other, other, right))


def check(data, head=None):
    """What the file holds, as sentences.

    Raises:
        Broken: with page and field.
    """
    pages, last = read_pages(data)
    require_seal(pages)
    tables = tables_of(pages)
    require_sums(tables)
    if head is not None and head.lower() != last:
        raise Broken("The last page has the hash %s, not %s; the file is another state of the protocol." % (last, head))
    seals = [page["facts"] for page in pages if page.get("section") == SEAL]
    said = ["%d pages, %d of them seals, in one chain." % (len(pages), len(seals))]
    read = sum(value or 0 for value in _column(tables["entities"], "entities", "Read"))
    said.append("%s facts read = loaded + merged + rejected + out of scope, in every file and kind." % read)
    said += ["%s by %s at %s." % (seal["Event"], seal["Person"], seal["At"]) for seal in seals]
    return [*said, "Head: " + last]


def main(arguments):
    """Check the file that is named; the exit code."""
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        sys.stderr.write("Usage: python3 verify_protocol.py protocol_N.json [HEAD]\n")
        return 2
    try:
        with open(arguments[0], "rb") as file:
            data = file.read()
    except OSError as error:
        sys.stderr.write("%s cannot be read: %s.\n" % (arguments[0], error.strerror))
        return 2
    try:
        said = check(data, *arguments[1:])
    except Broken as broken:
        sys.stdout.write("NOT AS SIGNED: %s: %s\n" % (arguments[0], broken))
        return 1
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        sys.stdout.write("NOT AS SIGNED: %s: the pages lack %s.\n" % (arguments[0], error))
        return 1
    sys.stdout.write("As signed: %s\n" % arguments[0] + "".join("  %s\n" % sentence for sentence in said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
