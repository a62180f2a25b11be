"""Which rows stand in LEGAL.CSV, LEGAL_POKAZ.CSV and LEGAL_SALDO.CSV?

Belongs here: the three files of the company's legal consumers and their faults. Does not belong here:
inventing them (`legal`).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from . import layouts
from .faults import LEGAL_FAULTS, choose_victims
from .legal import DIGITS, LegalConsumers
from .months import Months, dates_in_text
from .network import feeder_codes, tp_codes
from .text_files import FIRST_ROW, money_with_comma, with_comma, write_text
from .truth import Truth

_STARS: Final = "******"


def write_legal_files(
    root: Path, all_consumers: list[LegalConsumers], months: Months, truth: Truth, rng: np.random.Generator
) -> None:
    """Write the three files, RES after RES."""
    count = sum(len(consumers.number) for consumers in all_consumers)
    write_text(
        root,
        "legal/LEGAL.CSV",
        layouts.LEGAL,
        (_consumers(part) for part in all_consumers),
        truth,
        {"accounts": count},
    )
    _write_readings(root, all_consumers, months, truth, rng)
    turnover = {
        "KWH": sum(int(part.kwh.sum()) for part in all_consumers),
        "NACHISLENO": sum(int(part.settlement.charge_minor.sum()) for part in all_consumers),
        "OPLACHENO": sum(int(part.settlement.sent_minor.sum()) for part in all_consumers),
        "SALDO_N_of_first_month": sum(int(part.settlement.opening_minor.sum()) for part in all_consumers),
        "SALDO_K_of_last_month": sum(int(part.settlement.closing_minor[:, -1].sum()) for part in all_consumers),
    }
    batches = (_turnover(part, months) for part in all_consumers)
    write_text(root, "legal/LEGAL_SALDO.CSV", layouts.LEGAL_SALDO, batches, truth, turnover)


def _consumers(part: LegalConsumers) -> dict[str, Sequence[object]]:
    everyone = range(len(part.number))
    return {
        "DOGOVOR": [part.contract(at) for at in everyone],
        "NAME": part.name,
        "INN": part.inn,
        "GRUPPA": part.group,
        "RES": [part.district.code] * len(part.number),
        "TP": tp_codes(part.district.code, part.tp),
        "FIDER": feeder_codes(part.district.code, part.feeder),
        "ADRES": [f"{street}, {house}" for street, house in zip(part.street, part.house, strict=True)],
        "KVA": [with_comma(int(tenths), 1) for tenths in part.tenths_of_kva],
        "VYSHE750": part.is_large.astype(int),
        "KOD_TU": [part.point_code(at) if part.is_large[at] else "" for at in everyone],
        "SCHET": [part.serial(at) for at in everyone],
        "TIP": [part.meter_type for _ in everyone],
        "ZNAK": [DIGITS for _ in everyone],
        "KTT": part.ratio,
        "DATA_DOG": dates_in_text(part.contract_on),
        "DATA_UST": dates_in_text(part.installed_on),
        "STATUS": part.is_active.astype(int),
    }


def _write_readings(
    root: Path, all_consumers: list[LegalConsumers], months: Months, truth: Truth, rng: np.random.Generator
) -> None:
    name = "legal/LEGAL_POKAZ.CSV"
    orphans: list[tuple[LegalConsumers, int]] = []
    rows_before = FIRST_ROW

    def batches() -> Iterator[Mapping[str, Sequence[object]]]:
        nonlocal rows_before
        for ordinal, part in enumerate(all_consumers):
            candidates = np.flatnonzero(part.is_active & ~part.is_large)
            victims = choose_victims(
                LEGAL_FAULTS,
                candidates,
                len(part.number),
                ordinal,
                len(all_consumers),
                rng,
                are_planted=truth.faults.are_planted,
            )
            batch = _readings(part, months)
            for consumer in victims["legal_unreadable_reading"]:
                place = (
                    int(np.searchsorted(np.flatnonzero(part.is_active), consumer)) * (months.count + 1) + months.count
                )
                values = batch["POKAZ"]
                row = rows_before + place
                truth.faults.add(
                    "legal_unreadable_reading", name, row, part.key(consumer), "POKAZ", _STARS, values[place]
                )
                values[place] = _STARS
            orphans.extend((part, int(consumer)) for consumer in victims["legal_orphan_reading"])
            rows_before += len(batch["DOGOVOR"])
            yield batch
        if not orphans:
            return
        yield _orphan_rows(orphans, months, name, rows_before, truth)

    readings = sum(int(part.is_active.sum()) for part in all_consumers) * (months.count + 1)
    write_text(root, name, layouts.LEGAL_POKAZ, batches(), truth, {"readings": readings})


def _readings(part: LegalConsumers, months: Months) -> dict[str, list[object]]:
    days = dates_in_text(np.array(months.starts, dtype="datetime64[D]")).to_pylist()
    batch: dict[str, list[object]] = {column: [] for column in layouts.LEGAL_POKAZ}
    for consumer in np.flatnonzero(part.is_active):
        kind = layouts.READ_BY_AMR if part.is_large[consumer] else layouts.READ_BY_CONTROLLER
        batch["DOGOVOR"] += [part.contract(consumer)] * len(days)
        batch["SCHET"] += [part.serial(consumer)] * len(days)
        batch["DATA"] += days
        batch["POKAZ"] += [with_comma(milli, 3) for milli in part.register_milli[consumer].tolist()]
        batch["VID"] += [layouts.READ_OPENING] + [kind] * months.count
    return batch


def _orphan_rows(
    orphans: list[tuple[LegalConsumers, int]], months: Months, name: str, first_row: int, truth: Truth
) -> dict[str, list[object]]:
    """Readings of contracts numbered above a million, which nobody has."""
    batch: dict[str, list[object]] = {column: [] for column in layouts.LEGAL_POKAZ}
    day = f"{months.starts[1]:%d.%m.%Y}"
    for row, (part, consumer) in enumerate(orphans, first_row):
        contract = f"U9{part.number[consumer]:06d}"
        for column, value in zip(
            layouts.LEGAL_POKAZ, (contract, "", day, "1250", layouts.READ_BY_CONTROLLER), strict=True
        ):
            batch[column].append(value)
        truth.faults.add("legal_orphan_reading", name, row, f"UR:{contract}")
    return batch


def _turnover(part: LegalConsumers, months: Months) -> dict[str, Sequence[object]]:
    money, size = part.settlement, len(part.number)
    before = np.concatenate([money.opening_minor[:, None], money.closing_minor[:, :-1]], axis=1)
    return {
        "DOGOVOR": [part.contract(at) for at in range(size) for _ in range(months.count)],
        "MES": months.labels * size,
        "SALDO_N": [money_with_comma(minor) for minor in before.ravel()],
        "KWH": part.kwh.ravel(),
        "NACHISLENO": [money_with_comma(minor) for minor in money.charge_minor.ravel()],
        "OPLACHENO": [money_with_comma(minor) for minor in money.sent_minor.ravel()],
        "SALDO_K": [money_with_comma(minor) for minor in money.closing_minor.ravel()],
    }
