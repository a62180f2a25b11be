"""Laws that benefits on bills keep, whatever is granted, ended, changed or closed, before or after it is billed."""

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from operational_db.benefits.categories import Category, close_category, set_category
from operational_db.benefits.grants import end_benefit, grant_benefit
from operational_db.billing.commands import bill_month
from operational_db.refusal import Refusal
from operational_db.settings import Settings
from tests.benefit_desk import APRIL, HOLDER, JUNE, MARCH, MAY, BenefitDesk
from tests.reference_rating.benefits import Covered, FullLine, Giving, benefits_of_month
from tests.small_book import ADMINISTRATOR, Consumer

MONTHS = (MARCH, APRIL, MAY)
DAYS = st.dates(date(2017, 2, 20), date(2017, 6, 5))
SHARES = st.sampled_from(["0.25", "0.5", "0.75", "1"])
NORMS = st.sampled_from([None, "30", "75", "160", "400"])
FOREVER = date(9999, 1, 1)
_numbers = itertools.count(1)


@dataclass
class Held:
    """A grant as the clerk has it in mind."""

    grant_no: int
    category: int
    first: date
    end: date | None


@dataclass
class Story:
    """A household's months: what a clerk does, and what he has in mind of it."""

    desk: BenefitDesk
    number: int = field(default_factory=lambda: next(_numbers))
    versions: dict[int, list[tuple[date, Fraction, Fraction | None]]] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)

    def code(self, category: int) -> str:
        return f"{self.number}.{category}"

    def gives(self, category: int, share: str, norm: str | None, from_day: date) -> None:
        given = Category(
            self.code(category), "Anything", Decimal(share), "none" if norm is None else "fixed", "budget", "1",
            None if norm is None else Decimal(norm),
        )  # fmt: skip
        set_category(self.desk.settings, given, from_day=from_day, by=ADMINISTRATOR)
        self.versions.setdefault(category, []).append((from_day, Fraction(share), norm and Fraction(norm)))

    def grant(self, category: int, first: date, days: int | None) -> None:
        end = None if days is None else first + timedelta(days=days)
        try:
            grant_no = grant_benefit(
                self.desk.settings, f"H{self.number}#1", self.code(category), HOLDER, from_day=first, to_day=end,
                by=ADMINISTRATOR,
            )  # fmt: skip
        except Refusal:
            return
        self.held.append(Held(grant_no, category, first, end))

    def end(self, which: int, day: date) -> None:
        if not self.held:
            return
        one = self.held[which % len(self.held)]
        try:
            end_benefit(self.desk.settings, one.grant_no, on=day, by=ADMINISTRATOR)
        except Refusal:
            return
        one.end = day

    def close(self, category: int, day: date) -> None:
        try:
            close_category(self.desk.settings, self.code(category), on=day, by=ADMINISTRATOR)
        except Refusal:
            return
        for one in self.held:
            if one.category == category:
                # requirements.md: one formula for all three dated cases
                one.end = max(one.first, min(one.end or FOREVER, day))

    def change(self, category: int, share: str, norm: str | None, day: date) -> None:
        if len(self.versions[category]) == 1:
            self.gives(category, share, norm, day)

    def givings(self) -> list[Giving]:
        found = []
        for one in self.held:
            versions = self.versions[one.category]
            for (first, share, norm), following in itertools.zip_longest(versions, versions[1:]):
                end = FOREVER if following is None else following[0]
                found.append(Giving(one.grant_no, max(first, one.first), min(end, one.end or FOREVER), share, norm))
        return found


GRANT = st.tuples(st.just("grant"), st.integers(0, 2), DAYS, st.one_of(st.none(), st.integers(1, 80)))
STEPS = st.one_of(
    GRANT,
    st.tuples(st.just("end"), st.integers(0, 5), DAYS),
    st.tuples(st.just("close"), st.integers(0, 2), DAYS),
    st.tuples(st.just("change"), st.integers(0, 2), SHARES, NORMS, DAYS),
    st.tuples(st.just("bill")),
)


def _lines(database: psycopg.Connection, consumer: Consumer) -> dict[date, list[FullLine]]:
    rows = database.execute(
        "SELECT l.service_month, l.booked_month, l.bill_no, l.line_no, l.span_from, l.span_to, l.step_no, l.energy_kwh,"
        " l.price_minor FROM ops.standing_bill_line AS l WHERE l.account_id = %s",
        [consumer.account_id],
    ).fetchall()
    found: dict[date, list[FullLine]] = {}
    for month, booked, bill_no, line_no, first, end, step_no, energy, price in rows:
        # Prices are net, VAT is a fifth of it.
        coins = Fraction(price) * Fraction(6, 5)
        line = FullLine((booked, bill_no, line_no), first, end, step_no, Fraction(energy), coins)
        found.setdefault(month, []).append(line)
    return found


def _posted(database: psycopg.Connection, consumer: Consumer) -> dict[tuple, tuple[Fraction, int]]:
    """Benefits of lines that stand."""
    return {
        ((booked, bill_no, line_no), grant_no, max(first, days_from)): (Fraction(energy), benefit)
        for booked, bill_no, line_no, grant_no, first, days_from, energy, benefit in database.execute(
            "SELECT n.booked_month, n.bill_no, n.line_no, n.grant_no, l.span_from, n.days_from, n.energy_kwh,"
            " n.benefit_minor FROM ops.benefit_line AS n"
            " INNER JOIN ops.standing_bill_line AS l USING (account_id, booked_month, bill_no, line_no)"
            " WHERE n.account_id = %s",
            [consumer.account_id],
        )
    }


def _assert_as_by_hand(
    posted: dict[tuple, tuple[Fraction, int]], lines: dict[date, list[FullLine]], givings: list[Giving]
) -> None:
    """Each kWh and coin is what a day by day count says; stretches that give the same side by side count as one."""
    by_hand: dict[tuple, list[Covered]] = {}
    for month, of_month in lines.items():
        for one in benefits_of_month(of_month, givings, month):
            by_hand.setdefault((one.key, one.grant_no), []).append(one)
    ours: dict[tuple, list[tuple[Fraction, int]]] = {}
    for (key, grant_no, _), row in posted.items():
        ours.setdefault((key, grant_no), []).append(row)
    for both in ours.keys() | by_hand.keys():
        rows, told = ours.get(both, []), by_hand.get(both, [])
        count = max(len(rows), len(told))
        difference_kwh = sum(kwh for kwh, _ in rows) - sum(one.energy_kwh for one in told)
        assert abs(difference_kwh) <= Fraction(3 * count, 1_000_000), (both, rows, told)
        difference_coins = sum(coins for _, coins in rows) - sum(one.benefit_coins for one in told)
        assert abs(difference_coins) <= Fraction(count, 2) + Fraction(count, 100), (both, rows, told)


@pytest.mark.requirement("E55", "E57", "E58", "E59", "E61", "E70", "E71", "E72")
@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    uses=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 350)), min_size=2, max_size=6),
    gives=st.tuples(*[st.tuples(SHARES, NORMS)] * 3),
    granted=st.lists(GRANT, min_size=1, max_size=3),
    billed=st.integers(1, 3),
    steps=st.lists(STEPS, min_size=1, max_size=6),
)
def test_whatever_is_granted_and_taken_back_bills_come_out_as_counted_day_by_day(
    desk: BenefitDesk,
    uses: list[tuple[int, int]],
    gives: tuple[tuple[str, str | None], ...],
    granted: list[tuple],
    billed: int,
    steps: list[tuple],
) -> None:
    story = Story(desk)
    readings, day, value = {MARCH: 0}, MARCH, 0
    for days, used_kwh in uses:
        day, value = day + timedelta(days=days), value + used_kwh
        if day <= JUNE:
            readings[day] = value
    consumer = desk.book.consumer(f"H{story.number}", res="SA01", tariff="ua.household", since=MARCH, readings=readings)
    for category, (share, norm) in enumerate(gives):
        story.gives(category, share, norm, date(2000, 1, 1))
    to_bill = list(MONTHS)
    for kind, *arguments in [*granted, *[("bill",)] * billed, *steps]:
        if kind == "bill":
            if to_bill:
                bill_month(desk.settings, to_bill.pop(0), account_no=f"H{story.number}", by=ADMINISTRATOR)
        else:
            getattr(story, kind)(*arguments)
    for month in [*to_bill, MAY]:
        bill_month(desk.settings, month, account_no=f"H{story.number}", by=ADMINISTRATOR)

    lines, posted = _lines(desk.database, consumer), _posted(desk.database, consumer)
    _assert_as_by_hand(posted, lines, story.givings())
    # Nothing at the benefit above the norm, nor above what was used.
    for month, of_month in lines.items():
        in_month = {line.key for line in of_month}
        covered = sum(kwh for (key, _, _), (kwh, _) in posted.items() if key in in_month)
        norms = [one.norm_kwh for one in story.givings()]
        assert covered <= sum(line.energy_kwh for line in of_month), month
        assert None in norms or covered <= max(norms, default=0), month
    charged, counted, taken = desk.database.execute(
        "SELECT (SELECT coalesce(sum(charge_minor), 0) FROM ops.bill WHERE account_id = %(id)s),"
        " (SELECT coalesce(sum(benefit_minor), 0) FROM ops.benefit_line WHERE account_id = %(id)s),"
        " (SELECT coalesce(sum(amount_minor), 0) FROM ops.ledger WHERE account_id = %(id)s"
        "   AND document_kind = 'benefit')",
        {"id": consumer.account_id},
    ).fetchone()
    assert counted == taken
    assert desk.owes(consumer) == charged - counted
    # What stands is the price of what was read, once.
    read_kwh = max(readings.values())
    assert sum(line.energy_kwh for of_month in lines.values() for line in of_month) == read_kwh
    # Another run finds nothing to do.
    assert bill_month(desk.settings, MAY, account_no=f"H{story.number}", by=ADMINISTRATOR).was_billed_already


@pytest.fixture
def desk(settings: Settings, database: psycopg.Connection) -> BenefitDesk:
    return BenefitDesk(settings, database)
