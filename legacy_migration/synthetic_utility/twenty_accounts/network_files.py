"""Which files tell of the two feeders, and what is true about their energy?

Belongs here: grid files, half-hours, and the truth about losses and theft. Does not belong here: the figures
(`tables`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import numpy as np

from legacy_migration.synthetic_utility import layouts
from legacy_migration.synthetic_utility.text_files import with_comma, write_text
from legacy_migration.synthetic_utility.truth import FileTotals, Truth
from operational_db.file_formats.layout_80020 import PERIODS_PER_DAY, MeasuringDay, MessageHeader, write_80020

from . import tables
from .books import point_code
from .columns import as_columns
from .tables import LABELS, STARTS


def write_grid(root: Path, truth: Truth) -> None:
    for name, columns, rows in (
        ("SUBST", layouts.SUBST, tables.SUBSTATIONS),
        ("FEEDER", layouts.FEEDER, tables.FEEDERS),
        ("TP", layouts.TP, tables.TRANSFORMERS),
        ("LINES", layouts.LINES, tables.LINES),
    ):
        write_text(
            root, f"grid/{name}.CSV", columns, [dict(zip(columns, zip(*rows, strict=True), strict=True))], truth, {}
        )
    readings = [
        {"SCHET": serial, "DATA": f"{day:%d.%m.%Y}", "POKAZ": with_comma(milli, 3), "KTT": ratio}
        for code, _, _, _, serial, _, ratio, has_amr, _ in tables.FEEDERS
        if not has_amr
        for day, milli in zip(STARTS, _head_register(code, ratio), strict=True)
    ]
    write_text(root, "grid/FEEDER_POKAZ.CSV", layouts.FEEDER_POKAZ, [as_columns(readings)], truth, {})


def _head_register(feeder: str, ratio: int) -> list[int]:
    steps = (kwh * 1000 // ratio for kwh in tables.INTAKE_KWH[feeder])
    return list(accumulate(steps, initial=tables.HEAD_METER_OPENING * 1000))


def write_half_hours(root: Path, truth: Truth) -> None:
    """One feeder, whose month is spread evenly over its half-hours, and the consumer that takes the same in each."""
    city, days = tables.CITY, int(tables.MONTHS.days.sum())
    folder = root / "askue" / city.code
    folder.mkdir(parents=True)
    feeder = next(row for row in tables.FEEDERS if row[7])
    large = next(legal for legal in tables.LEGAL if legal.is_large)
    points = (
        (feeder[8], feeder[0], _evenly(tables.INTAKE_KWH[feeder[0]])),
        (point_code(large), large.contract, np.full((days, PERIODS_PER_DAY), tables.LARGE_HALF_HOUR_KWH)),
    )
    for number in range(days):
        day = tables.MONTHS.first + timedelta(days=number)
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time())
        header = MessageHeader(str(number + 1), city.name_ru, city.inn, midnight + timedelta(minutes=30), day)
        measured = [
            MeasuringDay(
                inn=city.inn,
                area_name=city.name_ru,
                point_code=code,
                point_name=name,
                channel="01",
                day=day,
                values=[Decimal(kwh) for kwh in values[number].tolist()],
                status=[0] * PERIODS_PER_DAY,
            )
            for code, name, values in points
        ]
        write_80020(folder / f"80020_{city.inn}_{day:%Y%m%d}.xml", header, measured)
    kwh = sum(int(values.sum()) for _, _, values in points)
    sums = {"files": days, "points": len(points), "kwh": kwh}
    truth.files.append(FileTotals(f"askue/{city.code}", days * len(points), 0, sums))


def _evenly(months_kwh: Sequence[int]) -> np.ndarray:
    """Whole kWh by day and half-hour; what is left over by rounding down to the last half-hour is carried on."""
    parts = []
    for kwh, days in zip(months_kwh, tables.MONTHS.days.tolist(), strict=True):
        periods = days * PERIODS_PER_DAY
        ends = np.arange(1, periods + 1, dtype=np.int64) * kwh // periods
        parts.append(np.diff(ends, prepend=0).reshape(days, PERIODS_PER_DAY))
    return np.concatenate(parts)


def tell_energy(truth: Truth) -> None:
    for home in tables.HOMES:
        for month, stolen in enumerate(home.stolen_kwh):
            if stolen:
                tp, feeder, recorded = f"{home.res}T0001", f"{home.res}F001", home.kwh[month]
                truth.thefts.append((home.key, tp, feeder, LABELS[month], recorded + stolen, recorded, stolen))
    for feeder, intake in tables.INTAKE_KWH.items():
        for month, label in enumerate(LABELS):
            recorded = sum(home.kwh[month] for home in tables.HOMES if feeder.startswith(home.res))
            recorded += sum(legal.kwh[month] for legal in tables.LEGAL if feeder.startswith(legal.res))
            stolen = sum(home.stolen_kwh[month] for home in tables.HOMES if feeder.startswith(home.res))
            losses = (f"{loss / 1000:.3f}" for loss in tables.LOSSES_WH[feeder][month])
            truth.losses.append((feeder, label, intake[month], recorded + stolen, recorded, stolen, *losses))
