"""Random tariffs, written as rows of the reference files: every basis and mode of steps, seasons, zones, power, VAT."""

import shutil
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from operational_db.reference.loading import REFERENCE_DIR

ZONE_SETS = {
    "two_zone": {"day": "7-23", "night": "0-7|23-24"},
    "three_zone": {"night": "0-7|23-24", "peak": "8-11|20-22", "semi": "7-8|11-20|22-23"},
}
COUNTRIES = ("UZ", "UZ", "UA", "KZ", "IR")
BASES = ("calendar_month", "calendar_month", "resident_month", "thirty_days", "month_days", "contract_month")


def random_code(number: int) -> str:
    return f"xx.random_{number:02}"


def write_reference(target: Path, random: Random, count: int, since: date, until: date) -> Path:
    """A copy of the reference files with `count` more tariffs that change between two days; returns the folder."""
    shutil.copytree(REFERENCE_DIR, target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    rows: dict[str, list[str]] = {
        name: [] for name in ("tariff", "tariff_version", "tariff_step", "tariff_season", "tariff_zone",
                              "tariff_power_price")
    }  # fmt: skip
    for number in range(count):
        _add_tariff(rows, random, random_code(number), since, until)
    for name, lines in rows.items():
        with (target / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    return target


def _add_tariff(rows: dict[str, list[str]], random: Random, code: str, since: date, until: date) -> None:
    rows["tariff"].append(f"{code},{random.choice(COUNTRIES)},UZS,100,electricity,household,population,By nobody")
    variants = ["all", *random.sample(["estove", "large_family"], random.randrange(3))]
    basis = random.choice(BASES)
    changes = sorted({_some_day(random, since, until) for _ in range(random.randrange(4))})
    begins = [since - timedelta(days=400), *changes]
    ends = [*(day.isoformat() for day in changes), ""]
    has_zones = random.random() < 0.5
    for begin, end in zip(begins, ends, strict=True):
        if random.random() < 0.2:
            basis = random.choice(BASES)
        if end and random.random() < 0.05:  # days without a price
            end = (date.fromisoformat(end) - timedelta(days=1)).isoformat()  # noqa: PLW2901
            if end <= begin.isoformat():
                continue
        includes_vat = random.choice(("true", "false"))
        mode = random.choice(("excess", "excess", "whole"))
        rows["tariff_version"].append(f"{code},{begin},{end},{includes_vat},{basis},{mode},by nobody,false")
        seasons = ["all"]
        if random.random() < 0.3:
            months = sorted(random.sample(range(1, 13), random.randint(1, 6)))
            rows["tariff_season"].append(f"{code},{begin},warm,{'|'.join(map(str, months))}")
            seasons.append("warm")
        for variant in variants:
            for season in seasons:
                rows["tariff_step"] += _steps(random, f"{code},{begin},{variant},{season}", basis)
        if basis != "resident_month" and random.random() < 0.3:
            price = random.choice(("", *[f"{random.randint(1, 400_000)}.{random.randrange(100):02}"] * 12))
            rows["tariff_power_price"] += [f"{code},{begin},{v},{price},false" for v in variants]
        if has_zones and (begin == begins[0] or random.random() < 0.4):
            rows["tariff_zone"] += _zones(random, f"{code},{begin}")


def _steps(random: Random, key: str, basis: str) -> list[str]:
    count = random.randint(1, 5)
    if basis == "contract_month":
        bounds = sorted({f"{random.randint(2, 30) / 10:.1f}" for _ in range(count - 1)}, key=float)
    else:
        bounds = [str(bound) for bound in sorted(random.sample(range(5, 900), count - 1))]
    edges = ["0", *bounds, ""]
    lines = []
    for number, (over, up_to) in enumerate(pairwise(edges), start=1):
        price = f"{random.randrange(3000)}.{random.randrange(10000):04}"
        if number > 2 and random.random() < 0.05:
            price = ""
        lines.append(f"{key},{number},{over},{up_to},{price},false")
    return lines


def _zones(random: Random, key: str) -> list[str]:
    return [
        f"{key},{name},{zone},{random.randint(0, 5)},{random.randint(1, 7)},{hours},false"
        for name in random.sample(sorted(ZONE_SETS), random.randint(1, 2))
        for zone, hours in ZONE_SETS[name].items()
    ]


def _some_day(random: Random, since: date, until: date) -> date:
    day = since + timedelta(days=random.randrange((until - since).days))
    return day if random.random() < 0.7 else day.replace(day=1)
