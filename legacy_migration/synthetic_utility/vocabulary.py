"""How are people, streets and organisations called?

Belongs here: words, and the two things an old code page did to them: қ ғ ҳ written as к г х, or lost as `?`.
Does not belong here: who lives where.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyarrow as pa

from operational_db.file_formats.code_pages import uzbek_for_cp866

_LOST_LETTERS = str.maketrans(dict.fromkeys("ўЎқҚғҒҳҲ", "?"))


def _words_of(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(separator))


# Uzbek surnames in Cyrillic, male form; the female form adds а.
_SURNAMES: Final = _words_of(
    """
    Абдуллаев Абдураҳмонов Азимов Алимов Аминов Атажонов Аҳмедов Аюпов Бекмуродов Болтаев Бобоев Бозоров Валиев Ганиев
    Давлатов Дадажонов Жалилов Жўраев Зокиров Ибрагимов Икромов Исмоилов Исроилов Йўлдошев Каримов Комилов Қамбаров
    Қаҳҳоров Қобилов Қодиров Қосимов Қурбонов Қўчқоров Латипов Маҳмудов Маматов Мирзаев Муродов Мусаев Мўминов Назаров
    Наримонов Неъматов Норматов Олимов Орипов Очилов Пўлатов Раҳимов Раҳматов Расулов Рўзиев Рустамов Саидов Салимов
    Самадов Собиров Содиқов Султонов Тешабоев Тожиев Тошматов Турсунов Тўраев Тўхтаев Умаров Усмонов Файзиев Фозилов
    Халилов Хамидов Хасанов Холиқов Холматов Худойбердиев Шарипов Шодиев Эгамбердиев Эргашев Эшонқулов Юнусов Юсупов
    Ғаниев Ғафуров Ғуломов Ҳайдаров Ҳакимов Ҳамроев Иванов Петров Ким Пак Цой Ли Смирнов Кузнецов Попов Соколов
    """
)
_MEN: Final = _words_of(
    """
    Абдулла Азиз Акмал Алишер Анвар Аслиддин Баходир Бахтиёр Ботир Даврон Дилшод Жамшид Жаҳонгир Зафар Илҳом Исломжон
    Комил Қаҳрамон Лазиз Мансур Мирзо Муҳаммад Нодир Одил Ойбек Равшан Рустам Санжар Собир Сухроб Темур Тўлқин Улуғбек
    Умид Фарҳод Хуршид Шавкат Шерзод Эркин Юсуф Ғайрат Ҳамид Ҳасан Сергей Александр Владимир
    """
)
_WOMEN: Final = _words_of(
    """
    Адолат Азиза Барно Васила Гулнора Гўзал Дилбар Дилноза Дилфуза Зебо Зулфия Камола Лола Малика Матлуба Мавлуда
    Моҳира Мунира Наргиза Нигора Нилуфар Ойдин Озода Раъно Саодат Сабоҳат Сайёра Саида Севара Умида Феруза Фотима
    Хадича Шаҳло Шоира Юлдуз Қундуз Ғунча Ҳулкар Ирина Наталья Елена
    """
)
_STREETS: Final = _words_of(
    """
    Навоий|Амир Темур|Мустақиллик|Бобур|Улуғбек|Истиқлол|Дўстлик|Ғалаба|Наврўз|Тинчлик|Боғишамол|Гулистон|Янги ҳаёт|
    Меҳнат|Обод|Зарафшон|Чинор|Мирзо Улуғбек|Алишер Навоий|Ибн Сино|Беруний|Фурқат|Муқимий|Ҳамза|Ойбек|Ғафур Ғулом|
    Абдулла Қодирий|Чўлпон|Машраб|Низомий|Лутфий|Шароф Рашидов|Пахтакор|Боғбон|Деҳқонобод|Марказий|Тўқимачи|
    Темирйўлчи|Қурувчилар|Нефтчилар|Ёшлик|Баҳор|Лолазор|Оқтепа|Қўрғонча|Имом Бухорий|Жалолиддин Мангуберди|Широқ|
    Спитамен|Соҳибқирон
    """,
    "|",
)
_VILLAGES: Final = _words_of(
    """
    Оқтош Боғот Дўстлик Гулбоғ Янгиобод Қорасув Чорбоғ Навбаҳор Маданият Ғалаба Олмазор Шўрқишлоқ Тошқўрғон Саритепа
    Узумзор Ҳақиқат
    """
)
_BUSINESSES: Final = _words_of(
    """
    Барака|Сарбон|Нур|Зиё|Фаровон|Олтин водий|Темирбетон|Пахта тозалаш|Нон маҳсулотлари|Савдо маркази|Дорихона|
    Автотранс|Агросервис|Қурилиш моллари|Мева сервис|Чорва
    """,
    "|",
)
_BUDGET_BODIES: Final = (
    "Мактаб",
    "Болалар боғчаси",
    "Поликлиника",
    "Маҳалла идораси",
    "Кутубхона",
    "Шифохона",
    "Коллеж",
)


@dataclass(frozen=True)
class Words:
    """A word list in three spellings: as the old code pages hold it, and as it looks after the letters were lost."""

    kept: pa.Array
    lost: pa.Array
    with_rare_letters: tuple[int, ...]


def _spelled(words: Iterable[str]) -> Words:
    originals = list(words)
    return Words(
        kept=pa.array([uzbek_for_cp866(word) for word in originals]),
        lost=pa.array([word.translate(_LOST_LETTERS) for word in originals]),
        with_rare_letters=tuple(index for index, word in enumerate(originals) if word.translate(_LOST_LETTERS) != word),
    )


@cache
def male_surnames() -> Words:
    """Surnames as men bear them."""
    return _spelled(_SURNAMES)


@cache
def female_surnames() -> Words:
    """The same surnames in the same order as women bear them."""
    return _spelled([surname + "а" if surname.endswith(("ов", "ев")) else surname for surname in _SURNAMES])


@cache
def male_names() -> Words:
    """Given names of men."""
    return _spelled(_MEN)


@cache
def female_names() -> Words:
    """Given names of women."""
    return _spelled(_WOMEN)


@cache
def sons_of() -> Words:
    """Patronymics of men, from the given names in their order."""
    return _spelled([_father(name) + "ич" for name in _MEN])


@cache
def daughters_of() -> Words:
    """Patronymics of women, from the given names in their order."""
    return _spelled([_father(name) + "на" for name in _MEN])


def _father(name: str) -> str:
    if name in ("Сергей", "Александр", "Владимир"):
        return name.removesuffix("й") + ("ев" if name.endswith("й") else "ов")
    return name.removesuffix("а").removesuffix("о") + "ов"


def street_names(count: int) -> list[str]:
    """As many different street names as wanted; when the words are used up, lanes are numbered."""
    plain = [uzbek_for_cp866(name) for name in _STREETS]
    return [
        f"{plain[index % len(plain)]} кўчаси"
        if index < len(plain)
        else f"{plain[index % len(plain)]} {index // len(plain)}-тор"
        for index in range(count)
    ]


def village_names() -> list[str]:
    """Villages around a district centre."""
    return [uzbek_for_cp866(name) for name in _VILLAGES]


def place_name(original: str) -> str:
    """Name of a town as the old code pages hold it."""
    return uzbek_for_cp866(original)


def business_names() -> list[str]:
    """First words of the names of firms."""
    return [uzbek_for_cp866(name) for name in _BUSINESSES]


def budget_bodies() -> list[str]:
    """Kinds of bodies kept by the state budget."""
    return [uzbek_for_cp866(name) for name in _BUDGET_BODIES]
