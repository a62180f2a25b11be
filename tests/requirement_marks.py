"""Which test proves which requirement? The marks as they stand in the files, read without running anything.

A Python test carries `@pytest.mark.requirement("E47", "E48")`, on itself, its class, its module or one of its
parameters; a test or model of dbt carries `config: {meta: {requirement: [E56]}}`. A mark that no test carries, or that
names no id, is refused: it would look like a proof and be none.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from operational_db.refusal import Refusal

_BUILT_BY_DBT = frozenset({"target", "logs", "dbt_packages"})


@dataclass(frozen=True)
class Mark:
    """One id on one test: `file` is the path below the repository, `test` the name of the test as it stands there."""

    requirement_id: str
    file: Path
    line: int
    test: str


def read_marks(repository: Path) -> list[Mark]:
    """Every mark below `tests` and `dbt_project`, by file and line."""
    marks: list[Mark] = []
    for path in sorted((repository / "tests").rglob("test_*.py")):
        marks += _of_python(path, path.relative_to(repository))
    for path in sorted((repository / "dbt_project").rglob("*.yml")):
        file = path.relative_to(repository)
        if not _BUILT_BY_DBT.intersection(file.parts):
            marks += _of_dbt(path, file)
    return marks


def _of_python(path: Path, file: Path) -> Iterator[Mark]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise Refusal(f"{file}, line {error.lineno}: this is not Python ({error.msg}); correct the line.") from error
    carried: set[ast.expr] = set()
    for test, mark in _carried(tree.body, []):
        carried.add(mark)
        for requirement_id in _ids(mark, file):
            yield Mark(requirement_id, file, mark.lineno, test)
    for mark in _marks_in([tree]):
        if mark not in carried:
            raise Refusal(f"{file}, line {mark.lineno}: no test carries this mark of a requirement; put it on a test.")


def _carried(body: Sequence[ast.stmt], outer: list[ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """The tests among the statements, each with every mark that holds for it; `outer` hold for all of them."""
    shared = [*outer, *_marks_in(statement for statement in body if _sets_pytestmark(statement))]
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name.startswith("test_"):
            for mark in [*shared, *_marks_in(statement.decorator_list)]:
                yield statement.name, mark
        elif isinstance(statement, ast.ClassDef) and statement.name.startswith("Test"):
            yield from _carried(statement.body, [*shared, *_marks_in(statement.decorator_list)])


def _sets_pytestmark(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
    )


def _marks_in(nodes: Iterator[ast.AST] | Sequence[ast.AST]) -> list[ast.expr]:
    """`pytest.mark.requirement(...)`, or the bare attribute where it is not called."""
    found = [node for top in nodes for node in ast.walk(top)]
    calls = [node for node in found if isinstance(node, ast.Call) and _is_requirement(node.func)]
    called = {call.func for call in calls}
    return [*calls, *(node for node in found if _is_requirement(node) and node not in called)]


def _is_requirement(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "requirement"
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "mark"
    )


def _ids(mark: ast.expr, file: Path) -> list[str]:
    arguments = mark.args if isinstance(mark, ast.Call) and not mark.keywords else []
    ids = [node.value for node in arguments if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if not ids or len(ids) < len(arguments):
        raise Refusal(f'{file}, line {mark.lineno}: a mark names its items as texts; write requirement("E47", "E48").')
    return ids


def _of_dbt(path: Path, file: Path) -> Iterator[Mark]:
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refusal(f"{file}, line {line}: this is not YAML ({error.problem}); correct the line.") from error
    if tree is not None:
        yield from _of_node(tree, file, None)


def _of_node(node: yaml.Node, file: Path, owner: str | None) -> Iterator[Mark]:
    """Marks in a part of the tree; `owner` is the nearest name above it."""
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _of_node(part, file, owner)
    if isinstance(node, yaml.MappingNode):
        parts = {key.value: value for key, value in node.value}
        name = parts.get("name")
        inner = name.value if isinstance(name, yaml.ScalarNode) else owner
        for key, part in parts.items():
            if key == "meta" and isinstance(part, yaml.MappingNode):
                yield from _of_meta(part, file, inner)
            else:
                yield from _of_node(part, file, inner)


def _of_meta(meta: yaml.MappingNode, file: Path, owner: str | None) -> Iterator[Mark]:
    for key, value in meta.value:
        if key.value != "requirement":
            continue
        line = key.start_mark.line + 1
        named = value.value if isinstance(value, yaml.SequenceNode) else []
        if owner is None or not named or not all(isinstance(part, yaml.ScalarNode) for part in named):
            raise Refusal(
                f"{file}, line {line}: a mark stands on something that has a name and lists its items; write "
                "config: {meta: {requirement: [E47, E48]}} below it."
            )
        for part in named:
            yield Mark(part.value, file, line, owner)
