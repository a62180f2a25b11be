"""Which forms are there, and which version holds in a month? Reads and checks the files of specifications.

Belongs here: from YAML to a `Specification`, refusals that name file and line, the choice of a version.
Does not belong here: what a specification may say (`specification`).
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from dashboards.forms.specification import SPECIFICATIONS_DIR, Place, Specification, faults
from operational_db.refusal import Refusal


def read_specification(path: Path) -> Specification:
    """The specification in a file; one that is wrong is refused with the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"The specification {path} cannot be read ({error}); give a UTF-8 file.") from error
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal(path, line, f"is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise _refusal(path, 1, f"is not YAML: {error}") from error
    if not isinstance(tree, yaml.MappingNode):
        raise _refusal(path, 1, "holds no keys of a form")
    for line, key in _repeated_keys(tree):
        raise _refusal(path, line, f'the key "{key}" stands twice')
    return _checked(path, tree)


@cache
def all_specifications(folder: Path = SPECIFICATIONS_DIR) -> tuple[Specification, ...]:
    """Every version of every form, by code and version; two that hold on the same day are refused.

    Read once in the life of a process: a month's forms of all units are issued in one.
    """
    forms = []
    for path in sorted(folder.glob("*.yaml")):
        form = read_specification(path)
        if path.name != f"{form.code}.v{form.version}.yaml":
            raise Refusal(
                f"{path} holds version {form.version} of form {form.code}; name the file "
                f"{form.code}.v{form.version}.yaml."
            )
        forms.append(form)
    forms.sort(key=lambda form: (form.code, form.version))
    for number, form in enumerate(forms):
        for other in forms[:number]:
            if other.code == form.code and _overlap(other, form):
                raise Refusal(
                    f"Versions {other.version} and {form.version} of form {form.code} hold on the same days; end the "
                    "older one with valid_to where the newer begins."
                )
    return tuple(forms)


def specification_for(form_code: str, month: date, folder: Path = SPECIFICATIONS_DIR) -> Specification:
    """The version of a form that holds in a month."""
    forms = all_specifications(folder)
    versions = [form for form in forms if form.code == form_code]
    if not versions:
        known = ", ".join(dict.fromkeys(form.code for form in forms))
        raise Refusal(f'There is no form "{form_code}"; the forms are {known}.')
    for form in versions:
        if form.holds_in(month):
            return form
    spans = "; ".join(
        f"version {form.version} from {form.valid_from}" + (f" to {form.valid_to}" if form.valid_to else "")
        for form in versions
    )
    raise Refusal(f"Form {form_code} has no version that holds in {month:%Y-%m} ({spans}); choose a month within.")


def _overlap(one: Specification, other: Specification) -> bool:
    return one.valid_from < (other.valid_to or date.max) and other.valid_from < (one.valid_to or date.max)


def _checked(path: Path, tree: yaml.MappingNode) -> Specification:
    try:
        form = Specification.model_validate(yaml.constructor.SafeConstructor().construct_document(tree))
    except ValidationError as error:
        first = error.errors()[0]
        place = tuple(first["loc"])
        raise _refusal(path, _line_of(tree, place), f"{_dotted(place)}: {first['msg']}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _refusal(path, 1, f"a value is not what YAML makes of it ({error})") from error
    for place, what in faults(form):
        raise _refusal(path, _line_of(tree, place), f"{_dotted(place)} {what}")
    return form


def _refusal(path: Path, line: int, what: str) -> Refusal:
    return Refusal(f"The specification {path.name} is wrong at line {line}: {what}; correct it there.")


def _dotted(place: Place) -> str:
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in place) or "the form"


def _line_of(node: yaml.Node, place: Place) -> int:
    """The line at which the deepest part of the place stands that the file has."""
    for step in place:
        below = _below(node, step)
        if below is None:
            break
        node = below
    return node.start_mark.line + 1


def _below(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """YAML lets a later key win silently; a form must not lose a row that way."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _repeated_keys(value)
