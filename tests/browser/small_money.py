"""The money of the small marts, worked by hand: two RES of two regions, and a third with a long name and huge sums.

In millions of UZS. The Republic is asked to collect 95 %, Samarkand Region 98 %.

| RES | month | opening | charged | other | paid | closing = debt - in advance | collected |
|---|---|---|---|---|---|---|---|
| SA01 | February | 20 | 110 | 0 | 90 | 40 = 40 - 0 | 81.8 % |
| SA01 | March | 40 | 145 | -5 | 120 | 60 = 70 - 10 | 82.8 % |
| TK03 | February | 0 | 65 | 0 | 50 | 15 = 15 - 0 | 76.9 % |
| TK03 | March | 15 | 43.2003 | 0 | 0 | 58.2003 = 58.2003 - 0 | 0.0 % |

Both regions in March: 120 of 188.2003 are 63.8 %, 31.2 points below 95. Not collected: 25 and 43.2003.
"""

from datetime import date
from decimal import Decimal

import psycopg

LONG_PLACE = (
    "Андижанский районный участок электрических сетей имени Захириддина Мухаммада Бабура с отделением по работе "
    "с юридическими потребителями"
)
DECEMBER, FEBRUARY, MARCH = date(2023, 12, 1), date(2026, 2, 1), date(2026, 3, 1)
_MILLION = 100_000_000
"""Of UZS, in tiyin."""

HUGE = Decimal("9876543210.98")
"""Millions of UZS: near the largest sum that a column of money holds with all of a nation's RES."""

_MONEY = (
    # res, month, opening, charged, other, paid, closing, debt, in advance, opening debt, closed
    ("{first}", FEBRUARY, 20, 110, 0, 90, 40, 40, 0, 20, True),
    ("{first}", MARCH, 40, 145, -5, 120, 60, 70, 10, 40, True),
    ("{second}", FEBRUARY, 0, 65, 0, 50, 15, 15, 0, 0, True),
    ("{second}", MARCH, 15, Decimal("43.2003"), 0, 0, Decimal("58.2003"), Decimal("58.2003"), 0, 15, False),
    # A month of three RES elsewhere: huge sums under a long name, one that charged nothing, one that owes nothing.
    ("AN01", DECEMBER, 0, HUGE, 0, 1000, HUGE - 1000, HUGE, 1000, 0, True),
    ("AN02", DECEMBER, 0, 0, 0, 1, -1, 0, 1, 0, True),
    ("AN03", DECEMBER, 0, 5, 0, 5, 0, 0, 0, 0, True),
)

_RECEIVABLES = """
INSERT INTO marts.fct_receivables
SELECT u.unit_id, %(month)s, 'electricity', %(opening)s, 0, %(charged)s, %(paid)s, %(other)s, %(closing)s, %(debt)s,
    %(overpaid)s, 20, %(is_closed)s, %(opening_debt)s
FROM marts.dim_unit AS u WHERE u.code = %(code)s
"""

# By article, what was charged for penalties in Samarkand is told apart: 3 of the 145 million, of which 1 was paid.
_BY_ARTICLE = """
INSERT INTO marts.fct_collection_by_article
SELECT a.unit_id, r.booked_month, r.article_code, sum(r.opening_minor), sum(r.charged_minor), sum(r.other_minor),
    sum(r.paid_minor), sum(r.closing_minor), sum(r.debt_minor), sum(r.overpaid_minor),
    CASE WHEN sum(r.charged_minor) > 0 THEN sum(r.paid_minor)::numeric / sum(r.charged_minor) END,
    sum(r.charged_minor - r.paid_minor), sum(r.debt_minor - r.opening_debt_minor), array_agg(r.res_id),
    bool_and(r.is_closed)
FROM marts.fct_receivables AS r
INNER JOIN marts.dim_unit AS u ON u.unit_id = r.res_id
CROSS JOIN LATERAL (VALUES (u.res_id), (u.ptpp_id), (u.region_id), (u.republic_id)) AS a (unit_id)
GROUP BY a.unit_id, r.booked_month, r.article_code
"""

_COLLECTION = """
INSERT INTO marts.fct_collection
SELECT a.unit_id, u.parent_unit_id, a.booked_month, a.opening_minor, a.charged_minor, a.other_minor, a.paid_minor,
    a.closing_minor, a.debt_minor, a.overpaid_minor, a.collection_share, t.target_share,
    a.collection_share - t.target_share, t.target_unit_id, a.uncollected_minor, a.debt_growth_minor, a.res_ids,
    a.is_closed
FROM marts.fct_collection_by_article AS a
INNER JOIN marts.dim_unit AS u ON u.unit_id = a.unit_id
LEFT JOIN LATERAL (
    SELECT s.unit_id AS target_unit_id, CASE s.code WHEN 'UZ' THEN 0.95 ELSE 0.98 END AS target_share
    FROM marts.dim_unit AS s
    WHERE s.unit_id IN (u.region_id, u.republic_id) AND s.code IN ('UZ', 'UZ-SA') AND a.booked_month >= %(since)s
    ORDER BY s.depth DESC LIMIT 1
) AS t ON true
"""

_DEBT = """
INSERT INTO marts.fct_debt_by_year
SELECT u.unit_id, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true FROM marts.dim_unit AS u WHERE u.code = %s
"""
_DEBTS = (
    # res, month, article, year, advance, then by age: current, 1-30, 31-90, 91-365, 1-3 years, over 3 years
    ("{first}", MARCH, "electricity", 2026, 0, 38, 10, 0, 0, 0, 0),
    ("{first}", MARCH, "electricity", 2024, 0, 0, 0, 0, 0, 15, 0),
    ("{first}", MARCH, "electricity", 2021, 0, 0, 0, 0, 0, 0, 5),
    ("{first}", MARCH, "penalty", 2026, 0, 2, 0, 0, 0, 0, 0),
    ("{first}", MARCH, "electricity", None, 10, 0, 0, 0, 0, 0, 0),
    ("{second}", MARCH, "electricity", 2026, 0, Decimal("43.2003"), 15, 0, 0, 0, 0),
    ("AN01", DECEMBER, "electricity", 2023, 0, HUGE, 0, 0, 0, 0, 0),
    ("AN01", DECEMBER, "electricity", None, 1000, 0, 0, 0, 0, 0, 0),
    ("AN02", DECEMBER, "electricity", None, 1, 0, 0, 0, 0, 0, 0),
    ("{first}", FEBRUARY, "electricity", 2026, 0, 40, 0, 0, 0, 0, 0),
    ("{second}", FEBRUARY, "electricity", 2026, 0, 15, 0, 0, 0, 0, 0),
)
_PAID = """
INSERT INTO marts.fct_payments_by_channel
SELECT unit_id, %s, %s, %s, %s, 3, true FROM marts.dim_unit WHERE code = %s
"""
_PAYMENTS = (
    ("{first}", FEBRUARY, "electricity", "bank", 90),
    ("{first}", MARCH, "electricity", "bank", 40),
    ("{first}", MARCH, "electricity", "paynet", 79),
    ("{first}", MARCH, "penalty", "paynet", 1),
    ("{second}", FEBRUARY, "electricity", "post", 50),
    ("AN01", DECEMBER, "electricity", "bank", 1000),
    ("AN02", DECEMBER, "electricity", "sms", 1),
    ("AN03", DECEMBER, "electricity", "cash", 5),
)


def insert_money(session: psycopg.Connection, first_res: str, second_res: str) -> None:
    """Receivables, collection, debts and payments; periods with them."""

    def code_of(res: str) -> str:
        return res.format(first=first_res, second=second_res)

    names = ("opening", "charged", "other", "paid", "closing", "debt", "overpaid", "opening_debt")
    for res, month, *sums, is_closed in _MONEY:
        figures = {name: _minor(value) for name, value in zip(names, sums, strict=True)}
        session.execute(_RECEIVABLES, {**figures, "code": code_of(res), "month": month, "is_closed": is_closed})
        session.execute(
            "INSERT INTO marts.dim_period SELECT unit_id, %s, %s, NULL FROM marts.dim_unit WHERE code = %s",
            (month, is_closed, code_of(res)),
        )
    session.execute(
        "UPDATE marts.dim_unit SET name_en = %(name)s, name_ru = %(name)s WHERE code = 'AN01'", {"name": LONG_PLACE}
    )
    session.execute(_BY_ARTICLE)
    session.execute(_COLLECTION, {"since": FEBRUARY})
    _tell_penalties_apart(session, first_res)
    for res, month, article, year, advance, *ages in _DEBTS:
        by_age = [_minor(value) for value in ages]
        balance = sum(by_age) - _minor(advance)
        session.execute(_DEBT, (month, article, year, balance, _minor(advance), *by_age, code_of(res)))
    for res, month, article, channel, paid in _PAYMENTS:
        session.execute(_PAID, (month, article, channel, _minor(paid), code_of(res)))


def _tell_penalties_apart(session: psycopg.Connection, first_res: str) -> None:
    """Of March in the first RES and above it, 3 million were charged for penalties, 1 paid and 2 are owed."""
    above = "SELECT unnest(ARRAY[res_id, ptpp_id, region_id, republic_id]) FROM marts.dim_unit WHERE code = %(code)s"
    told = {
        "code": first_res, "month": MARCH, "charged": 3 * _MILLION, "paid": 1 * _MILLION, "owed": 2 * _MILLION,
    }  # fmt: skip
    session.execute(
        "INSERT INTO marts.fct_collection_by_article SELECT a.unit_id, a.booked_month, 'penalty', 0, %(charged)s, 0,"
        " %(paid)s, %(owed)s, %(owed)s, 0, %(paid)s::numeric / %(charged)s, %(owed)s, %(owed)s, a.res_ids, a.is_closed"
        f" FROM marts.fct_collection_by_article AS a WHERE a.booked_month = %(month)s AND a.unit_id IN ({above})",
        told,
    )
    session.execute(
        "UPDATE marts.fct_collection_by_article SET charged_minor = charged_minor - %(charged)s,"
        " paid_minor = paid_minor - %(paid)s, closing_minor = closing_minor - %(owed)s,"
        " debt_minor = debt_minor - %(owed)s, uncollected_minor = uncollected_minor - %(owed)s,"
        " debt_growth_minor = debt_growth_minor - %(owed)s,"
        " collection_share = (paid_minor - %(paid)s)::numeric / (charged_minor - %(charged)s)"
        f" WHERE article_code = 'electricity' AND booked_month = %(month)s AND unit_id IN ({above})",
        told,
    )


def _minor(millions: Decimal | int) -> int:
    return int(millions * _MILLION)
