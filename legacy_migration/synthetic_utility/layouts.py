"""Which columns has each legacy file? The page for people is docs/legacy_layouts.md.

Belongs here: names, types and lengths of columns, the code lists that the old program carries in KAT.DBF.
Does not belong here: what stands in the rows.
"""

from typing import Final

from operational_db.file_formats.dbf import DbfField

HOUSEHOLD_ENCODING: Final = "cp866"
PAYMENT_ENCODING: Final = "cp1251"
TEXT_ENCODING: Final = "cp1251"
TEXT_DELIMITER: Final = ";"

ACCOUNT_IN_ONE_FIELD: Final = (DbfField("RAH", "C", 11, 0),)
ACCOUNT_IN_TWO_NUMBERS: Final = (DbfField("BOOK", "N", 4, 0), DbfField("CODE", "N", 5, 0))
ACCOUNT_IN_TWO_TEXTS: Final = (DbfField("BOOK", "C", 4, 0), DbfField("CODE", "C", 5, 0))

ABON: Final = (
    DbfField("FIO", "C", 40, 0),
    DbfField("KVUL", "N", 4, 0),
    DbfField("HOUSE", "N", 4, 0),
    DbfField("HLET", "C", 1, 0),
    DbfField("KORP", "C", 2, 0),
    DbfField("FLAT", "C", 5, 0),
    DbfField("TP", "C", 10, 0),
    DbfField("FIDER", "C", 8, 0),
    DbfField("TAR", "N", 3, 0),
    DbfField("DOGOVOR", "D", 8, 0),
    DbfField("OSOB", "N", 2, 0),
    DbfField("TEL", "C", 13, 0),
    DbfField("ARH", "L", 1, 0),
    DbfField("PASP", "C", 9, 0),
    DbfField("PINFL", "C", 14, 0),
)
LICH: Final = (
    DbfField("NOMER", "C", 12, 0),
    DbfField("TIP", "N", 3, 0),
    DbfField("ZNAK", "N", 1, 0),
    DbfField("DUST", "D", 8, 0),
    DbfField("POKP", "N", 8, 0),
    DbfField("DZN", "D", 8, 0),
    DbfField("POKK", "N", 8, 0),
)
POKAZ: Final = (
    DbfField("NOMER", "C", 12, 0),
    DbfField("DATA", "D", 8, 0),
    DbfField("POKAZ", "N", 8, 0),
    DbfField("VID", "N", 1, 0),
)
NARAH: Final = (
    DbfField("MES", "C", 6, 0),
    DbfField("KWH", "N", 9, 0),
    DbfField("SUMA", "N", 14, 2),
    DbfField("OPL", "N", 14, 2),
    DbfField("SALDO", "N", 15, 2),
)
SALDO: Final = (
    DbfField("GOD", "N", 4, 0),
    DbfField("DEB", "N", 14, 2),
    DbfField("KRD", "N", 14, 2),
)
STREET: Final = (
    DbfField("KVUL", "N", 4, 0),
    DbfField("TOWN", "C", 20, 0),
    DbfField("STREET", "C", 30, 0),
)
KAT: Final = (
    DbfField("VID", "C", 3, 0),
    DbfField("KOD", "N", 3, 0),
    DbfField("NAZVA", "C", 40, 0),
    DbfField("ZNAK", "N", 1, 0),
)
PAYMENT: Final = (
    DbfField("OS_RAH_B", "C", 6, 0),
    DbfField("OS_RAH_N", "C", 11, 0),
    DbfField("PAYDATE", "D", 8, 0),
    DbfField("SUMMA", "N", 14, 2),
    DbfField("PARAMETER", "N", 8, 0),
    DbfField("FAMILY", "C", 25, 0),
    DbfField("NAME", "C", 15, 0),
    DbfField("NAME_1", "C", 20, 0),
    DbfField("TOWN", "C", 20, 0),
    DbfField("STREET", "C", 30, 0),
    DbfField("HOUSE", "C", 5, 0),
    DbfField("HOUSE_S", "C", 3, 0),
    DbfField("APARTMENT", "C", 5, 0),
    DbfField("APARTMENTS", "C", 3, 0),
    DbfField("PAYTYPE", "N", 2, 0),
    DbfField("OPERATOR", "C", 16, 0),
    DbfField("CREATDATE", "D", 8, 0),
    DbfField("CREATHH", "N", 2, 0),
    DbfField("CREATMM", "N", 2, 0),
)

DOGOVOR: Final = (
    DbfField("DOGOVOR", "C", 7, 0),
    DbfField("DATA", "D", 8, 0),
    DbfField("PRIM", "M", 10, 0),
)
OPENING_SHEET: Final = "Сальдо"
OPENING_ACCOUNT: Final = "Лицевой счет"
OPENING_YEAR: Final = "Год"
OPENING_HEAD: Final = "Сальдо на начало, сум"

# column, place of its first character from 1, width
POST_REGISTER: Final = (
    ("OS_RAH_B", 1, 6),
    ("OS_RAH_N", 7, 11),
    ("PAYDATE", 18, 8),
    ("SUMMA", 26, 14),
    ("OPERATOR", 40, 16),
    ("FAMILY", 56, 25),
    ("NAME", 81, 15),
    ("NAME_1", 96, 20),
)
POST_ENCODING: Final = "cp866"
POST_TOTAL: Final = "ИТОГО"

LEGAL: Final = (
    "DOGOVOR",
    "NAME",
    "INN",
    "GRUPPA",
    "RES",
    "TP",
    "FIDER",
    "ADRES",
    "KVA",
    "VYSHE750",
    "KOD_TU",
    "SCHET",
    "TIP",
    "ZNAK",
    "KTT",
    "DATA_DOG",
    "DATA_UST",
    "STATUS",
)
LEGAL_POKAZ: Final = ("DOGOVOR", "SCHET", "DATA", "POKAZ", "VID")
LEGAL_SALDO: Final = ("DOGOVOR", "MES", "SALDO_N", "KWH", "NACHISLENO", "OPLACHENO", "SALDO_K")
SUBST: Final = ("KOD", "NAME", "RES", "U_VN", "U_NN", "MVA")
FEEDER: Final = ("KOD", "NAME", "PODST", "U_KV", "SCHET", "ZNAK", "KTT", "ASKUE", "KOD_TU")
TP: Final = ("KOD", "NAME", "FIDER", "S_KVA", "P0_KW", "PK_KW")
LINES: Final = ("FIDER", "UZEL1", "UZEL2", "DLINA_M", "PROVOD", "R0", "X0")
FEEDER_POKAZ: Final = ("SCHET", "DATA", "POKAZ", "KTT")
PACKAGES: Final = ("ID", "KANAL", "FAIL", "DATA", "KOLVO", "SUMMA")

TARIFF_ORDINARY: Final = 1
TARIFF_E_STOVE: Final = 2
TARIFF_RURAL: Final = 3
TARIFF_UNKNOWN: Final = 77

READ_OPENING: Final = 0
READ_BY_CONTROLLER: Final = 1
READ_BY_CONSUMER: Final = 2
READ_BY_AVERAGE: Final = 3
READ_BY_AMR: Final = 4
READ_AT_REMOVAL: Final = 5
READ_AT_INSTALLATION: Final = 6

METER_DIGITS: Final = {1: 5, 2: 6, 3: 6, 4: 5, 5: 6}

# list, code, name, digits of the register
CODE_LISTS: Final = (
    ("TAR", TARIFF_ORDINARY, "Население", None),
    ("TAR", TARIFF_E_STOVE, "Население с электроплитами", None),
    ("TAR", TARIFF_RURAL, "Население сельское", None),
    ("POK", READ_OPENING, "Начальное", None),
    ("POK", READ_BY_CONTROLLER, "Контролер", None),
    ("POK", READ_BY_CONSUMER, "Со слов абонента", None),
    ("POK", READ_BY_AVERAGE, "По среднему", None),
    ("POK", READ_AT_REMOVAL, "Конечное снятого счетчика", None),
    ("POK", READ_AT_INSTALLATION, "Начальное нового счетчика", None),
    ("TIP", 1, "СО-И446", METER_DIGITS[1]),
    ("TIP", 2, "ЦЭ6807", METER_DIGITS[2]),
    ("TIP", 3, "TE73", METER_DIGITS[3]),
    ("TIP", 4, "СА4-И672М", METER_DIGITS[4]),
    ("TIP", 5, "Альфа A1140", METER_DIGITS[5]),
)
