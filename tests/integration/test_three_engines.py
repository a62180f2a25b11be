"""Three ways to every bill: the run, its second engine, and the plain reference of tests/reference_rating.

Random books of many accounts are billed month by month; every line must be that of the reference: days, step, zone,
energy, price, charge and VAT. The second engine re-checks within the run, which refuses where it disagrees.
"""

from datetime import date
from pathlib import Path
from random import Random

import pytest

from operational_db.billing.commands import bill_month
from operational_db.connections import connect_as_admin
from operational_db.reference.loading import load_reference
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.bulk_book import BulkBook
from tests.random_books.accounts import RandomAccounts, Window
from tests.random_books.tariffs import write_reference
from tests.reference_rating.bills import AccountBook, Line
from tests.reference_rating.consumers import Account, Reading
from tests.reference_rating.stories import difference, story
from tests.reference_rating.tariffs import TariffBook
from tests.small_book import ADMINISTRATOR

pytestmark = pytest.mark.requirement("A38", "A41", "B37", "C21", "D23", "D24", "E100", "E154")

RES_CODES = ("SA01", "SA02", "QR01")
RANDOM_TARIFFS = 12
FIRST_MONTHS = [date(year, month, 1) for year in range(2015, 2027) for month in range(1, 13)]


class Proof:
    """A random book and the reference beside it."""

    def __init__(self, settings: Settings, reference_dir: Path, seed: int, account_count: int, window: Window) -> None:
        random = Random(seed)
        directory = write_reference(reference_dir, random, RANDOM_TARIFFS, window.first_month, window.end)
        load_reference(settings, directory)
        self.settings = settings
        self.tariffs = TariffBook(directory)
        self.window = window
        draw = RandomAccounts(random, window, self.tariffs, sorted(self.tariffs.tariffs)).draw
        self.book = BulkBook(settings, months=window.months, res_codes=RES_CODES)
        self.book.enter(draw(f"R{seed}/{number}") for number in range(account_count))
        self.references = {
            account_id: AccountBook(account, self.tariffs) for account_id, account in self.book.accounts.items()
        }
        self._set_aside: dict[int, set[int]] = {account_id: set() for account_id in self.references}
        self.line_count = 0
        for account_id, account in self.book.accounts.items():
            self._set_aside[account_id] = {r.entry_no for r in _readings(account) if r.in_doubt}

    def bill_and_compare(self) -> None:
        for month in self.window.months:
            seen: dict[int, list[Line]] = {account_id: [] for account_id in self.references}
            self._run(month, seen)
            if self._release(month):
                self._run(month, seen)
            self._compare(month, seen)

    def _run(self, month: date, seen: dict[int, list[Line]]) -> None:
        """One run of both; what is left out is set aside, so that it does not hold up the next month."""
        left_out_count = 0
        unread_by_all: list[tuple[int, Reading]] = []
        for account_id, reference in self.references.items():
            run = reference.bill(month, self._set_aside[account_id])
            seen[account_id] += run.lines
            left_out_count += len(run.left_out)
            unread = [span.closing for span in run.left_out if span.closing is not None]
            unread_by_all += [(account_id, reading) for reading in unread]
            self._set_aside[account_id] |= {reading.entry_no for reading in unread}
        try:
            run = bill_month(self.settings, month, by=ADMINISTRATOR)
        except Refusal as refusal:
            pytest.fail(f"{month:%Y-%m}: {refusal}\n{self._story_in(str(refusal))}")
        if run.unbilled_span_count != left_out_count:
            self._compare(month, seen)
            pytest.fail(f"{month:%Y-%m}: {run.unbilled_span_count} spans left out, by the reference {left_out_count}")
        if unread_by_all:
            self.book.set_aside(unread_by_all, "quarantined")

    def _release(self, month: date) -> bool:
        """Release the doubtful readings of the month; whether there were any."""
        doubtful = [
            (account_id, reading)
            for account_id, account in self.book.accounts.items()
            for reading in _readings(account)
            if reading.in_doubt and reading.booked_month == month
        ]
        if doubtful:
            self.book.set_aside(doubtful, "released")
        for account_id, reading in doubtful:
            self._set_aside[account_id].discard(reading.entry_no)
        return bool(doubtful)

    def _compare(self, month: date, seen: dict[int, list[Line]]) -> None:
        found = self.book.lines(month)
        different = [account_id for account_id in seen if sorted(seen[account_id]) != sorted(found[account_id])]
        for account_id in different[:1]:
            pytest.fail(
                f"{len(different)} accounts differ in {month:%Y-%m}, the first:\n"
                f"{story(self.book.accounts[account_id])}\n{difference(seen[account_id], found[account_id])}"
            )
        self.line_count += sum(map(len, seen.values()))

    def _story_in(self, sentence: str) -> str:
        named = [a for a in self.book.accounts.values() if f"account {a.account_no};" in sentence]
        return "\n".join(story(account) for account in named)

    def lines_sum_to_bills_and_ledger(self) -> None:
        with connect_as_admin(self.settings) as session:
            wrong = session.execute(
                "SELECT b.account_id, b.booked_month, b.bill_no FROM ops.bill AS b"
                " LEFT JOIN (SELECT account_id, booked_month, bill_no, sum(energy_kwh) AS energy_kwh,"
                "   sum(charge_minor) AS charge_minor, sum(vat_minor) AS vat_minor FROM ops.bill_line GROUP BY 1, 2, 3"
                " ) AS l USING (account_id, booked_month, bill_no)"
                " LEFT JOIN (SELECT account_id, booked_month, document_no AS bill_no, sum(amount_minor) AS amount_minor"
                "   FROM ops.ledger WHERE document_kind = 'bill' GROUP BY 1, 2, 3"
                " ) AS g USING (account_id, booked_month, bill_no)"
                " WHERE (b.energy_kwh, b.charge_minor, b.vat_minor)"
                "   IS DISTINCT FROM (l.energy_kwh, l.charge_minor, l.vat_minor)"
                "   OR coalesce(g.amount_minor, 0) <> b.charge_minor"
            ).fetchall()
        assert wrong == []


def _readings(account: Account) -> list[Reading]:
    return [reading for point in account.points for meter in point.meters for reading in meter.readings]


def _prove(
    settings: Settings, tmp_path: Path, seed: int, account_count: int, window: Window, *, in_parts: bool
) -> None:
    settings = settings.model_copy(update={"bill_in_parts_from": 0 if in_parts else 1_000_000})
    proof = Proof(settings, tmp_path / "reference", seed, account_count, window)
    proof.bill_and_compare()
    proof.lines_sum_to_bills_and_ledger()
    assert proof.line_count > account_count


@pytest.mark.parametrize(
    ("first_month", "month_count", "in_parts"),
    [
        (date(2019, 6, 1), 6, False),  # Uzbekistan: prices of August, VAT of October; Almaty
        (date(2024, 3, 1), 6, True),  # steps of May, double price, Rudny in March, Ukraine in June
        (date(2016, 7, 1), 6, True),  # Ukraine in September, ordered power, Uzbekistan in October
    ],
)
def test_three_ways_to_a_bill_agree(
    settings: Settings, tmp_path: Path, first_month: date, month_count: int, in_parts: bool
) -> None:
    window = Window(first_month, month_count)
    _prove(settings, tmp_path, seed=1, account_count=1500, window=window, in_parts=in_parts)


@pytest.mark.torture
@pytest.mark.parametrize("batch", range(100))
def test_a_million_cases(settings: Settings, tmp_path: Path, batch: int) -> None:
    random = Random(f"a million cases, batch {batch}")
    window = Window(random.choice(FIRST_MONTHS), random.randint(4, 14))
    _prove(settings, tmp_path, seed=batch + 1000, account_count=10_000, window=window, in_parts=batch % 2 == 1)
