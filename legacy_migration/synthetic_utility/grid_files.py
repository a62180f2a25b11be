"""Which rows stand in the grid files, and what did the head meters show?

Belongs here: SUBST, FEEDER, TP, LINES, FEEDER_POKAZ of the company, the ratio and register of head meters.
Does not belong here: the network itself and its losses (`network`), half-hours (`half_hours`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from . import layouts
from .months import Months, dates_in_text
from .network import Network
from .text_files import with_comma, write_text
from .truth import Truth

_DIGITS: Final = 6
# Five decimals hold every register value whose product with one of these ratios is whole kWh.
_RATIOS: Final = (1000, 2000, 4000)
_DECIMALS: Final = 5


@dataclass(frozen=True)
class FeederBook:
    """The feeders of one RES with what entered them: whole kWh, one row a feeder, one column a month."""

    network: Network
    intake_kwh: np.ndarray

    @property
    def has_amr(self) -> np.ndarray:
        """The first feeders of a RES with automatic metering have it."""
        return np.arange(len(self.network.feeder_code)) < self.network.district.amr_feeders

    @property
    def ratio(self) -> np.ndarray:
        """Ratio of the head meter's transformers."""
        busiest = self.intake_kwh.max(axis=1)
        return np.array(_RATIOS)[np.searchsorted([100_000, 400_000], busiest)]

    def serial(self, feeder: int) -> str:
        """Serial number of the head meter."""
        return f"7{self.network.district.ordinal + 1:04d}{feeder + 1:04d}"

    def point_code(self, feeder: int) -> str:
        """Code of the measuring point in layout 80020."""
        return f"{self.network.district.inn}1{feeder + 1:06d}"

    def register(self, feeder: int) -> list[int]:
        """What the head meter showed on the first of each month and behind the last, in hundred-thousandths."""
        opening = (feeder * 7919 + self.network.district.ordinal * 104_729) % 900_000
        scale = 10**_DECIMALS
        used = np.cumsum(self.intake_kwh[feeder]) * scale // int(self.ratio[feeder])
        return [(opening * scale + int(parts)) % (10**_DIGITS * scale) for parts in (0, *used)]


def write_grid_files(root: Path, books: list[FeederBook], months: Months, truth: Truth) -> None:
    """Write the five files, RES after RES."""
    networks = [book.network for book in books]
    metered = sum(int(book.intake_kwh[~book.has_amr].sum()) for book in books)
    write_text(root, "grid/SUBST.CSV", layouts.SUBST, map(_substations, networks), truth, {})
    write_text(root, "grid/FEEDER.CSV", layouts.FEEDER, map(_feeders, books), truth, {})
    write_text(root, "grid/TP.CSV", layouts.TP, map(_transformer_points, networks), truth, {})
    write_text(root, "grid/LINES.CSV", layouts.LINES, map(_lines, networks), truth, {})
    write_text(
        root,
        "grid/FEEDER_POKAZ.CSV",
        layouts.FEEDER_POKAZ,
        _readings(books, months),
        truth,
        {"intake_kwh": metered},
    )


def _substations(network: Network) -> Mapping[str, Sequence[object]]:
    count = len(network.substation_code)
    return {
        "KOD": network.substation_code,
        "NAME": [f"ПС-{number}" for number in range(1, count + 1)],
        "RES": [network.district.code] * count,
        "U_VN": network.substation_upper_kv,
        "U_NN": network.substation_lower_kv,
        "MVA": network.substation_mva,
    }


def _feeders(book: FeederBook) -> Mapping[str, Sequence[object]]:
    network, everyone = book.network, range(len(book.network.feeder_code))
    return {
        "KOD": network.feeder_code,
        "NAME": [f"Ф-{feeder + 1}" for feeder in everyone],
        "PODST": [network.substation_code[at] for at in network.feeder_substation],
        "U_KV": network.feeder_kv,
        "SCHET": [book.serial(feeder) for feeder in everyone],
        "ZNAK": [_DIGITS for _ in everyone],
        "KTT": book.ratio,
        "ASKUE": book.has_amr.astype(int),
        "KOD_TU": [book.point_code(feeder) if book.has_amr[feeder] else "" for feeder in everyone],
    }


def _transformer_points(network: Network) -> Mapping[str, Sequence[object]]:
    return {
        "KOD": network.tp_code,
        "NAME": [f"ТП-{number}" for number in range(1, len(network.tp_code) + 1)],
        "FIDER": [network.feeder_code[at] for at in network.tp_feeder],
        "S_KVA": network.tp_rated_kva.astype(int),
        "P0_KW": [_decimals(value, 2) for value in network.tp_no_load_kw],
        "PK_KW": [_decimals(value, 2) for value in network.tp_load_kw],
    }


def _lines(network: Network) -> Mapping[str, Sequence[object]]:
    sections = network.sections
    return {
        "FIDER": [network.feeder_code[at] for at in sections.feeder],
        "UZEL1": sections.parent_code,
        "UZEL2": sections.node_code,
        "DLINA_M": sections.length_m,
        "PROVOD": sections.conductor,
        "R0": [_decimals(value, 3) for value in sections.resistance],
        "X0": [_decimals(value, 3) for value in sections.reactance],
    }


def _decimals(value: float, decimals: int) -> str:
    return with_comma(round(float(value) * 10**decimals), decimals)


def _readings(books: list[FeederBook], months: Months) -> Iterator[Mapping[str, Sequence[object]]]:
    days = dates_in_text(np.array(months.starts, dtype="datetime64[D]")).to_pylist()
    for book in books:
        without_amr = np.flatnonzero(~book.has_amr).tolist()
        yield {
            "SCHET": [book.serial(feeder) for feeder in without_amr for _ in days],
            "DATA": days * len(without_amr),
            "POKAZ": [with_comma(parts, _DECIMALS) for feeder in without_amr for parts in book.register(feeder)],
            "KTT": [int(book.ratio[feeder]) for feeder in without_amr for _ in days],
        }
