"""Random uses to ask a price of."""

from decimal import Decimal
from random import Random

from operational_db.tariffs.pricing import Use
from tests.reference_rating.tariffs import Version

ZONES = (("day", "night"), ("night", "peak", "semi"), ("night", "peak"), ("day",))


def draw_use(random: Random, version: Version) -> Use:
    """A use such as the version asks for, volumes often at or about the edges of its steps."""
    variant = random.choice(sorted({variant for variant, _ in version.price_lists}))
    residents = random.choice((0, 1, 1, 2, 3, 5))
    days = random.choice((None, None, 1, 10, 30, 60, 61)) if version.step_basis.endswith("days") else None
    contracted = Decimal(random.randrange(3000)) if random.random() < 0.7 else None
    power = Decimal(random.randrange(2_000_000)).scaleb(-3) if version.power_prices and random.random() < 0.7 else None
    zones = random.choice(ZONES) if version.zone_sets and random.random() < 0.6 else ("all",)
    edges = [step.over_kwh for steps in version.price_lists.values() for step in steps]
    return Use(
        {zone: _volume(random, edges, residents, contracted) for zone in zones},
        variant,
        residents,
        days,
        power,
        contracted,
    )


def _volume(random: Random, edges: list[Decimal], residents: int, contracted: Decimal | None) -> Decimal:
    way = random.random()
    if way < 0.4:
        edge = random.choice(edges) * random.choice((1, max(residents, 1), contracted or 1))
        return max(Decimal(0), edge + random.choice((-1, 0, 1)) * Decimal("0.000001"))
    if way < 0.7:
        return Decimal(random.randrange(20_000_000_000)).scaleb(-6)
    return Decimal(random.randrange(2000)) if way < 0.95 else Decimal(0)
