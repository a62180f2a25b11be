"""The comparison by bucket sums names what a comparison in Python names: seeded sides with doubled keys, empty facts
and equal numbers of another scale."""

import random
from collections import Counter
from decimal import Decimal

import psycopg
import pytest

from legacy_migration.reconciliation.full_comparison import bucket_sums, differing_rows_sql

FACTS = ("amount_minor", "energy_kwh", "payer_text")
Row = tuple[str, int | None, Decimal | None, str | None]


def side(chance: random.Random) -> list[Row]:
    """Up to 60 rows over 40 keys, so that some keys stand twice."""
    return [
        (
            f"SA01/1/{chance.randint(1, 40)}",
            chance.choice([None, 100, -100, 2**62]),
            chance.choice([None, Decimal("1.5"), Decimal(2)]),
            chance.choice([None, "", "payer"]),
        )
        for _ in range(chance.randint(0, 60))
    ]


def changed(chance: random.Random, loaded: list[Row]) -> list[Row]:
    """The same rows in another order, some lost, changed, doubled or exchanged."""
    book = [row for row in loaded if chance.random() > 0.05]
    for place in range(len(book)):
        if chance.random() < 0.05:
            key, _, energy, payer = book[place]
            book[place] = (key, chance.randint(1, 9), energy, payer)
        if chance.random() < 0.05:
            book.append(book[place])
    if len(book) > 1 and chance.random() < 0.5:
        one, other = chance.sample(range(len(book)), 2)
        amounts = book[one][1], book[other][1]
        book[one] = (book[one][0], amounts[1], *book[one][2:])
        book[other] = (book[other][0], amounts[0], *book[other][2:])
    chance.shuffle(book)
    return book


@pytest.mark.requirement("A52", "A53", "B49", "B50")
@pytest.mark.parametrize("seed", range(25))
def test_what_is_named_is_what_differs(database: psycopg.Connection, seed: int) -> None:
    chance = random.Random(seed)
    loaded = side(chance)
    book = loaded.copy() if seed == 0 else changed(chance, loaded)
    for name, rows, kind in (("told", loaded, "numeric(18, 6)"), ("kept", book, "numeric(18, 2)")):
        database.execute(
            f"CREATE TABLE {name} (legacy_key text, amount_minor bigint, energy_kwh {kind}, payer_text text)"
        )
        database.cursor().executemany(f"INSERT INTO {name} VALUES (%s, %s, %s, %s)", rows)
    told, kept = (
        "SELECT t.*, 1::bigint AS file_id, 1 AS row_no FROM told AS t",
        "SELECT t.*, 1::bigint AS source_id FROM kept AS t",
    )
    sums = bucket_sums(database, told, kept, FACTS)
    assert (sums.loaded_count, sums.book_count) == (len(loaded), len(book))
    only_loaded, only_book = Counter(loaded) - Counter(book), Counter(book) - Counter(loaded)
    assert bool(sums.buckets) == bool(only_loaded or only_book)
    named = database.execute(differing_rows_sql(told, kept, FACTS, sums.buckets)).fetchall()
    on_each_side = Counter(row[1] for row in named)
    # Every row that is on one side alone is named once: paired with one of its key as `differs`, or by itself.
    assert on_each_side["missing"] + on_each_side["differs"] == only_loaded.total()
    assert on_each_side["extra"] + on_each_side["differs"] == only_book.total()
    for key in {row[0] for row in loaded + book}:
        lost = sum(count for row, count in only_loaded.items() if row[0] == key)
        more = sum(count for row, count in only_book.items() if row[0] == key)
        sides = Counter(row[1] for row in named if row[0] == key)
        assert sides == Counter(differs=min(lost, more), missing=max(lost - more, 0), extra=max(more - lost, 0)), key
    assert all(row[2] for row in named if row[1] == "differs")
