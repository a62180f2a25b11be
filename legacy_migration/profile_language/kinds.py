"""What may stand behind a key of a profile? Kinds of value: what is wrong with one, and how JSON Schema says the same.

Belongs here: text, columns, choices, counts ... each with both its checks side by side.
Does not belong here: which key has which kind (`keys`), lines and sentences of a refusal (`legacy_migration.profile`).
"""

import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a value; `at` is the item of a list, or the key of a mapping, where it stands."""

    what: str
    at: int | str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of value: its name for people, the check of the reader, and the check of an editor."""

    shown: str
    mistake: Callable[[object], Mistake | None]
    schema: Mapping[str, Any]


def _no_text(value: object) -> str | None:
    if isinstance(value, str):
        return None if value else "holds nothing; write a value or leave the key out"
    if value is None:
        return "holds nothing; write a value or leave the key out"
    if isinstance(value, bool):
        return f'must be text; put "{str(value).lower()}" in quotation marks'
    return f"must be text, not {_called(value)}"


def _called(value: object) -> str:
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else f'"{value}"'


# An unquoted 0.4 is a number to an editor and text to the reader.
_TEXT_SCHEMA: Final = {"type": ["string", "number"], "minLength": 1}


def _text(value: object) -> Mistake | None:
    what = _no_text(value)
    return Mistake(what) if what else None


TEXT: Final = Kind("text", _text, _TEXT_SCHEMA)
TEXT_OR_NOTHING: Final = Kind(
    "text", lambda value: None if value == "" else _text(value), {"type": ["string", "number"]}
)
TEXT_OR_UNDECIDED: Final = Kind(
    "text", lambda value: None if value is None else _text(value), {"type": ["string", "number", "null"]}
)
"""Text, or nothing as long as nobody has decided."""
COLUMN: Final = Kind("column", _text, {**_TEXT_SCHEMA, "description": "A column of the file, as its head names it."})
"""A column of the file; `=text` is that text, `{folder}` the part of the path."""


def pattern(shown: str, expression: str, what: str) -> Kind:
    """Text of a certain form; `what` says what it must be."""

    def mistake(value: object) -> Mistake | None:
        wrong = _no_text(value)
        if wrong is None and not re.fullmatch(expression, str(value)):
            wrong = f'"{value}" {what}'
        return Mistake(wrong) if wrong else None

    # `pattern` says nothing of an unquoted number, so an editor sees it as the text that it is for the reader.
    return Kind(shown, mistake, {**_TEXT_SCHEMA, "pattern": f"^(?:{expression})$"})


NAME: Final = pattern("name", r"\w+", "may have letters, digits and _ only")
FACTOR: Final = pattern("number", r"[0-9]+(\.[0-9]+)?", "is not a number, such as 0.001")
COUNT: Final = pattern("count", r"[0-9]{1,2}", "is not a count of at most two digits")
PLACE: Final = pattern("place", r"[1-9][0-9]{0,6}", "is not a whole number from 1 on")
ONE_LETTER: Final = pattern("one letter", r"(?s:.)", "must be one letter")


def one_of(choices: Iterable[str]) -> Kind:
    """One of a few words."""
    known = tuple(choices)

    def mistake(value: object) -> Mistake | None:
        wrong = _no_text(value)
        if wrong is None and value not in known:
            wrong = f'"{value}" is not one of {", ".join(known)}'
        return Mistake(wrong) if wrong else None

    return Kind(", ".join(f"`{word}`" for word in known), mistake, {"enum": list(known)})


def _switch(value: object) -> Mistake | None:
    return None if isinstance(value, bool) else Mistake("must be true or false, without quotation marks")


SWITCH: Final = Kind("true or false", _switch, {"type": "boolean"})


def _encoding(value: object) -> Mistake | None:
    wrong = _no_text(value)
    if wrong is None:
        try:
            codecs.lookup(str(value))
        except LookupError:
            wrong = f'"{value}" is not known; write cp866, cp1251, utf-8'
    return Mistake(wrong) if wrong else None


ENCODING: Final = Kind(
    "encoding", _encoding, {"type": "string", "minLength": 1, "examples": ["cp866", "cp1251", "koi8-u", "utf-8"]}
)


DETECT: Final = "detect"
ENCODING_OR_DETECT: Final = Kind(
    "encoding or `detect`",
    lambda value: None if value == DETECT else _encoding(value),
    {"type": "string", "minLength": 1, "examples": [DETECT, "cp866", "cp1251", "koi8-u", "utf-8"]},
)


def list_of(item: Kind, *, count_min: int = 1, count_max: int | None = None) -> Kind:
    """A list of values of one kind."""

    def mistake(value: object) -> Mistake | None:
        if not isinstance(value, list) or len(value) < count_min:
            return Mistake(f"must be a list of at least {count_min}, as [A, B]")
        if count_max is not None and len(value) > count_max:
            return Mistake(f"must be a list of at most {count_max}, as [A, B]")
        for index, cell in enumerate(value):
            wrong = item.mistake(cell)
            if wrong:
                return Mistake(f"has an item that {wrong.what}", index)
        return None

    shown = f"list of {item.shown}s" if item.shown in ("column", "text") else f"list of {item.shown}"
    schema = {"type": "array", "items": item.schema, "minItems": count_min}
    return Kind(shown, mistake, schema if count_max is None else {**schema, "maxItems": count_max})


COLUMNS: Final = list_of(COLUMN)
TEXTS: Final = list_of(TEXT)


def mapping_of(item: Kind, shown: str) -> Kind:
    """A mapping of any keys to values of one kind."""

    def mistake(value: object) -> Mistake | None:
        if not isinstance(value, Mapping):
            return Mistake("must be a mapping, as {A: b}")
        for key, cell in value.items():
            wrong = item.mistake(cell)
            if wrong:
                return Mistake(f'has "{key}", which {wrong.what}', key)
        return None

    return Kind(shown, mistake, {"type": "object", "additionalProperties": item.schema})


def _anything(value: object) -> Mistake | None:  # noqa: ARG001 - what stands below has its own keys
    return None


def _body(shown: str, is_right: Callable[[object], bool], what: str) -> Kind:
    def mistake(value: object) -> Mistake | None:
        return None if is_right(value) else Mistake(f"must be {what}; see docs/migration.md")

    return Kind(shown, mistake, {})


BODY: Final = _body("mapping", lambda value: isinstance(value, Mapping), "a mapping")
"""A mapping whose keys are declared for themselves; its schema is put together in `schema`."""
BODIES: Final = _body(
    "list of mappings",
    lambda value: isinstance(value, list) and bool(value) and all(isinstance(body, Mapping) for body in value),
    "a list of mappings",
)
ANYTHING: Final = Kind("true", _anything, {})
