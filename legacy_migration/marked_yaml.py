"""Which line did it stand on? YAML read into plain values that remember their lines.

Belongs here: reading YAML so that a refusal can name a line. Does not belong here: what a profile must say.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from operational_db.refusal import Refusal


class MarkedMapping(dict[str, Any]):
    """A mapping that knows its own line and that of each key."""

    line: int
    lines: dict[str, int]


class MarkedList(list[Any]):
    """A list that knows the line of each item."""

    lines: list[int]


class _Loader(yaml.SafeLoader):
    """SafeLoader whose mappings and lists remember lines and in which a key cannot stand twice."""


class _RepeatedKey(Exception):
    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key, self.line = key, line


def _mapping(loader: _Loader, node: yaml.MappingNode) -> MarkedMapping:
    marked = MarkedMapping()
    marked.line = node.start_mark.line + 1
    marked.lines = {}
    for key_node, value_node in node.value:
        # A key is what is written: `true` and `no` are words there.
        is_word = isinstance(key_node, yaml.ScalarNode)
        key = key_node.value if is_word else str(loader.construct_object(key_node, deep=True))
        if key in marked:
            raise _RepeatedKey(key, key_node.start_mark.line + 1)
        marked.lines[key] = key_node.start_mark.line + 1
        marked[key] = loader.construct_object(value_node, deep=True)
    return marked


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> MarkedList:
    marked = MarkedList(loader.construct_object(item, deep=True) for item in node.value)
    marked.lines = [item.start_mark.line + 1 for item in node.value]
    return marked


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG, _sequence)
# A date or a number in a profile is text: `0012` must not become 10.
# A table of its own: the inherited one belongs to SafeLoader, and so to everybody in this process. `no` and `on` are
# words, as in YAML 1.2 and in editors: a column may be called NO.
_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])


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
    except yaml.reader.ReaderError as error:
        line = path.read_text(encoding="utf-8")[: error.position].count("\n") + 1
        raise Refusal(f"{path}, line {line}: a letter that no text has stands there; delete it.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refusal(f"{path}, line {line}: this is not YAML ({error.problem}); correct the line.") from error
    if not isinstance(content, MarkedMapping):
        raise Refusal(f"{path}, line 1: a profile is a mapping that begins with `profile:`; see docs/migration.md.")
    return content
