"""What does each kind of fault do to the files of one consumer?

Belongs here: a function a kind; it takes the consumers it spoils, writes, and puts down what it did, or says false
where the fault cannot befall that consumer. Does not belong here: who comes next (`injector`).
"""

from collections.abc import Callable
from typing import Final

from legacy_migration.fault_injection.dump_tables import DumpTable, Row
from legacy_migration.fault_injection.injector import Consumer, Dump, numbered
from legacy_migration.synthetic_utility import layouts
from operational_db.file_formats.dbf import read_columns
from operational_db.file_formats.odd_letters import CYRILLIC_LOOKALIKES, TO_LATIN

_ZEROS: Final = "00000000"
_OTHER_ENCODING: Final = "cp1251"
_FPT_HEAD: Final = 8
Spoiler = Callable[[Dump, Consumer], bool]


def _middle(dump: Dump, rows: list[Row]) -> Row:
    """A row that has one before and one behind it."""
    return dump.random.choice(rows[1:-1])


def _month(row: Row) -> str:
    return f"{row['MES'][:4]}-{row['MES'][4:]}"


def _cells(
    dump: Dump,
    kind: str,
    consumer: Consumer,
    table: DumpTable,
    row: Row,
    *,
    touched: tuple[str, ...] = (),
    **cells: str,
) -> bool:
    """The plain case: other texts in some cells of one row of one consumer."""
    dump.take(consumer)
    truth = " ".join(row[name] for name in cells)
    table.put(row, **cells)
    dump.note(kind, table, row, [consumer.key], " ".join(cells.values()), truth, touched)
    return True


def _lost(dump: Dump, kind: str, consumer: Consumer, table: DumpTable, rows: list[Row]) -> bool:
    dump.take(consumer)
    for row in rows:
        table.remove(row)
    dump.note(kind, table, None, [consumer.key], "", " ".join(rows[0].values()))
    return True


def _doubled(dump: Dump, kind: str, consumer: Consumer, table: DumpTable, row: Row, *touched: str) -> bool:
    dump.take(consumer)
    second = row.copy()
    table.insert_behind(row, second)
    dump.note(kind, table, second, [consumer.key], "twice", "once", touched)
    return True


def lost_account(dump: Dump, who: Consumer) -> bool:
    return _lost(dump, "lost_account", who, dump.of(who, "ABON"), [who.account])


def lost_meter(dump: Dump, who: Consumer) -> bool:
    return _lost(dump, "lost_meter", who, dump.of(who, "LICH"), who.meters)


def lost_reading(dump: Dump, who: Consumer) -> bool:
    return _lost(dump, "lost_reading", who, dump.of(who, "POKAZ"), [_middle(dump, who.readings)])


def lost_charge(dump: Dump, who: Consumer) -> bool:
    return _lost(dump, "lost_charge", who, dump.of(who, "NARAH"), [dump.random.choice(who.charges)])


def lost_opening(dump: Dump, who: Consumer) -> bool:
    return bool(who.openings) and _lost(dump, "lost_opening", who, dump.of(who, "SALDO"), who.openings)


def lost_payment(dump: Dump, who: Consumer) -> bool:
    if not who.payments:
        return False
    table, row = dump.random.choice(who.payments)
    return _lost(dump, "lost_payment", who, table, [row])


def doubled_account(dump: Dump, who: Consumer) -> bool:
    return _doubled(dump, "doubled_account", who, dump.of(who, "ABON"), who.account)


def doubled_reading(dump: Dump, who: Consumer) -> bool:
    return _doubled(dump, "doubled_reading", who, dump.of(who, "POKAZ"), _middle(dump, who.readings))


def doubled_charge(dump: Dump, who: Consumer) -> bool:
    return _doubled(dump, "doubled_charge", who, dump.of(who, "NARAH"), dump.random.choice(who.charges))


def doubled_payment(dump: Dump, who: Consumer) -> bool:
    if not who.payments:
        return False
    table, row = dump.random.choice(who.payments)
    return _doubled(dump, "doubled_payment", who, table, row, row["OPERATOR"])


def _exchange(
    dump: Dump, kind: str, who: Consumer, other: Consumer, table: DumpTable, rows: tuple[Row, Row], column: str
) -> bool:
    dump.take(who)
    dump.take(other)
    one, two = rows
    first, second = one[column], two[column]
    table.put(one, **{column: second})
    table.put(two, **{column: first})
    dump.note(kind, table, one, [who.key, other.key], second, first)
    return True


def swapped_charges(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.charges)
    for other in dump.free:
        if other is not who and other.res == who.res:
            its_row = next(charge for charge in other.charges if charge["MES"] == row["MES"])
            if its_row["SUMA"] != row["SUMA"]:
                return _exchange(dump, "swapped_charges", who, other, dump.of(who, "NARAH"), (row, its_row), "SUMA")
    return False


def swapped_payments(dump: Dump, who: Consumer) -> bool:
    for table, row in who.payments:
        for other in dump.free:
            for its_table, its_row in other.payments if other is not who else ():
                if its_table is table and its_row["SUMMA"] != row["SUMMA"]:
                    return _exchange(dump, "swapped_payments", who, other, table, (row, its_row), "SUMMA")
    return False


def swapped_openings(dump: Dump, who: Consumer) -> bool:
    for row in who.openings:
        for other in dump.free:
            for its_row in other.openings if other is not who and other.res == who.res else ():
                if its_row["DEB"] != row["DEB"]:
                    return _exchange(dump, "swapped_openings", who, other, dump.of(who, "SALDO"), (row, its_row), "DEB")
    return False


def charge_sign(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.charges)
    return _cells(dump, "charge_sign", who, dump.of(who, "NARAH"), row, SUMA=f"-{row['SUMA']}")


def opening_sign(dump: Dump, who: Consumer) -> bool:
    row = next((row for row in who.openings if float(row["DEB"])), None)
    return row is not None and _cells(
        dump, "opening_sign", who, dump.of(who, "SALDO"), row, DEB=row["KRD"], KRD=row["DEB"]
    )


def charge_scale(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.charges)
    places = dump.random.choice((-3, -2, -1, 1, 2, 3))
    minor = round(float(row["SUMA"]) * 100)
    scaled = minor * 10**places if places > 0 else minor // 10**-places
    written = f"{scaled // 100}.{scaled % 100:02d}"
    return _cells(dump, "charge_scale", who, dump.of(who, "NARAH"), row, SUMA=written)


def reading_tenfold(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.readings[1:])
    written = f"{row['POKAZ']}0"
    is_within = len(written) <= int(who.meters[0]["ZNAK"])
    return is_within and _cells(dump, "reading_tenfold", who, dump.of(who, "POKAZ"), row, POKAZ=written)


def misread_name(dump: Dump, who: Consumer) -> bool:
    raw = who.account["FIO"].encode(_OTHER_ENCODING)
    written = raw.decode(layouts.HOUSEHOLD_ENCODING)
    return _cells(dump, "misread_name", who, dump.of(who, "ABON"), who.account, FIO=written)


def zero_installation_date(dump: Dump, who: Consumer) -> bool:
    return _cells(dump, "zero_installation_date", who, dump.of(who, "LICH"), who.meters[0], DUST=_ZEROS)


def zero_reading_date(dump: Dump, who: Consumer) -> bool:
    return _cells(dump, "zero_reading_date", who, dump.of(who, "POKAZ"), _middle(dump, who.readings), DATA=_ZEROS)


def zero_payment_date(dump: Dump, who: Consumer) -> bool:
    return _payment_cell(dump, "zero_payment_date", who, PAYDATE=_ZEROS)


def negative_payment(dump: Dump, who: Consumer) -> bool:
    return bool(who.payments) and _payment_cell(dump, "negative_payment", who, SUMMA=lambda text: f"-{text}")


def orphan_payment(dump: Dump, who: Consumer) -> bool:
    return _payment_cell(dump, "orphan_payment", who, OS_RAH_N=_number_of_nobody(dump, who))


def _payment_cell(dump: Dump, kind: str, who: Consumer, **cells: str | Callable[[str], str]) -> bool:
    """A payment is named by its receipt."""
    if not who.payments:
        return False
    dump.take(who)
    table, row = dump.random.choice(who.payments)
    (column, written), *_ = cells.items()
    truth = row[column]
    text = written if isinstance(written, str) else written(truth)
    table.put(row, **{column: text})
    dump.note(kind, table, row, [row["OPERATOR"]], text, truth, [who.key])
    return True


def charge_month_shifted(dump: Dump, who: Consumer) -> bool:
    at = dump.random.randrange(1, len(who.charges))
    row = who.charges[at]
    return _cells(dump, "charge_month_shifted", who, dump.of(who, "NARAH"), row, MES=who.charges[at - 1]["MES"])


def shifted_months(dump: Dump, who: Consumer) -> bool:
    """Each month has the figures of the one before; the first has its own, too."""
    table, rows = dump.of(who, "NARAH"), who.charges
    figures = [(row["KWH"], row["SUMA"]) for row in rows]
    dump.take(who)
    for row, (kwh, charge) in zip(rows[1:], figures, strict=False):
        table.put(row, KWH=kwh, SUMA=charge)
    dump.note("shifted_months", table, rows[1], [who.key], " ".join(figures[0]), " ".join(figures[1]))
    return True


def _number_of_nobody(dump: Dump, who: Consumer) -> str:
    book = who.number.split("/")[0]
    while (number := f"{book}/{dump.random.randrange(9000, 9999)}") in dump.numbers:
        pass
    return number


def _orphan(dump: Dump, kind: str, who: Consumer, name: str, row: Row) -> bool:
    dump.take(who)
    number, table = _number_of_nobody(dump, who), dump.of(who, name)
    table.put(row, **numbered(row, number))
    dump.note(kind, table, row, [f"{who.res}/{number}"], number, who.number, [who.key])
    return True


def orphan_meter(dump: Dump, who: Consumer) -> bool:
    return _orphan(dump, "orphan_meter", who, "LICH", who.meters[0])


def orphan_reading(dump: Dump, who: Consumer) -> bool:
    return _orphan(dump, "orphan_reading", who, "POKAZ", dump.random.choice(who.readings))


def orphan_charge(dump: Dump, who: Consumer) -> bool:
    return _orphan(dump, "orphan_charge", who, "NARAH", dump.random.choice(who.charges))


def merged_keys(dump: Dump, who: Consumer) -> bool:
    other = next((other for other in dump.free if other is not who and other.res == who.res), None)
    if other is None:
        return False
    dump.take(other)
    cells = numbered(who.account, other.number)
    dump.take(who)
    table = dump.of(who, "ABON")
    table.put(who.account, **cells)
    # Payments of both lose their accounts.
    receipts = [row["OPERATOR"] for _, row in (*who.payments, *other.payments)]
    dump.note("merged_keys", table, who.account, [other.key], other.number, who.number, [who.key, *receipts])
    return True


def leading_zero_account(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.charges)
    if "RAH" not in row:
        return False
    book, code = who.number.split("/")
    return _cells(dump, "leading_zero_account", who, dump.of(who, "NARAH"), row, RAH=f"{int(book):04d}/{int(code):05d}")


def live_row_deleted(dump: Dump, who: Consumer) -> bool:
    row, table = _middle(dump, who.readings), dump.of(who, "POKAZ")
    dump.take(who)
    table.flag_deleted(row)
    dump.note("live_row_deleted", table, row, [who.key], "deleted", "live")
    return True


def deleted_row_taken(dump: Dump, who: Consumer) -> bool:
    row, table = _middle(dump, who.readings), dump.of(who, "POKAZ")
    dump.take(who)
    withdrawn = row.copy()
    table.insert_behind(row, withdrawn)
    table.put(withdrawn, POKAZ=str(int(row["POKAZ"]) + dump.random.randrange(1, 90)))
    dump.note("deleted_row_taken", table, withdrawn, [who.key], withdrawn["POKAZ"], "no row")
    return True


def decreasing_reading(dump: Dump, who: Consumer) -> bool:
    at = dump.random.randrange(1, len(who.readings))
    before = int(who.readings[at - 1]["POKAZ"])
    written = before - dump.random.randrange(1, 400)
    return written >= 0 and _cells(
        dump, "decreasing_reading", who, dump.of(who, "POKAZ"), who.readings[at], POKAZ=str(written)
    )


def energy_in_mwh(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.charges)
    written = f"{int(row['KWH']) // 1000}.{int(row['KWH']) % 1000:03d}"
    return _cells(dump, "energy_in_mwh", who, dump.of(who, "NARAH"), row, KWH=written)


def wrong_tariff_code(dump: Dump, who: Consumer) -> bool:
    e_stove = str(layouts.TARIFF_E_STOVE)
    written = str(layouts.TARIFF_ORDINARY) if who.account["TAR"] == e_stove else e_stove
    return _cells(dump, "wrong_tariff_code", who, dump.of(who, "ABON"), who.account, TAR=written)


def unknown_tariff(dump: Dump, who: Consumer) -> bool:
    written = str(dump.random.randrange(50, 99))
    return _cells(dump, "unknown_tariff", who, dump.of(who, "ABON"), who.account, TAR=written)


def homoglyph_name(dump: Dump, who: Consumer) -> bool:
    name = who.account["FIO"]
    places = [place for place in range(len(name)) if name[place] in CYRILLIC_LOOKALIKES]
    if not places:
        return False
    place = dump.random.choice(places)
    written = name[:place] + name[place].translate(TO_LATIN) + name[place + 1 :]
    return _cells(dump, "homoglyph_name", who, dump.of(who, "ABON"), who.account, FIO=written)


def glued_address(dump: Dump, who: Consumer) -> bool:
    row = who.account
    glued = f"{row['HOUSE']}{dump.random.choice('/-')}{row['FLAT']}"
    if not row["FLAT"] or len(glued) > len("12345"):
        return False
    return _cells(dump, "glued_address", who, dump.of(who, "ABON"), row, HOUSE="0", FLAT=glued)


def swapped_columns(dump: Dump, who: Consumer) -> bool:
    row = dump.random.choice(who.charges)
    return row["SUMA"] != row["SALDO"] and _cells(
        dump, "swapped_columns", who, dump.of(who, "NARAH"), row, SUMA=row["SALDO"], SALDO=row["SUMA"]
    )


def duplicate_serial(dump: Dump, who: Consumer) -> bool:
    other = next((other for other in dump.free if other is not who and other.res == who.res), None)
    if other is None:
        return False
    dump.take(other)
    serial, readings = other.meters[0]["NOMER"], dump.of(who, "POKAZ")
    for row in who.readings:
        readings.put(row, NOMER=serial)
    # Whichever stands second is named, with the first beside it.
    second = max((who, other), key=lambda one: dump.of(one, "LICH").row_no(one.meters[0]))
    dump.take(who)
    table, truth = dump.of(who, "LICH"), who.meters[0]["NOMER"]
    table.put(who.meters[0], NOMER=serial)
    dump.note("duplicate_serial", table, who.meters[0], [second.key], serial, truth, [who.key, other.key])
    return True


def lost_letters(dump: Dump, who: Consumer) -> bool:
    name = who.account["FIO"]
    place = dump.random.choice([place for place, letter in enumerate(name) if letter.isalpha()])
    written = name[:place] + "?" + name[place + 1 :]
    return _cells(dump, "lost_letters", who, dump.of(who, "ABON"), who.account, FIO=written)


def unreadable_number(dump: Dump, who: Consumer) -> bool:
    return _cells(dump, "unreadable_number", who, dump.of(who, "POKAZ"), _middle(dump, who.readings), POKAZ="********")


def unknown_street(dump: Dump, who: Consumer) -> bool:
    written = dump.random.choice(("0", str(dump.random.randrange(9000, 9999))))
    return _cells(dump, "unknown_street", who, dump.of(who, "ABON"), who.account, KVUL=written)


def unknown_unit(dump: Dump, who: Consumer) -> bool:
    written = f"{who.res}T{dump.random.randrange(9000, 9999)}"
    return _cells(dump, "unknown_unit", who, dump.of(who, "ABON"), who.account, TP=written)


def cut_memos(dump: Dump, count: int) -> None:
    """The memo file ends somewhere in the last memo but so many less one: that one and all behind it are not whole."""
    name = "legal/DOGOVOR.DBF"
    path = (dump.root / name).with_suffix(".FPT")
    raw = path.read_bytes()
    block = int.from_bytes(raw[6:8], "big")
    (batch,) = read_columns(dump.root / name, layouts.HOUSEHOLD_ENCODING)
    texts, contracts = batch.text["PRIM"].to_pylist(), batch.text["DOGOVOR"].to_pylist()
    taken = [-(-(_FPT_HEAD + len(text)) // block) * block for text in texts]
    first = len(texts) - count
    begins = len(raw) - sum(taken[first:])
    left = dump.random.randrange(1, len(texts[first]))
    table = dump.table(name)
    for at in range(first, len(texts)):
        kept = texts[at][:left].rstrip() if at == first else ""
        dump.note("truncated_memo", table, table.rows[at], [contracts[at]], kept, texts[at])
    path.write_bytes(raw[: begins + _FPT_HEAD + left])


SPOILERS: Final[dict[str, Spoiler]] = {
    spoiler.__name__: spoiler
    for spoiler in (
        lost_account, lost_meter, lost_reading, lost_charge, lost_opening, lost_payment, doubled_account,
        doubled_reading, doubled_charge, doubled_payment, swapped_charges, swapped_payments, swapped_openings,
        charge_sign, opening_sign, charge_scale, reading_tenfold, misread_name, zero_installation_date,
        zero_reading_date, zero_payment_date, charge_month_shifted, shifted_months, orphan_meter,
        orphan_reading, orphan_charge, orphan_payment, merged_keys, leading_zero_account, live_row_deleted,
        deleted_row_taken, decreasing_reading, energy_in_mwh, wrong_tariff_code, unknown_tariff, homoglyph_name,
        glued_address, swapped_columns, negative_payment, duplicate_serial, lost_letters, unreadable_number,
        unknown_street, unknown_unit,
    )
}  # fmt: skip
