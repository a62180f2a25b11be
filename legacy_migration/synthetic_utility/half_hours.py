"""How does a month's energy spread over its half-hours, and which AMR messages carry it?

Belongs here: day shapes, whole kWh whose sum is exact, the 80020 files of one RES. Does not belong here:
monthly energy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np

from operational_db.file_formats.layout_80020 import MeasuringDay, MessageHeader, write_80020

from .company import District
from .months import Months

_PERIODS: Final = 48
_ACTIVE_IN: Final = "01"
_SUBSTITUTED_SHARE: Final = 0.002
# Hourly shapes: a feeder of homes has two humps, a plant works from eight to eighteen.
_HOMES: Final = [5, 4, 4, 4, 4, 5, 7, 9, 9, 8, 7, 7, 7, 7, 7, 8, 9, 11, 14, 16, 15, 13, 10, 7]
_PLANT: Final = [5, 5, 5, 5, 5, 6, 7, 9, 13, 14, 14, 14, 12, 13, 14, 14, 13, 11, 9, 7, 6, 6, 5, 5]


@dataclass(frozen=True)
class MeasuredPoint:
    """A point with automatic metering and its whole kWh by month."""

    code: str
    name: str
    is_plant: bool
    kwh: np.ndarray


def write_half_hours(
    root: Path, district: District, points: list[MeasuredPoint], months: Months, rng: np.random.Generator
) -> tuple[int, int]:
    """Write one message a day; returns how many files there are and the energy in them."""
    if not points:
        return 0, 0
    folder = root / "askue" / district.code
    folder.mkdir(parents=True, exist_ok=True)
    values = np.stack([_spread(point, months, rng) for point in points])
    status = (rng.random(values.shape) < _SUBSTITUTED_SHARE).astype(np.int64)
    days = int(months.days.sum())
    for day_number in range(days):
        day = months.first + timedelta(days=day_number)
        header = MessageHeader(
            number=str(day_number + 1),
            sender_name=district.name_ru,
            sender_inn=district.inn,
            timestamp=datetime.combine(day + timedelta(days=1), time(0, 30)),
            day=day,
        )
        measured = _measured(district, points, header, values[:, day_number], status[:, day_number])
        write_80020(folder / f"80020_{district.inn}_{day:%Y%m%d}.xml", header, measured)
    return days, int(values.sum())


def _spread(point: MeasuredPoint, months: Months, rng: np.random.Generator) -> np.ndarray:
    """Whole kWh by day and half-hour, each rounded with the remainder carried on, so that every month sums exactly."""
    shape = np.repeat(np.array(_PLANT if point.is_plant else _HOMES, dtype=float), 2)
    parts = []
    for month, days in enumerate(months.days.tolist()):
        weight = shape * rng.uniform(0.85, 1.15, (days, 1)) * rng.uniform(0.8, 1.2, (days, _PERIODS))
        ends = np.rint(np.cumsum(weight) / weight.sum() * point.kwh[month]).astype(np.int64)
        parts.append(np.diff(ends, prepend=0).reshape(days, _PERIODS))
    return np.concatenate(parts)


def _measured(
    district: District,
    points: list[MeasuredPoint],
    header: MessageHeader,
    values: np.ndarray,
    status: np.ndarray,
) -> Iterator[MeasuringDay]:
    for number, point in enumerate(points):
        yield MeasuringDay(
            inn=district.inn,
            area_name=district.name_ru,
            point_code=point.code,
            point_name=point.name,
            channel=_ACTIVE_IN,
            day=header.day,
            values=[Decimal(kwh) for kwh in values[number].tolist()],
            status=status[number].tolist(),
        )
