"""A dump that nobody has described: a district's own files, made by hand, as a migration team gets them.

Belongs here: the files. Does not belong here: what an inspection says of them, what becomes of their rows.

Seven households in two RES. Consumers and meters are DBF in cp866 per RES, readings are text at fixed places in koi8-u,
charges are CSV in cp1251 with a stroke between cells, payments and registers are workbooks; and a letter is there.
"""

from datetime import date
from pathlib import Path

import xlsxwriter

from operational_db.file_formats.dbf import DELETION_FLAG, DbfField, write_dbf

# RES: number, name, house, flat, tariff code, contract, residents. 00013 of SA01 is flagged deleted; one flat is blank.
PEOPLE = {
    "SA01": [
        ("00011", "Каримов Азиз Рустамович", "12", "4", "A", "20150310", 4, False),
        ("00012", "Юсупова Малика Тохировна", "12", "5", "A", "20160101", 3, False),
        ("00013", "Собиров Тимур Акмалович", "14", "", "A", "20110701", 2, True),
        ("00014", "Назарова Дилбар Каримовна", "15", "1", "E", "00000000", 5, False),
    ],
    "SA03": [
        ("00011", "Рахимов Бахтиер Олимович", "3", "", "A", "20121205", 6, False),
        ("00012", "Алиева Нигора Саидовна", "3", "2", "A", "20130214", 2, False),
        ("00015", "Турсунов Улугбек Анварович", "7", "", "Z", "20190909", 1, False),
    ],
}
# RES, account, serial; all meters have 5 digits, type M1, installed 2015-06-01.
METERS = [
    ("SA01", "00011", "700111"), ("SA01", "00012", "700112"), ("SA01", "00014", "700114"),
    ("SA03", "00011", "700311"), ("SA03", "00012", "700312"), ("SA03", "00015", "700315"),
]  # fmt: skip
# RES, account (without leading zeros), serial, day, value, kind: 0 opens the book, 1 is a controller's.
READINGS = [
    ("SA01", "11", "700111", "01.01.2026", "1000", "0"), ("SA01", "11", "700111", "01.02.2026", "1150", "1"),
    ("SA01", "12", "700112", "01.01.2026", "2000", "0"), ("SA01", "12", "700112", "01.02.2026", "2080", "1"),
    ("SA01", "14", "700114", "01.01.2026", "500", "0"), ("SA01", "14", "700114", "01.02.2026", "750", "1"),
    ("SA03", "11", "700311", "01.01.2026", "90", "0"), ("SA03", "11", "700311", "01.02.2026", "140", "1"),
    ("SA03", "12", "700312", "01.01.2026", "300", "0"), ("SA03", "12", "700312", "01.02.2026", "410", "1"),
    ("SA03", "99", "700999", "01.01.2026", "10", "0"),
]  # fmt: skip
# RES, account, month, kWh, charged, paid, balance. Account 12 of SA03: 110 kWh x 600 = 66 000, but 56 000 stands.
CHARGES = [
    ("SA01", "00011", "202601", "150", "90000,00", "90000,00", "0,00"),
    ("SA01", "00012", "202601", "80", "48000,00", "0,00", "48000,00"),
    ("SA01", "00014", "202601", "250", "125000,00", "125000,00", "0,00"),
    ("SA03", "00011", "202601", "50", "30000,00", "30000,00", "0,00"),
    ("SA03", "00012", "202601", "110", "56000,00", "0,00", "56000,00"),
    ("SA03", "00015", "202601", "0", "0,00", "0,00", "-1500,00"),
]
# Payments by file: RES, account, day, sum, receipt, payer. 00088 of SA01 is nobody's.
PAYMENTS = {
    "bank_01.xlsx": [
        ("SA01", "00011", date(2026, 1, 20), 90000, "B-1001", "Каримов А."),
        ("SA01", "00014", date(2026, 1, 21), 125000.5, "B-1002", "Назарова Д."),
        ("SA01", "00088", date(2026, 1, 22), 7000, "B-1003", "Ҳамидов"),
    ],
    "post_01.xlsx": [
        ("SA03", "00011", date(2026, 1, 25), 30000, "P-7", "Рахимов Б."),
        ("SA03", "00012", date(2026, 1, 25), 1000, "P-8", "Алиева Н."),
    ],
}


def write_unknown_dump(folder: Path) -> Path:
    """The whole dump below the folder."""
    for res, people in PEOPLE.items():
        (folder / "asos" / res).mkdir(parents=True)
        _write_people(folder / "asos" / res / "ISTEM.DBF", people)
        _write_meters(folder / "asos" / res / "HISOBLAG.DBF", [meter for meter in METERS if meter[0] == res])
    (folder / "obhod").mkdir()
    (folder / "oylik").mkdir()
    (folder / "tolov").mkdir()
    _write_readings(folder / "obhod" / "korsatkich.txt")
    _write_charges(folder / "oylik" / "hisoblangan.csv")
    for name, payments in PAYMENTS.items():
        _write_payments(folder / "tolov" / name, payments)
    _write_registers(folder / "tolov" / "reestrlar.xlsx")
    (folder / "xat.pdf").write_bytes(b"%PDF-1.4\n%the letter that came with the files\n")
    return folder


def _write_people(path: Path, people: list[tuple]) -> None:
    fields = [
        DbfField("HISOB", "C", 5), DbfField("FISH", "C", 40), DbfField("UY", "C", 5), DbfField("XONADON", "C", 4),
        DbfField("TARIFKOD", "C", 2), DbfField("SHSANA", "D", 8), DbfField("OILA", "N", 2), DbfField("ESKI", "C", 3),
    ]  # fmt: skip
    columns = list(zip(*people, strict=True))
    batch = {field.name: list(cells) for field, cells in zip(fields, columns, strict=False)}
    batch["OILA"] = [str(count) for count in batch["OILA"]]
    batch["ESKI"] = [""] * len(people)
    batch[DELETION_FLAG] = list(columns[7])
    write_dbf(path, fields, [batch], encoding="cp866", last_update=date(2026, 2, 1))


def _write_meters(path: Path, meters: list[tuple[str, str, str]]) -> None:
    fields = [
        DbfField("HISOB", "C", 5), DbfField("ZAVODRAQ", "C", 10), DbfField("TURI", "C", 3), DbfField("XONA", "N", 1),
        DbfField("ORNATILDI", "D", 8),
    ]  # fmt: skip
    batch = {
        "HISOB": [account for _, account, _ in meters],
        "ZAVODRAQ": [serial for _, _, serial in meters],
        "TURI": ["M1"] * len(meters),
        "XONA": ["5"] * len(meters),
        "ORNATILDI": ["20150601"] * len(meters),
    }
    write_dbf(path, fields, [batch], encoding="cp866", last_update=date(2026, 2, 1))


def _write_readings(path: Path) -> None:
    """Places: RES 1-6, HISOB 7-14, ZAVODRAQ 15-24, SANA 25-36, KORSATKICH 37-48, MANBA 49-54, INSPEKTOR 55-."""
    widths = (6, 8, 10, 12, 12, 6, 20)
    heads = ("RES", "HISOB", "ZAVODRAQ", "SANA", "KORSATKICH", "MANBA", "INSPEKTOR")
    lines = ["".join(cell.ljust(width) for cell, width in zip(heads, widths, strict=True)).rstrip()]
    for reading in READINGS:
        cells = (*reading, "Сергиенко Іван")
        lines.append("".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    path.write_bytes("\r\n".join([*lines, ""]).encode("koi8-u"))


def _write_charges(path: Path) -> None:
    lines = ["RES|HISOB|OY|ISTEMOL|HISOBLANDI|TOLANDI|QOLDIQ|IZOH"]
    lines += ["|".join((*charge, "начислено по показанию контролера")) for charge in CHARGES]
    # Sums of the rows above: 640 kWh, 349 000 charged, 245 000 paid, 102 500 left.
    lines.append("ИТОГО|||640|349000,00|245000,00|102500,00|")
    path.write_bytes("\r\n".join([*lines, ""]).encode("cp1251"))


def _write_payments(path: Path, payments: list[tuple]) -> None:
    """A title, a head of two rows with a merged cell, and a row of totals."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Тўловлар")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write(0, 0, "Реестр принятых платежей за январь 2026 г.")
        sheet.merge_range(1, 0, 1, 1, "Абонент")
        for column, head in enumerate(("РЭС", "Лицевой счет")):
            sheet.write(2, column, head)
        for column, head in enumerate(("Дата оплаты", "Сумма", "Квитанция", "Плательщик"), start=2):
            sheet.merge_range(1, column, 2, column, head)
        for row, payment in enumerate(payments, start=3):
            for column, cell in enumerate(payment):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                else:
                    sheet.write(row, column, cell)
        sheet.write(3 + len(payments), 0, "Итого")
        sheet.write(3 + len(payments), 3, sum(payment[3] for payment in payments))


def _write_registers(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Реестры")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for column, head in enumerate(("Реестр", "Канал", "Имя файла", "Дата", "Кол-во", "Сумма")):
            sheet.write(0, column, head)
        for row, (name, payments) in enumerate(PAYMENTS.items(), start=1):
            total = sum(payment[3] for payment in payments)
            for column, cell in enumerate((f"R{row}", name[:4], name)):
                sheet.write(row, column, cell)
            sheet.write_datetime(row, 3, date(2026, 1, 31), day)
            sheet.write(row, 4, len(payments))
            sheet.write(row, 5, total)
