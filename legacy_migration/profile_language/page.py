"""The tables of keys and rules in docs/migration.md, written from their declaration.

    python -m legacy_migration.profile_language.page            writes that part of the page
    python -m legacy_migration.profile_language.page --check    says whether it is up to date

Belongs here: the generated part. Does not belong here: what the page says in words of its own.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from legacy_migration.profile_language.keys import (
    FIELD_OPTIONS,
    FILE_KEYS,
    FIRST_DAY_KEYS,
    FORMATS,
    LIST_KEYS,
    ONE_OF,
    PROFILE_KEYS,
    ROW_KEYS,
    RULE_KEYS,
    TOTALS_KEYS,
    Key,
    options_of,
)

PAGE: Final = Path(__file__).parents[2] / "docs" / "migration.md"
BEGIN: Final = "<!-- keys: written by python -m legacy_migration.profile_language.page -->"
END: Final = "<!-- end of keys -->"


def tables() -> str:
    """All the tables between the two marks."""
    groups = (
        ("the profile", PROFILE_KEYS),
        ("`first_day`", FIRST_DAY_KEYS),
        ("a list", LIST_KEYS),
        ("a file", FILE_KEYS),
        ("`totals`", TOTALS_KEYS),
        ("an entry of `rows`", ROW_KEYS),
    )
    options = [(key.name, _rules_with(key), key.kind.shown, key.meaning) for key in FIELD_OPTIONS]
    rules = [(rule.name, rule.argument.shown, rule.meaning, ", ".join(rule.needs)) for rule in RULE_KEYS]
    return "\n".join(
        (
            *_table(("format", "files"), [(f"`{name}`", meaning) for name, meaning in FORMATS.items()]),
            *_table(
                ("key", "of", "value", "needed", "meaning"),
                [
                    (f"`{key.name}`", owner, key.kind.shown, _needed(key), key.meaning)
                    for owner, keys in groups
                    for key in keys
                ],
            ),
            *_table(
                ("rule of a field", "given", "value", "needs"),
                [(f"`{name}`", given, meaning, needs) for name, given, meaning, needs in rules]
                + [(f"`{ONE_OF.name}`", "list of rules", ONE_OF.meaning, "")],
            ),
            *_table(
                ("option", "beside", "value", "meaning"),
                [(f"`{name}`", beside, value, meaning) for name, beside, value, meaning in options],
            ),
        )
    )


def _needed(key: Key) -> str:
    if not key.formats:
        return "yes" if key.is_needed else ""
    return ("yes, " if key.is_needed else "only ") + "for " + ", ".join(key.formats)


def _rules_with(option: Key) -> str:
    rules = [rule.name for rule in RULE_KEYS if any(key.name == option.name for key in options_of(rule))]
    return "every rule" if len(rules) == len(RULE_KEYS) else ", ".join(rules)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def written_into(page: str) -> str:
    """The page with its generated part as it should be."""
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{tables()}{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the part, or with `--check` say whether it is up to date."""
    page = PAGE.read_text(encoding="utf-8")
    if arguments == ["--check"]:
        is_current = written_into(page) == page
        if not is_current:
            sys.stderr.write(f"{PAGE} is out of date: run `python -m {__spec__.name}`.\n")
        return 0 if is_current else 1
    PAGE.write_text(written_into(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
