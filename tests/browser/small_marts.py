"""A few marts to look at, worked by hand, in the shape that dbt builds; and a nation of strange cases beside them.

Only the columns that screens read have meaning here. Whether dbt builds this shape is proved by its contracts and by
`tests/integration/test_screens_on_built_marts.py`.
"""

from datetime import date

import psycopg

from operational_db.connections import connect_as_admin
from operational_db.settings import Settings
from tests.browser.small_migration import SHAPE as MIGRATION_SHAPE
from tests.browser.small_migration import insert_migration
from tests.browser.small_money import insert_money

LONG_NAME = "Самаркандская районная подстанция имени Мирзо Улугбека с очень длинным названием, 110/35/10 кВ"

_SHAPE = """
CREATE SCHEMA marts;
CREATE TABLE marts.dim_unit (
    unit_id integer NOT NULL, code text NOT NULL, level text NOT NULL, depth integer NOT NULL, parent_unit_id integer,
    republic_id integer, region_id integer, ptpp_id integer, res_id integer, substation_id integer, feeder_id integer,
    transformer_point_id integer, name_en text, name_ru text, name_uk text, name_uz text, is_verified boolean NOT NULL
);
CREATE TABLE marts.dim_period (
    res_id integer NOT NULL, booked_month date NOT NULL, is_closed boolean NOT NULL, closed_at timestamptz
);
CREATE TABLE marts.fct_useful_supply (
    leaf_unit_id integer NOT NULL, res_id integer, booked_month date NOT NULL, service_month date NOT NULL,
    consumer_group text, tariff_code text, step_no smallint, origin text NOT NULL, account_count bigint NOT NULL,
    energy_kwh numeric(18, 6) NOT NULL, charge_minor bigint, vat_minor bigint, is_closed boolean NOT NULL
);
CREATE TABLE marts.fct_feeder_balance (
    feeder_id integer NOT NULL, res_id integer, service_month date NOT NULL, is_metered boolean NOT NULL,
    intake_kwh numeric(18, 6), generation_kwh numeric(18, 6) NOT NULL, useful_supply_kwh numeric(18, 6),
    loss_kwh numeric(18, 6), loss_share numeric(18, 6), declared_non_technical_kwh numeric(18, 6), why_not_stated text
);
CREATE TABLE marts.fct_receivables (
    res_id integer NOT NULL, booked_month date NOT NULL, article_code text NOT NULL, opening_minor bigint NOT NULL,
    taken_over_minor bigint NOT NULL, charged_minor bigint NOT NULL, paid_minor bigint NOT NULL,
    other_minor bigint NOT NULL, closing_minor bigint NOT NULL, debt_minor bigint NOT NULL,
    overpaid_minor bigint NOT NULL, account_count bigint NOT NULL, is_closed boolean NOT NULL,
    opening_debt_minor bigint NOT NULL
);
CREATE TABLE marts.fct_collection (
    unit_id integer NOT NULL, parent_unit_id integer, booked_month date NOT NULL, opening_minor bigint NOT NULL,
    charged_minor bigint NOT NULL, other_minor bigint NOT NULL, paid_minor bigint NOT NULL,
    closing_minor bigint NOT NULL, debt_minor bigint NOT NULL, overpaid_minor bigint NOT NULL,
    collection_share numeric(18, 6), target_share numeric(18, 6), above_target_share numeric(18, 6),
    target_unit_id integer, uncollected_minor bigint NOT NULL, debt_growth_minor bigint NOT NULL,
    res_ids integer[] NOT NULL, is_closed boolean NOT NULL
);
CREATE TABLE marts.fct_collection_by_article (
    unit_id integer NOT NULL, booked_month date NOT NULL, article_code text NOT NULL, opening_minor bigint NOT NULL,
    charged_minor bigint NOT NULL, other_minor bigint NOT NULL, paid_minor bigint NOT NULL,
    closing_minor bigint NOT NULL, debt_minor bigint NOT NULL, overpaid_minor bigint NOT NULL,
    collection_share numeric(18, 6), uncollected_minor bigint NOT NULL, debt_growth_minor bigint NOT NULL,
    res_ids integer[] NOT NULL, is_closed boolean NOT NULL
);
CREATE TABLE marts.fct_debt_by_year (
    res_id integer NOT NULL, booked_month date NOT NULL, article_code text NOT NULL, year_of_origin integer,
    balance_minor bigint NOT NULL, advance_minor bigint NOT NULL, current_minor bigint NOT NULL,
    days_1_30_minor bigint NOT NULL, days_31_90_minor bigint NOT NULL, days_91_365_minor bigint NOT NULL,
    years_1_3_minor bigint NOT NULL, over_3_years_minor bigint NOT NULL, is_closed boolean NOT NULL
);
CREATE TABLE marts.fct_payments_by_channel (
    res_id integer NOT NULL, booked_month date NOT NULL, article_code text NOT NULL, channel_code text NOT NULL,
    paid_minor bigint NOT NULL, payment_count bigint NOT NULL, is_closed boolean NOT NULL
);
"""
_READABLE = """
GRANT USAGE ON SCHEMA marts TO wattbook_web;
GRANT SELECT ON ALL TABLES IN SCHEMA marts TO wattbook_web;
"""

# As dbt's macros guard_rows_by_res and guard_rows_by_all_res do after each build.
_GUARD = """
DO $$
DECLARE guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY[
        'dim_period', 'fct_useful_supply', 'fct_feeder_balance', 'fct_receivables', 'fct_collection',
        'fct_collection_by_article', 'fct_debt_by_year', 'fct_payments_by_channel'
    ] LOOP
        EXECUTE format('ALTER TABLE marts.%I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE marts.%I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format(
            'CREATE POLICY visible_unit ON marts.%I USING (%s)', guarded,
            CASE
                WHEN guarded LIKE 'fct_collection%' THEN 'res_ids <@ (SELECT ops.visible_res_ids())::integer[]'
                ELSE 'res_id = ANY ((SELECT ops.visible_res_ids())::integer[])'
            END
        );
    END LOOP;
END
$$;
"""

_UNITS_OF_TODAY = """
WITH RECURSIVE hung AS (
    SELECT u.unit_id, u.code, u.level, NULL::integer AS parent_unit_id, jsonb_build_object(u.level, u.unit_id) AS above
    FROM ops.unit AS u WHERE u.level = 'republic'
    UNION ALL
    SELECT u.unit_id, u.code, u.level, p.parent_unit_id, h.above || jsonb_build_object(u.level, u.unit_id)
    FROM hung AS h
    INNER JOIN ops.unit_placement AS p ON p.parent_unit_id = h.unit_id AND p.known_to IS NULL
        AND daterange(p.valid_from, p.valid_to) @> current_date
    INNER JOIN ops.unit AS u ON u.unit_id = p.unit_id
),
named AS (
    SELECT n.unit_id, jsonb_object_agg(n.locale, n.name) AS names
    FROM ops.unit_name AS n WHERE daterange(n.valid_from, n.valid_to) @> current_date GROUP BY n.unit_id
)
INSERT INTO marts.dim_unit
SELECT h.unit_id, h.code, h.level, l.depth, h.parent_unit_id, (h.above ->> 'republic')::integer,
    (h.above ->> 'region')::integer, (h.above ->> 'ptpp')::integer, (h.above ->> 'res')::integer, NULL, NULL, NULL,
    n.names ->> 'en', n.names ->> 'ru', n.names ->> 'uk', n.names ->> 'uz', true
FROM hung AS h
INNER JOIN ops.unit_level AS l ON l.level = h.level
LEFT JOIN named AS n ON n.unit_id = h.unit_id
"""

_HANG_UNDER = """
INSERT INTO marts.dim_unit
SELECT %(unit_id)s, %(code)s, %(level)s, l.depth, p.unit_id, p.republic_id, p.region_id, p.ptpp_id, p.res_id,
    CASE WHEN %(level)s = 'substation' THEN %(unit_id)s ELSE p.substation_id END,
    CASE WHEN %(level)s = 'feeder' THEN %(unit_id)s ELSE p.feeder_id END,
    CASE WHEN %(level)s = 'transformer_point' THEN %(unit_id)s END,
    %(name)s, %(name)s, %(name)s, %(name)s, true
FROM marts.dim_unit AS p, ops.unit_level AS l
WHERE p.code = %(parent)s AND l.level = %(level)s
"""

_UNITS = (
    (900_001, "S-A", "substation", "{first_res}", "Bogʻishamol"),
    (900_002, "S-B", "substation", "{second_res}", LONG_NAME),
    (900_011, "F-11", "feeder", "S-A", "Ф-11 Регистан"),
    (900_012, "F-12", "feeder", "S-A", "Ф-12 Сиаб"),
    (900_021, "F-21", "feeder", "S-B", "Ф-21 Багишамал"),
    (900_022, "F-22", "feeder", "S-B", "Ф-22 без счётчика"),
    (900_111, "T-111", "transformer_point", "F-11", "ТП-111"),
    (900_121, "T-121", "transformer_point", "F-12", "ТП-121"),
    (900_211, "T-211", "transformer_point", "F-21", "ТП-211"),
    (900_221, "T-221", "transformer_point", "F-22", "ТП-221"),
)

_BALANCE = """
INSERT INTO marts.fct_feeder_balance
SELECT %s, u.res_id, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM marts.dim_unit AS u WHERE u.unit_id = %s
"""
_SUPPLY = """
INSERT INTO marts.fct_useful_supply
SELECT %s, u.res_id, %s, %s, 'household', 'uz.household', 1, 'billed', 10, %s, %s, 0, true
FROM marts.dim_unit AS u WHERE u.unit_id = %s
"""

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)

BALANCES = (
    # feeder, month, intake, generation, useful supply
    (900_011, FEBRUARY, 100_000, 0, 90_000),  # 10 % lost
    (900_012, FEBRUARY, 200_000, 0, 184_000),  # 8 %
    (900_021, FEBRUARY, 50_000, 0, 50_000),  # nothing
    (900_022, FEBRUARY, None, 0, 30_000),  # no meter
    (900_011, MARCH, 110_000, 1_000, 99_900),  # 11,100 of 111,000: 10 %
    (900_012, MARCH, 190_000, 0, 152_000),  # 38,000: 20 %
    (900_021, MARCH, 40_000, 0, 41_000),  # -1,000: more supplied than received
    (900_022, MARCH, None, 0, 31_000.5),
)
"""March over stated feeders: received 341,000; supplied 292,900; lost 48,100 = 14.1 %. February: 350,000; 324,000;
26,000 = 7.4 %. Useful supply of all in March: 323,900.5."""

TRANSFORMER_POINTS = {900_011: 900_111, 900_012: 900_121, 900_021: 900_211, 900_022: 900_221}
PRICE_MINOR_PER_KWH = 60_000  # 600 UZS


def build_small_marts(settings: Settings, *, first_res: str, second_res: str) -> None:
    """Two RES of two regions, four feeders, two months of which the last is still open in the second RES."""
    with connect_as_admin(settings, autocommit=True) as session:
        session.execute(_SHAPE)
        session.execute(MIGRATION_SHAPE)
        session.execute(_READABLE)
        session.execute(_UNITS_OF_TODAY)
        for unit_id, code, level, parent, name in _UNITS:
            parent_code = parent.format(first_res=first_res, second_res=second_res)
            session.execute(
                _HANG_UNDER,
                {"unit_id": unit_id, "code": code, "level": level, "parent": parent_code, "name": name},
            )
        for feeder_id, month, intake, generation, supply in BALANCES:
            _insert_balance(session, feeder_id, month, intake, generation, supply)
        insert_money(session, first_res, second_res)
        insert_migration(session)
        session.execute(_GUARD)
        session.execute("ANALYZE")


def _insert_balance(
    session: psycopg.Connection, feeder_id: int, month: date, intake: float | None, generation: float, supply: float
) -> None:
    loss = None if intake is None else intake + generation - supply
    share = None if loss is None else loss / (intake + generation)
    why = "no meter at the feeder head" if loss is None else None
    session.execute(
        _BALANCE, (feeder_id, month, intake is not None, intake, generation, supply, loss, share, None, why, feeder_id)
    )
    leaf = TRANSFORMER_POINTS[feeder_id]
    session.execute(_SUPPLY, (leaf, month, month, supply, round(supply * PRICE_MINOR_PER_KWH), leaf))
