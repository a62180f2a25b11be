"""Which rows stand in the files of the three legal consumers?

Belongs here: LEGAL, LEGAL_POKAZ and LEGAL_SALDO. Does not belong here: the figures (`tables`).
"""

from itertools import accumulate
from pathlib import Path

import numpy as np

from legacy_migration.synthetic_utility import layouts
from legacy_migration.synthetic_utility.charges import legal_charge_minor
from legacy_migration.synthetic_utility.text_files import money_with_comma, with_comma, write_text
from legacy_migration.synthetic_utility.truth import Truth

from . import tables
from .books import closings_minor, point_code, recognised_minor
from .columns import as_columns
from .tables import CONTRACT_ON, INSTALLED_ON, LABELS, STARTS


def write_legal(root: Path, truth: Truth) -> None:
    consumers = [
        {
            "DOGOVOR": legal.contract,
            "NAME": legal.name,
            "INN": legal.inn,
            "GRUPPA": legal.group,
            "RES": legal.res,
            "TP": legal.tp,
            "FIDER": f"{legal.res}F001",
            "ADRES": f"Саноат кўчаси, {legal.number}",
            "KVA": legal.kva,
            "VYSHE750": int(legal.is_large),
            "KOD_TU": point_code(legal) if legal.is_large else "",
            "SCHET": legal.serial,
            "TIP": 5,
            "ZNAK": layouts.METER_DIGITS[5],
            "KTT": legal.ratio,
            "DATA_DOG": f"{CONTRACT_ON:%d.%m.%Y}",
            "DATA_UST": f"{INSTALLED_ON:%d.%m.%Y}",
            "STATUS": 1,
        }
        for legal in tables.LEGAL
    ]
    write_text(root, "legal/LEGAL.CSV", layouts.LEGAL, [as_columns(consumers)], truth, {"accounts": len(consumers)})
    readings, turnover = [], []
    for legal in tables.LEGAL:
        kind = layouts.READ_BY_AMR if legal.is_large else layouts.READ_BY_CONTROLLER
        values = accumulate((kwh * 1000 // legal.ratio for kwh in legal.kwh), initial=legal.opening_milli)
        for column, (day, milli) in enumerate(zip(STARTS, values, strict=True)):
            shown = {
                "DATA": f"{day:%d.%m.%Y}",
                "POKAZ": with_comma(milli, 3),
                "VID": kind if column else layouts.READ_OPENING,
            }
            readings.append({"DOGOVOR": legal.contract, "SCHET": legal.serial, **shown})
        charges = legal_charge_minor(np.array(legal.kwh)).tolist()
        before = tables.LEGAL_OPENINGS[legal.contract]
        for month, after in enumerate(closings_minor(before, f"UR:{legal.contract}", charges)):
            amounts = {
                "SALDO_N": before,
                "NACHISLENO": charges[month],
                "OPLACHENO": recognised_minor(f"UR:{legal.contract}", month),
                "SALDO_K": after,
            }
            money = {name: money_with_comma(minor) for name, minor in amounts.items()}
            turnover.append({"DOGOVOR": legal.contract, "MES": LABELS[month], "KWH": legal.kwh[month], **money})
            before = after
    sums = {"KWH": sum(row["KWH"] for row in turnover)}
    write_text(
        root, "legal/LEGAL_POKAZ.CSV", layouts.LEGAL_POKAZ, [as_columns(readings)], truth, {"readings": len(readings)}
    )
    write_text(root, "legal/LEGAL_SALDO.CSV", layouts.LEGAL_SALDO, [as_columns(turnover)], truth, sums)
