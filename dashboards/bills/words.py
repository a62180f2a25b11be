"""In which words does a printed bill speak? The words of the catalogues beside this file in one language.

Belongs here: reading the words. Does not belong here: how numbers and months are written (`words.amounts`).
"""

from functools import cache
from pathlib import Path

import yaml

from operational_db.refusal import Refusal

WORDS_FILES = tuple(
    Path(__file__).with_name(name)
    for name in ("words.yaml", "list_words.yaml", "statement_words.yaml", "tariff_words.yaml")
)


@cache
def words_by_language() -> dict[str, dict[str, str]]:
    """Every word by language."""
    words: dict[str, dict[str, str]] = {}
    for file in WORDS_FILES:
        for language, of_file in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            words.setdefault(language, {}).update(of_file)
    return words


class BillWords:
    """The words of one language, which also says how numbers are written.

    Raises:
        Refusal: no such language.
    """

    def __init__(self, language: str) -> None:
        known = words_by_language()
        if language not in known:
            raise Refusal(f'Bills are not printed in the language "{language}"; name one of {", ".join(known)}.')
        self.locale = language
        self._words = known[language]

    def text(self, word: str, **figures: object) -> str:
        """The word or sentence with its figures filled in."""
        return self._words[word].format(**figures)

    def named(self, kind: str, code: str) -> str:
        """The word for a code, such as the zone `night`; the code itself where the language has none."""
        return self._words.get(f"{kind}_{code}", code.replace("_", " "))
