"""How are two spellings brought together? Case, apostrophes, and letters that only look alike.

Belongs here: the folding, as one expression of SQL so that rows are blocked where they are.
Does not belong here: what alike spellings mean (`evidence`).
"""

from typing import Final

# Cyrillic letters beside the Latin ones that they look like, or that they become where a code page has lost them.
_LOOK_ALIKES: Final = {
    "а": "a", "в": "b", "е": "e", "ё": "e", "є": "e", "з": "3", "к": "k", "қ": "k", "м": "m", "н": "h", "о": "o",
    "р": "p", "с": "c", "т": "t", "у": "y", "ў": "y", "х": "x", "ҳ": "x", "і": "i", "ї": "i", "й": "и", "ґ": "г",
    "ғ": "г", "ѕ": "s", "ј": "j",
}  # fmt: skip
_CYRILLIC: Final = "абвгґғдеёєжзиійїкқлмнопрстуўфхҳцчшщъыьэюяѕј"
# Apostrophes in all their shapes, and what separates nothing.
_DROPPED: Final = "'’‘ʻʼ`´\"«»“”.,;:-–—_/\\()№#*?!"


def _translation() -> tuple[str, str]:
    source, target = "", ""
    for letter in _CYRILLIC:
        folded = _LOOK_ALIKES.get(letter, letter)
        source += letter + letter.upper()
        target += folded * 2
    return source + _DROPPED, target


_FROM, _TO = _translation()


def folded_sql(text: str) -> str:
    """The spelling that look-alikes share: lower case, one blank between words, no apostrophes; never NULL.

    Letters are named one by one, so that it does not hang on the locale of the database.
    """
    source = _FROM.replace("'", "''")
    return f"btrim(regexp_replace(lower(translate(coalesce({text}, ''), '{source}', '{_TO}')), '\\s+', ' ', 'g'))"


def glued_sql(*texts: str) -> str:
    """The same with nothing between the parts: house 12 and letter A is 12A."""
    return "replace(" + folded_sql(" || ".join(f"coalesce({text}, '')" for text in texts)) + ", ' ', '')"
