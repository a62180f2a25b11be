"""The encoding of a column is told by its letters, and not told where they are too few."""

import random
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operational_db.file_formats.encoding_detection import LETTERS_MIN, detect, language_byte_says

RUSSIAN = [
    "Иванов Пётр Сергеевич",
    "улица Железнодорожная",
    "договор электроснабжения",
    "расчётный счёт",
    "переплата на начало года",
    "Щербакова Эльвира Юрьевна",
    "бюджетная организация",
    "показания счётчика",
    "объект отключён за долги",
    "мировой судья",
    "жилой дом с электроплитой",
    "посёлок Широкий",
    "ПРОМЫШЛЕННОЕ ПРЕДПРИЯТИЕ",
    "трансформаторная подстанция",
    "Цветочная",
]
UKRAINIAN = [
    "Шевченко Ганна Михайлівна",
    "вулиця Незалежності",
    "договір постачання електроенергії",
    "Єрмоленко Їжакевич",
    "залишок на початок року",
    "побутовий споживач",
    "Київська область",
    "місто Бровари",
    "показання лічильника",
    "пільга ветерана війни",
    "НАСЕЛЕННЯ З ЕЛЕКТРОПЛИТАМИ",
    "Ґалаґан Іван Юрійович",
    "відключено за несплату",
    "селище Щасливе",
]
UZBEK = [
    "Каримов Шухрат Азизович",
    "Юсупова Гулнора Бахтиёр кизи",
    "Мустакиллик кўчаси",
    "истеъмолчининг шахсий ҳисоб рақами",
    "электр энергияси учун тўлов",
    "Тошкент шаҳри",
    "Чилонзор тумани",
    "ҳисоблагич кўрсаткичи",
    "қарздорлик",
    "маҳалла фуқаролар йиғини",
    "Ғуломов Ўткир Қодирович",
    "бюджет ташкилоти",
    "АҲОЛИ УЧУН",
    "янги уланган хонадон",
]
LANGUAGES = {"russian": RUSSIAN, "ukrainian": UKRAINIAN, "uzbek": UZBEK}
# cp866 has ї and є, but neither і nor ґ; no one-byte page has қ ғ ҳ. Exporters wrote the look-alike.
REPLACED = {
    "cp866": str.maketrans("іІґҐқҚғҒҳҲ", "iIгГкКгГхХ"),
    "cp1251": str.maketrans("қҚғҒҳҲ", "кКгГхХ"),
    "koi8-u": str.maketrans("қҚғҒҳҲўЎ", "кКгГхХуУ"),
    "cp1125": str.maketrans("қҚғҒҳҲўЎ", "кКгГхХуУ"),
    "utf-8": {},
}


def encoded(texts: list[str], encoding: str) -> list[bytes]:
    return [text.translate(REPLACED[encoding]).encode(encoding) for text in texts]


@pytest.mark.parametrize("encoding", REPLACED)
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=120, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_text_of_three_languages_is_told_in_every_encoding(language: str, encoding: str, chance: random.Random) -> None:
    # Any six phrases, in any case of letters that a column is kept in.
    phrases = chance.sample(LANGUAGES[language], 6)
    case = chance.choice([str, str.upper, str.lower, str.title])
    cells = encoded([case(phrase) for phrase in phrases], encoding)
    found = detect(cells)
    # Russian and Uzbek text has none of the letters by which cp1125 differs from cp866; then cp866 is named.
    told = {encoding, "cp866"} if encoding == "cp1125" and language != "ukrainian" else {encoding}
    assert found.encoding in told, (found, phrases)
    if found.encoding != encoding:
        assert encoding in found.same_text
    assert found.letters >= LETTERS_MIN
    assert found.common_share > 0.3


@pytest.mark.parametrize("encoding", REPLACED)
@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=150, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_short_text_is_told_rightly_or_not_at_all(language: str, encoding: str, chance: random.Random) -> None:
    words = [word for phrase in LANGUAGES[language] for word in phrase.split()]
    chance.shuffle(words)
    case = chance.choice([str, str.upper, str.lower, str.title])
    cells = encoded([case(word) for word in islice(words, chance.randint(1, 8))], encoding)
    found = detect(cells)
    if found.encoding is None:
        assert found.reason.startswith(("not enough letters", "only ASCII"))
    else:
        assert (
            found.encoding == encoding
            or encoding in found.same_text
            or {found.encoding, encoding} <= {"cp866", "cp1125"}
        )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([b"12/345", b"SA01T0001", b""], "only ASCII"),
        ([b"Karimov Shuhrat Azizovich"] * 50, "only ASCII"),
        (["Ёж".encode("cp866")], "not enough letters: 2 outside ASCII, 24 are needed"),
        (["дом".encode("cp1251")] * 7, "not enough letters: 21 outside ASCII"),
        (["São João, ligação, coração, manhã".encode("cp1252")] * 9, "the letters make no words"),
        ([bytes(range(128, 256))] * 3, "the letters make no words"),
    ],
)
def test_what_cannot_be_told_is_not_guessed(cells: list[bytes], reason: str) -> None:
    found = detect(cells)
    assert found.encoding is None
    assert found.reason.startswith(reason)


def test_evidence_counts_the_letters_and_shows_the_other_readings() -> None:
    # "Светлана" five times: 40 letters; е т а н а are 5 of 8 common ones and С is a sixth: three quarters.
    found = detect(["Светлана".encode("cp1251")] * 5)
    assert (found.encoding, found.letters, found.common_share, found.impossible) == ("cp1251", 40, 0.75, 0)
    assert set(found.others) == {"cp866", "koi8-u", "cp1125", "utf-8"}
    assert found.reason == "40 letters, 75% of them the commonest eight"


@pytest.mark.parametrize(
    ("language_byte", "found", "sentence"),
    [
        (0x65, "cp866", "the language byte 0x65 says cp866 too"),
        (0xC9, "cp866", "the language byte 0xC9 says cp1251 and is not believed: the letters do not make words so"),
        (0x00, "cp866", "the language byte is zero and says nothing"),
        (0x99, "cp866", "the language byte 0x99 is that of no code page"),
        (0x65, None, "the language byte 0x65 says cp866, which no letters confirm"),
    ],
)
def test_the_language_byte_is_heard_and_not_believed(language_byte: int, found: str | None, sentence: str) -> None:
    assert language_byte_says(language_byte, found) == sentence
