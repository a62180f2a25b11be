"""Which line did it stand on? YAML read into plain values that remember their lines.

Belongs here: reading YAML so that a refusal can name a line. Does not belong here: what a profile must say.
"""

from pathlib import Path
from typing import Any

import yaml

from operational_db.refusal import Refusal


class MarkedMapping(dict[str, Any]):
    """A mapping that knows its own line and that of each key."""

    line: int
    lines: dict[str, int]


class _Loader(yaml.SafeLoader):
    """SafeLoader whose mappings remember lines and in which a key cannot stand twice."""


class _RepeatedKey(Exception):
    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key, self.line = key, line


def _mapping(loader: _Loader, node: yaml.MappingNode) -> MarkedMapping:
    marked = MarkedMapping()
    marked.line = node.start_mark.line + 1
    marked.lines = {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in marked:
            raise _RepeatedKey(key, key_node.start_mark.line + 1)
        marked.lines[key] = key_node.start_mark.line + 1
        marked[key] = loader.construct_object(value_node, deep=True)
    return marked


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# A date or a number in a profile is text: `0012` must not become 10.
# A table of its own: the inherited one belongs to SafeLoader, and so to everybody in this process.
_Loader.yaml_implicit_resolvers = {
    first_letter: [
        (tag, pattern) for tag, pattern in resolvers if tag in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:null")
    ]
    for first_letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_marked_yaml(path: Path) -> MarkedMapping:
    """The mapping in the file; every scalar but true, false and null is text."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise Refusal(f"The profile {path} cannot be read ({error.strerror}); check its name.") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"The profile {path} is not UTF-8 text; save it as UTF-8.") from error
    except _RepeatedKey as error:
        raise Refusal(f'{path}, line {error.line}: "{error.key}" stands there twice; keep one of them.') from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refusal(f"{path}, line {line}: this is not YAML ({error.problem}); correct the line.") from error
    if not isinstance(content, MarkedMapping):
        raise Refusal(f"{path}, line 1: a profile is a mapping that begins with `profile:`; see docs/migration.md.")
    return content
