"""In which words does a form speak around its figures? The fixed words of paper, in its own language and English.

Belongs here: reading `words.yaml`. Does not belong here: titles, rows and notes of one form (its specification).
"""

from functools import cache

import yaml

from dashboards.forms.specification import Specification, Words
from operational_db.settings import REPOSITORY_DIR

WORDS_FILE = REPOSITORY_DIR / "dashboards" / "forms" / "words.yaml"


@cache
def words_by_language() -> dict[str, Words]:
    """Every word by language."""
    return yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))


def word(form: Specification, name: str) -> str:
    """A word as the form prints it: its own language, then English."""
    return both(form, {language: words[name] for language, words in words_by_language().items()})


def both(form: Specification, words: Words, joined_by: str = " / ") -> str:
    """A text in the form's language and in English; once where they are the same."""
    return joined_by.join(dict.fromkeys(words[language] for language in (form.language, "en")))
