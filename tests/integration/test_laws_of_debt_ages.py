"""Ages of debts against a queue of coins in plain Python: whatever was charged and paid, the ages are what is owed."""

from dataclasses import dataclass
from datetime import date, timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.small_book import SmallBook

ON_DAY = date(2026, 6, 17)
RES = "SA01"
BOUNDS = ("current", "days_1_30", "days_31_90", "days_91_365", "years_1_3", "over_3_years")


@dataclass(frozen=True)
class Posted:
    """A document of the ledger: kind, article, day, whole coins; negative takes another of its kind back."""

    kind: str
    article: str
    on: date
    amount_minor: int
    year: int


documents = st.lists(
    st.builds(
        Posted,
        kind=st.sampled_from(["bill", "bill", "payment", "payment", "opening_debt", "opening_credit"]),
        article=st.sampled_from(["electricity", "acts"]),
        on=st.dates(date(2022, 1, 1), date(2026, 7, 31)),
        amount_minor=st.integers(-300, 900).filter(bool),
        year=st.integers(2015, 2025),
    ),
    max_size=14,
)


def _last_day(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _age(origin: date) -> str:
    """The bucket by a clerk's calendar."""
    if (origin.year, origin.month) == (ON_DAY.year, ON_DAY.month):
        return "current"
    end = _last_day(origin)
    days = (ON_DAY - end).days
    for limit, name in ((30, "days_1_30"), (90, "days_31_90"), (365, "days_91_365")):
        if days <= limit:
            return name
    return "years_1_3" if end >= ON_DAY.replace(year=ON_DAY.year - 3) else "over_3_years"


def _by_hand(posted: list[Posted]) -> dict[str, tuple[int, int, dict[str, int], dict[int, int]]]:
    """Per article: balance, advance, ages, years. Credits settle coin by coin the oldest debt that is left."""
    told = {}
    for article in {one.article for one in posted}:
        debts: dict[date, int] = {}
        credit = 0
        for one in (one for one in posted if one.article == article and one.on <= ON_DAY):
            if one.kind in ("payment", "opening_credit"):
                credit += one.amount_minor
            else:
                origin = one.on.replace(day=1)
                if one.kind == "opening_debt":
                    # The last month of its year, but no later than it was taken over.
                    origin = min(date(one.year, 12, 1), origin)
                debts[origin] = debts.get(origin, 0) + one.amount_minor
        if credit < 0:
            debts[ON_DAY.replace(day=1)] = debts.get(ON_DAY.replace(day=1), 0) - credit
            credit = 0
        # A month of less than nothing is credit.
        credit += sum(-owed for owed in debts.values() if owed < 0)
        queue = sorted((origin, owed) for origin, owed in debts.items() if owed > 0)
        balance = sum(owed for _, owed in queue) - credit
        ages: dict[str, int] = {}
        years: dict[int, int] = {}
        for origin, owed in queue:
            settled = min(credit, owed)
            credit -= settled
            if owed > settled:
                ages[_age(origin)] = ages.get(_age(origin), 0) + owed - settled
                years[origin.year] = years.get(origin.year, 0) + owed - settled
        if balance:
            told[article] = (balance, max(-balance, 0), ages, years)
    return told


def _post(database: psycopg.Connection, account_id: int, res_id: int, posted: list[Posted]) -> None:
    for number, one in enumerate(posted):
        database.execute(
            "INSERT INTO ops.ledger (account_id, booked_month, document_kind, document_no, entry_no, debit_code,"
            " credit_code, amount_minor, article_code, posted_on, res_id, source_id, source_row)"
            " SELECT %s, %s, p.document_kind, %s, %s, p.debit_code, p.credit_code, %s, %s, %s, %s, s.source_id, 0"
            " FROM ops.posting_rule AS p CROSS JOIN (SELECT min(source_id) AS source_id FROM ops.source) AS s"
            " WHERE p.chart = 'UZ' AND p.document_kind = %s AND p.component IN ('net', 'gross')",
            [
                account_id, one.on.replace(day=1), one.year if one.kind.startswith("opening") else number, number,
                one.amount_minor, one.article, one.on, res_id, one.kind,
            ],
        )  # fmt: skip


def test_ages_and_years_are_what_is_owed(database: psycopg.Connection, request: object) -> None:
    book = SmallBook(request.getfixturevalue("settings"), first_month=date(2026, 1, 1), res_codes=(RES,))
    consumer = book.consumer("SA01/1/1", res=RES, readings={})
    month = date(2022, 1, 1)
    while month <= date(2026, 7, 1):
        database.execute("SELECT ops.ensure_month(%s)", [month])
        database.execute(
            "INSERT INTO ops.billing_period (res_id, booked_month) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [consumer.res_id, month],
        )
        month = (month + timedelta(days=31)).replace(day=1)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(documents)
    def holds(posted: list[Posted]) -> None:
        with database.transaction(force_rollback=True):
            _post(database, consumer.account_id, consumer.res_id, posted)
            by_age = database.execute(
                "SELECT * FROM ops.debt_by_age(NULL, ARRAY[%s]::bigint[], %s)", [consumer.account_id, ON_DAY]
            ).fetchall()
            years = database.execute(
                "SELECT article_code, year_of_origin, sum(owed_minor)"
                " FROM ops.open_debts(ARRAY[%s]::integer[], NULL, %s) WHERE year_of_origin IS NOT NULL GROUP BY 1, 2",
                [consumer.res_id, ON_DAY],
            ).fetchall()
        told = {
            article: (
                balance,
                advance,
                {name: owed for name, owed in zip(BOUNDS, ages, strict=True) if owed},
                {year: owed for of_article, year, owed in years if of_article == article},
            )
            for _, _, article, balance, advance, *ages in by_age
        }
        assert told == _by_hand(posted)
        for balance, advance, ages, of_years in told.values():
            assert sum(ages.values()) == sum(of_years.values()) == balance + advance == max(balance, 0)

    holds()
