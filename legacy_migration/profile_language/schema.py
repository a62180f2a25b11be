"""The JSON Schema of a profile, which editors complete and validate with; written from the declaration of its keys.

    python -m legacy_migration.profile_language.schema            writes legacy_migration/profile.schema.json
    python -m legacy_migration.profile_language.schema --check    says whether that file is up to date

Belongs here: putting the declaration into the words of JSON Schema (draft 7, which the YAML language server speaks).
Does not belong here: what only a whole profile tells (a list that is not there, two rules for one column).
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from legacy_migration.entities import ENTITIES
from legacy_migration.profile_language.keys import (
    FILE_KEYS,
    FIRST_DAY_KEYS,
    LIST_KEYS,
    ONE_OF,
    PROFILE_KEYS,
    ROW_KEYS,
    RULE_KEYS,
    TOTALS_KEYS,
    Key,
    RuleKey,
    options_of,
)

SCHEMA_FILE: Final = Path(__file__).parent.parent / "profile.schema.json"


def profile_schema() -> dict[str, Any]:
    """The whole schema as plain values."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Profile of a legacy system",
        "description": "Which files a legacy system has and how their columns become facts; see docs/migration.md.",
        **_mapping(
            PROFILE_KEYS,
            first_day={"$ref": "#/definitions/first_day"},
            lists={"type": "object", "additionalProperties": {"$ref": "#/definitions/list"}},
            files={
                "type": "object",
                "propertyNames": {"pattern": r"^\w+$"},
                "additionalProperties": {"$ref": "#/definitions/file"},
            },
        ),
        "definitions": {
            "first_day": _mapping(FIRST_DAY_KEYS),
            "list": {**_mapping(LIST_KEYS), "oneOf": [{"required": ["mapping"]}, {"required": ["codes"]}]},
            "file": _file(),
            "totals": _mapping(TOTALS_KEYS),
            "row": _row(),
            "rule": {"oneOf": [_rule(rule) for rule in RULE_KEYS]},
            "field": {
                "if": {"required": [ONE_OF.name]},
                "then": _mapping(
                    (ONE_OF,), one_of={"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/rule"}}
                ),
                "else": {"$ref": "#/definitions/rule"},
            },
        },
    }


def _mapping(keys: Iterable[Key], **bodies: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with exactly the declared keys; `bodies` are the schemas of those that have keys of their own."""
    properties = {key.name: {"description": key.meaning, **bodies.get(key.name, key.kind.schema)} for key in keys}
    needed = [key.name for key in keys if key.is_needed and not key.formats]
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


def _file() -> dict[str, Any]:
    by_format = [
        {
            "if": {"properties": {"format": {"enum": list(key.formats)}}},
            "then": {"required": [key.name]} if key.is_needed else {},
            "else": {"properties": {key.name: False}},
        }
        for key in FILE_KEYS
        if key.formats
    ]
    return {
        **_mapping(
            FILE_KEYS,
            rows={"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/row"}},
            totals={"$ref": "#/definitions/totals"},
        ),
        "oneOf": [{"required": ["rows"]}, {"required": ["out_of_scope"]}],
        "allOf": by_format,
    }


def _row() -> dict[str, Any]:
    by_fact = [
        {
            "if": {"properties": {"to": {"const": entity.name}}},
            "then": {
                "properties": {
                    "fields": {"propertyNames": {"enum": list(entity.fields)}, "required": list(entity.required)}
                }
            },
        }
        for entity in ENTITIES.values()
    ]
    fields = {"type": "object", "additionalProperties": {"$ref": "#/definitions/field"}}
    return {**_mapping(ROW_KEYS, to={"enum": list(ENTITIES)}, fields=fields), "allOf": by_fact}


def _rule(rule: RuleKey) -> dict[str, Any]:
    argument = Key(rule.name, rule.argument, rule.meaning, is_needed=True)
    return _mapping((argument, *options_of(rule)))


def schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(profile_schema(), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` say whether it is up to date."""
    if arguments == ["--check"]:
        is_current = SCHEMA_FILE.is_file() and SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()
        if not is_current:
            sys.stderr.write(f"{SCHEMA_FILE} is out of date: run `python -m {__spec__.name}`.\n")
        return 0 if is_current else 1
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
