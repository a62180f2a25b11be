"""Who are the twenty accounts that can be checked by hand, and what happened to them from January to March
2026?

Belongs here: the hand-written tables; their arithmetic is worked in docs/twenty_accounts.md. Does not belong
here: writing them into files (`twenty_accounts`). Energy in kWh, money in tiyin.
"""

from datetime import date
from typing import Final, NamedTuple

from legacy_migration.synthetic_utility.company import District
from legacy_migration.synthetic_utility.layouts import TARIFF_E_STOVE, TARIFF_ORDINARY, TARIFF_RURAL, TARIFF_UNKNOWN
from legacy_migration.synthetic_utility.months import Months

MONTHS: Final = Months(date(2026, 1, 1), 3)
STARTS: Final = MONTHS.starts
LABELS: Final = MONTHS.labels
CONTRACT_ON: Final = date(2010, 5, 1)
INSTALLED_ON: Final = date(2015, 6, 1)

CITY: Final = District(
    ordinal=0,
    code="SA01",
    region_code="P-SA",
    name_ru="Самаркандский городской РЭС",
    place="Самарканд",
    is_city=True,
    inn="302900001",
    households=9,
    legal=2,
    large_legal=1,
    amr_feeders=1,
    account_in_two_fields=False,
    language_byte=0x65,
)
COUNTRY: Final = District(
    ordinal=1,
    code="SA03",
    region_code="P-SA",
    name_ru="Булунгурский РЭС",
    place="Булунгур",
    is_city=False,
    inn="302900003",
    households=8,
    legal=1,
    large_legal=0,
    amr_feeders=0,
    account_in_two_fields=True,
    language_byte=0x00,
)


class Street(NamedTuple):
    """A street of a RES."""

    code: int
    town: str
    name: str


STREETS: Final = {
    "SA01": (Street(1, "Самарканд", "Навоий кўчаси"), Street(2, "Самарканд", "Регистон кўчаси")),
    "SA03": (Street(1, "Булунгур", "Мустакиллик кўчаси"), Street(2, "Богот", "Тинчлик кўчаси")),
}


class Home(NamedTuple):
    """A household account with its first meter; all are in book 1. `kwh` is what the meter counted in each month."""

    res: str
    code: int
    fio: str
    street: int
    house: int
    flat: str
    tariff: int
    residents: int
    serial: str
    meter_type: int
    opening_reading: int
    kwh: tuple[int, int, int]
    stolen_kwh: tuple[int, int, int] = (0, 0, 0)
    archived: bool = False

    @property
    def key(self) -> str:
        """As faults and the truth name it."""
        return f"{self.res}:1/{self.code}"

    @property
    def charged_as_e_stove(self) -> bool:
        """Whether the old program halves the prices."""
        return self.tariff == TARIFF_E_STOVE


_NOTHING: Final = (0, 0, 0)
HOMES: Final = (
    Home("SA01", 1, "Каримов Азиз Рустамович", 1, 5, "1", TARIFF_ORDINARY, 4, "101001", 1, 12_000, (200, 150, 100)),
    Home("SA01", 2, "Раимова Лола Анваровна", 1, 5, "2", TARIFF_ORDINARY, 3, "101002", 1, 8_150, (201, 180, 199)),
    Home("SA01", 3, "Саидов Тимур Эркинович", 1, 5, "3", TARIFF_ORDINARY, 5, "201003", 2, 100_400, (350, 300, 250)),
    Home("SA01", 4, "Каххоров Умид Ботирович", 1, 7, "", TARIFF_ORDINARY, 6, "201004", 2, 45_000, (500, 501, 400)),
    Home("SA01", 5, "Ким Елена Сергеевна", 2, 12, "8", TARIFF_E_STOVE, 2, "301005", 3, 6_020, (350, 200, 201)),
    Home("SA01", 6, "Олимов Санжар Комилович", 2, 12, "9", TARIFF_E_STOVE, 5, "301006", 3, 31_700, (1000, 900, 600)),
    Home("SA01", 7, "Тўраев Жамшид Одилович", 2, 40, "", TARIFF_ORDINARY, 7, "201007", 2, 77_000, (1000, 1200, 800)),
    Home("SA01", 8, "Иванов Сергей Петрович", 2, 41, "", TARIFF_ORDINARY, 1, "101008", 1, 3_333, _NOTHING),
    Home(
        "SA01",
        9,
        "Азимова Наргиза Умидовна",
        1,
        9,
        "",
        TARIFF_ORDINARY,
        1,
        "101009",
        1,
        22_222,
        _NOTHING,
        archived=True,
    ),
    Home("SA03", 1, "Бобоев Комил Азизович", 1, 1, "", TARIFF_RURAL, 5, "103001", 1, 15_000, (120, 110, 90)),
    Home("SA03", 2, "Назарова Зебо Темуровна", 1, 2, "", TARIFF_RURAL, 4, "103002", 1, 99_900, (160, 140, 130)),
    Home("SA03", 3, "Усмонов Равшан Шерзодович", 1, 3, "", TARIFF_RURAL, 6, "103003", 1, 4_000, (220, 240, 210)),
    Home("SA03", 4, "Эргашев Илхом Юсуфович", 1, 4, "", TARIFF_RURAL, 8, "403004", 4, 20_000, (5000, 4200, 3100)),
    Home(
        "SA03",
        5,
        "Шодиев Бахтиёр Собирович",
        2,
        5,
        "",
        TARIFF_RURAL,
        4,
        "103005",
        1,
        9_000,
        (80, 70, 60),
        (120, 110, 100),
    ),
    Home(
        "SA03", 6, "Пўлатов Мансур Алишерович", 2, 6, "", TARIFF_RURAL, 9, "403006", 4, 50_000, (10_001, 10_000, 9_999)
    ),
    Home("SA03", 7, "Мўминова Саида Акмаловна", 2, 7, "", TARIFF_RURAL, 3, "103007", 1, 2_000, (150, 160, 170)),
    Home("SA03", 8, "Ганиев Темур Отабекович", 2, 8, "", TARIFF_UNKNOWN, 2, "103008", 1, 700, (100, 100, 100)),
)


class Replacement(NamedTuple):
    """A meter that took the place of another in the middle of a month."""

    key: str
    day: date
    month: int
    last_reading: int
    new_serial: str
    new_type: int
    first_reading: int


# 4,220 on 1 February, 90 kWh more until the 11th; the other 150 of February's 240 are on the new meter.
REPLACEMENT: Final = Replacement("SA03:1/3", date(2026, 2, 11), 1, 4_310, "303013", 3, 5)

# Typed 1,310 for 2,310 on 1 March.
SLIP_KEY, SLIP_COLUMN, SLIP_WRITTEN = "SA03:1/7", 2, 1_310


class LegalConsumer(NamedTuple):
    """A legal consumer; register readings are in thousandths."""

    number: int
    res: str
    name: str
    inn: str
    group: str
    tp: str
    kva: str
    is_large: bool
    ratio: int
    opening_milli: int
    kwh: tuple[int, int, int]

    @property
    def contract(self) -> str:
        """Contract number."""
        return f"U{self.number:06d}"

    @property
    def serial(self) -> str:
        """Serial number of the meter."""
        return f"8{self.number:08d}"


# 200 kWh in every hour: 744 h, 672 h, 744 h; 100 in every half-hour.
LARGE_HALF_HOUR_KWH: Final = 100
LEGAL: Final = (
    LegalConsumer(
        1,
        "SA01",
        '"Темирбетон" АЖ',
        "207100001",
        "1",
        "SA01T0002",
        "800",
        True,
        200,
        5_000_000,
        (148_800, 134_400, 148_800),
    ),
    LegalConsumer(
        2, "SA01", '"Нур" МЧЖ', "207100002", "2", "SA01T0001", "25,5", False, 1, 12_000_000, (1500, 1400, 1300)
    ),
    LegalConsumer(3, "SA03", "5-Мактаб", "207100003", "2B", "SA03T0001", "40", False, 20, 700_500, (4000, 3800, 3600)),
)

# key, year of origin, debit, credit; legal openings have no year.
OPENINGS: Final = (
    ("SA01:1/1", 2025, 110_000_00, 0),
    ("SA01:1/2", 2025, 96_000_00, 0),
    ("SA01:1/3", 2024, 50_000_00, 0),
    ("SA01:1/3", 2025, 150_000_00, 0),
    ("SA01:1/4", 2025, 0, 25_000_00),
    ("SA01:1/6", 2025, 400_000_00, 0),
    ("SA01:1/9", 2023, 70_000_00, 0),
    ("SA03:1/1", 2025, 60_000_50, 0),
    ("SA03:1/4", 2025, 5_000_000_00, 0),
    ("SA03:1/5", 2025, 12_000_00, 0),
    ("SA03:1/6", 2025, 14_000_000_00, 0),
    ("SA03:1/7", 2025, 0, 8_000_25),
    ("SA03:1/8", 2025, 30_000_00, 0),
)
LEGAL_OPENINGS: Final = {"U000001": 145_000_000_00, "U000002": 0, "U000003": -500_000_00}


class Payment(NamedTuple):
    """A payment as the consumer made it; `written_number` differs from the account's where it went astray."""

    channel: str
    day: date
    key: str
    minor: int
    written_number: str = ""
    copies: int = 1


PAYMENTS: Final = (
    Payment("paynet", date(2026, 1, 5), "SA01:1/1", 110_000_00),
    Payment("paynet", date(2026, 1, 8), "SA01:1/2", 96_000_00),
    Payment("paynet", date(2026, 1, 10), "SA01:1/6", 400_000_00),
    Payment("bank", date(2026, 1, 9), "UR:U000001", 145_000_000_00),
    Payment("bank", date(2026, 1, 9), "SA03:1/4", 5_000_000_00),
    Payment("bank", date(2026, 1, 10), "SA03:1/6", 14_000_000_00),
    Payment("paynet", date(2026, 2, 3), "SA01:1/1", 120_000_00),
    Payment("paynet", date(2026, 2, 4), "SA01:1/2", 120_800_00),
    Payment("paynet", date(2026, 2, 6), "SA01:1/3", 440_000_00),
    Payment("paynet", date(2026, 2, 9), "SA01:1/5", 120_000_00),
    Payment("paynet", date(2026, 2, 9), "SA03:1/3", 136_000_00),
    Payment("bank", date(2026, 2, 5), "UR:U000001", 148_800_000_00),
    Payment("bank", date(2026, 2, 5), "UR:U000002", 1_500_000_00),
    Payment("bank", date(2026, 2, 6), "UR:U000003", 3_500_000_00),
    Payment("bank", date(2026, 2, 10), "SA03:1/6", 15_612_000_00),
    Payment("post", date(2026, 2, 7), "SA03:1/1", 132_000_50),
    Payment("post", date(2026, 2, 7), "SA03:1/2", 96_000_00),
    Payment("paynet", date(2026, 3, 2), "SA01:1/1", 90_000_00),
    Payment("paynet", date(2026, 3, 3), "SA01:1/2", 108_000_00, copies=2),
    Payment("paynet", date(2026, 3, 5), "SA01:1/5", 60_000_00),
    Payment("paynet", date(2026, 3, 10), "SA01:1/7", 1_000_000_00),
    Payment("paynet", date(2026, 3, 10), "SA03:1/3", 152_000_00),
    Payment("bank", date(2026, 3, 5), "UR:U000001", 134_400_000_00),
    Payment("bank", date(2026, 3, 9), "SA03:1/4", 6_860_000_00),
    Payment("post", date(2026, 3, 6), "SA03:1/2", 84_000_00, written_number="1/902"),
)

SUBSTATIONS: Final = (("SA01P01", "ПС-1", "SA01", 35, 10, 10), ("SA03P01", "ПС-1", "SA03", 35, 10, 4))
# code, name, substation, kV, head meter, digits, ratio, AMR, measuring point
FEEDERS: Final = (
    ("SA01F001", "Ф-1", "SA01P01", 10, "700010001", 6, 2000, 1, "3029000011000001"),
    ("SA03F001", "Ф-1", "SA03P01", 10, "700020001", 6, 1000, 0, ""),
)
TRANSFORMERS: Final = (
    ("SA01T0001", "ТП-1", "SA01F001", 160, "0,51", "2,65"),
    ("SA01T0002", "ТП-2", "SA01F001", 1000, "2", "12,2"),
    ("SA03T0001", "ТП-1", "SA03F001", 100, "0,33", "1,97"),
)
LINES: Final = (
    ("SA01F001", "SA01P01", "SA01F001-01", 1000, "АС-70", "0,42", "0,345"),
    ("SA01F001", "SA01F001-01", "SA01T0001", 100, "АС-35", "0,773", "0,366"),
    ("SA01F001", "SA01F001-01", "SA01T0002", 200, "АС-50", "0,592", "0,355"),
    ("SA03F001", "SA03P01", "SA03T0001", 2000, "АС-70", "0,42", "0,345"),
)
# By feeder: intake of each month, and no-load, load and line losses of each month in whole watt-hours.
INTAKE_KWH: Final = {"SA01F001": (156_656, 141_720, 155_399), "SA03F001": (20_377, 19_332, 17_944)}
LOSSES_WH: Final = {
    "SA01F001": ((1_867_440, 601_375, 286_014), (1_686_720, 543_711, 258_989), (1_867_440, 598_820, 282_376)),
    "SA03F001": ((245_520, 172_849, 7_683), (221_760, 172_283, 7_655), (245_520, 133_886, 5_958)),
}
HEAD_METER_OPENING: Final = 1_000
