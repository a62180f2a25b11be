"""Which RES has the invented company, and how large is each?

Belongs here: reading the names of units, spreading accounts over RES and RES over regions, the habits of
each old database, where automatic metering (AMR) has come. Does not belong here: consumers, network, files.
"""

import csv
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from operational_db.refusal import Refusal

UNIT_REFERENCE = Path(__file__).resolve().parents[2] / "operational_db" / "reference" / "unit.csv"

RES_MIN, RES_MAX, ACCOUNTS_PER_RES = 2, 200, 1000
LEGAL_SHARE = 0.04
# An outage report of 190 feeders with 66,750 consumers gives 351 consumers a feeder.
CONSUMERS_PER_FEEDER = 351
LARGE_SHARE_OF_LEGAL = 0.02
AMR_SHARE_OF_FEEDERS = 0.2
AMR_RES_MAX = 8
# Half-hours grow with points and days, not with accounts: about 3 kB a point and day, so this is some 60 MB.
AMR_POINT_DAYS_MAX = 20_000
# What careless exporters write into byte 29; see docs/legacy_layouts.md.
LANGUAGE_BYTES = (0x00, 0x65, 0x26, 0xC9, 0x57)


@dataclass(frozen=True)
class District:
    """One RES of the invented company and the habits of its old database."""

    ordinal: int
    code: str
    region_code: str
    name_ru: str
    place: str
    is_city: bool
    inn: str
    households: int
    legal: int
    large_legal: int
    amr_feeders: int
    account_in_two_fields: bool
    language_byte: int
    openings_in_workbook: bool = False

    @property
    def feeders(self) -> int:
        """Feeders that its consumers need."""
        return feeders_for(self.households + self.legal)


def feeders_for(consumers: int) -> int:
    """Feeders that so many consumers need."""
    return max(1, round(consumers / CONSUMERS_PER_FEEDER))


def design_company(accounts: int, days: int, rng: np.random.Generator) -> list[District]:
    """RES in the order of their codes; every region gets one before any region gets two, and so on."""
    count = max(RES_MIN, min(RES_MAX, accounts // ACCOUNTS_PER_RES))
    chosen = sorted(_one_region_after_another(_res_by_region())[:count], key=lambda row: row["code"])
    legal_all = round(accounts * LEGAL_SHARE)
    size_weight = rng.uniform(0.6, 1.6, count)
    households = _split_whole(accounts - legal_all, size_weight)
    legal = _split_whole(legal_all, size_weight)
    large, amr_feeders = _place_amr(households, legal, days)
    return [
        District(
            ordinal=ordinal,
            code=row["code"],
            region_code=row["parent_code"],
            name_ru=row["name_ru"],
            place=row["aliases"].split("|")[0].rsplit(" ", 1)[0],
            is_city="городской" in row["name_ru"],
            inn=f"{302_000_000 + 137 * (ordinal + 1)}",
            households=int(households[ordinal]),
            legal=int(legal[ordinal]),
            large_legal=int(large[ordinal]),
            amr_feeders=int(amr_feeders[ordinal]),
            account_in_two_fields=ordinal % 3 == 1,
            language_byte=LANGUAGE_BYTES[ordinal % len(LANGUAGE_BYTES)],
            openings_in_workbook=ordinal == count - 1,
        )
        for ordinal, row in enumerate(chosen)
    ]


def _res_by_region() -> dict[str, list[dict[str, str]]]:
    by_region: dict[str, list[dict[str, str]]] = {}
    try:
        with UNIT_REFERENCE.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["level"] == "res":
                    by_region.setdefault(row["parent_code"], []).append(row)
    except OSError as error:
        raise Refusal(
            f"The list of units {UNIT_REFERENCE} cannot be read ({error.strerror}), so no utility can be invented;"
            " restore the file from the repository."
        ) from error
    return by_region


def _one_region_after_another(by_region: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [row for layer in zip_longest(*by_region.values()) for row in layer if row is not None]


def _split_whole(total: int, weight: np.ndarray) -> np.ndarray:
    """Whole parts in proportion to the weights that sum to the total exactly."""
    ends = np.rint(np.cumsum(weight) / weight.sum() * total).astype(np.int64)
    return np.diff(ends, prepend=0)


def _place_amr(households: np.ndarray, legal: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Consumers of 750 kVA and more, and feeders with half-hours, per RES: a few RES have nearly all of both."""
    count = len(households)
    rolled_out = np.linspace(0, count, max(1, min(AMR_RES_MAX, round(count / 4))), endpoint=False).astype(np.int64)
    points = max(2, AMR_POINT_DAYS_MAX // days)
    large_all = max(1, min(round(LARGE_SHARE_OF_LEGAL * legal.sum()), points // 3))
    feeders = np.array([feeders_for(consumers) for consumers in households + legal])
    amr_all = max(1, min(round(AMR_SHARE_OF_FEEDERS * feeders.sum()), points - large_all))
    large, amr_feeders = np.zeros(count, np.int64), np.zeros(count, np.int64)
    large[rolled_out] = np.minimum(_split_whole(large_all, legal[rolled_out]), legal[rolled_out])
    amr_feeders[rolled_out] = np.minimum(_split_whole(amr_all, feeders[rolled_out]), feeders[rolled_out])
    return large, amr_feeders
