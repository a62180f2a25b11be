-- The second billing engine: re-checks every bill of a run before it is posted.
--
-- It shares with the first engine (consumption.sql, segments.sql, rating.sql) nothing but readings, energy told as such
-- and tariff rows. Energy is the remainder of a division by the register's size instead of a corrected difference; the
-- charge of a volume is read off a ladder (what all lower steps cost in full, and the parts of two steps) instead of
-- being summed over steps. Which days a bill covers, and on which volume of the month it stands, it takes from the
-- lines.

-- What energy costs at one price, VAT included, in the smallest coin.
CREATE OR REPLACE FUNCTION ops.rounded_charge(
    energy_kwh numeric, price_minor numeric, vat_rate numeric, is_gross boolean
)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(energy_kwh * price_minor * CASE WHEN is_gross THEN 1 ELSE 1 + vat_rate END);

-- The VAT within that charge.
CREATE OR REPLACE FUNCTION ops.rounded_vat(energy_kwh numeric, price_minor numeric, vat_rate numeric, is_gross boolean)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN is_gross THEN round(round(energy_kwh * price_minor) * vat_rate / (1 + vat_rate))
    ELSE round(energy_kwh * price_minor * (1 + vat_rate)) - round(energy_kwh * price_minor)
END;

-- One row per price list, rate of VAT and step: what the steps below it cost in full, each rounded once.
CREATE OR REPLACE VIEW ops.price_ladder AS
WITH list AS (
    SELECT DISTINCT tariff_version_id, price_includes_vat, step_mode, vat_rate
    FROM ops.tariff_in_force
)
SELECT
    t.tariff_version_id, t.variant_code, t.season_code, l.vat_rate, l.price_includes_vat, l.step_mode,
    t.step_no, t.over_kwh, t.up_to_kwh, t.price_minor,
    coalesce(sum(
        ops.rounded_charge(t.up_to_kwh - t.over_kwh, t.price_minor, l.vat_rate, l.price_includes_vat)
    ) OVER below, 0) AS charge_below_minor,
    coalesce(sum(
        ops.rounded_vat(t.up_to_kwh - t.over_kwh, t.price_minor, l.vat_rate, l.price_includes_vat)
    ) OVER below, 0) AS vat_below_minor
FROM ops.tariff_step AS t
INNER JOIN list AS l ON l.tariff_version_id = t.tariff_version_id
WINDOW below AS (
    PARTITION BY t.tariff_version_id, t.variant_code, t.season_code, l.vat_rate
    ORDER BY t.step_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
);

-- Creates table target: the accounts of a run whose bill is not proved at first sight. Proved at first sight is the
-- bill of one register over one calendar month under one plain price list: its volume is the remainder of the two
-- readings, its charge one look at the ladder. All others are looked at part by part.
CREATE OR REPLACE FUNCTION ops.create_unproved(target text, lines text, bills text)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
DECLARE
    bill_count bigint;
BEGIN
    -- The planner takes the conditions of a join for independent, expects one row of many and would look each one up.
    EXECUTE format('SELECT count(*) FROM %s', bills) INTO bill_count;
    PERFORM set_config('enable_nestloop', CASE WHEN bill_count > 5000 THEN 'off' ELSE 'on' END, true);
    EXECUTE format('ANALYZE %s, %s', lines, bills);
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        WITH price_list AS MATERIALIZED (
            SELECT
                u.service_month, k.*
            FROM (SELECT DISTINCT service_month, tariff_version_id FROM %2$s) AS u
            INNER JOIN ops.tariff_version AS t ON t.tariff_version_id = u.tariff_version_id
            INNER JOIN ops.tariff AS f ON f.tariff_code = t.tariff_code
            INNER JOIN ops.vat_rate AS v
                ON v.country = f.country AND v.valid_from <= u.service_month
                AND (v.valid_to IS NULL OR v.valid_to > u.service_month)
            LEFT JOIN ops.tariff_season AS c
                ON c.tariff_version_id = u.tariff_version_id
                AND c.month_of_year = extract(month FROM u.service_month)
            INNER JOIN ops.price_ladder AS k
                ON k.tariff_version_id = u.tariff_version_id AND k.vat_rate = v.rate
                AND k.season_code = coalesce(c.season_code, 'all')
        ),
        measured AS MATERIALIZED (
            SELECT
                l.account_id, l.service_month, l.tariff_version_id, l.variant_code,
                round(
                    mod(c.value_kwh - o.value_kwh + power(10::numeric, g.digits), power(10::numeric, g.digits))
                    * i.ratio, 6
                ) AS energy_kwh
            FROM %2$s AS l
            INNER JOIN ops.reading AS c
                ON c.account_id = l.account_id AND c.booked_month = l.closing_month
                AND c.reading_id = l.closing_reading_id AND c.read_on = l.span_to
            INNER JOIN ops.reading AS o
                ON o.account_id = l.account_id AND o.booked_month = l.opening_month
                AND o.reading_id = l.opening_reading_id AND o.read_on = l.span_from AND o.meter_id = c.meter_id
            INNER JOIN ops.meter_register AS g ON g.meter_id = c.meter_id AND g.zone_code = 'all'
            INNER JOIN ops.meter_installation AS i
                ON i.meter_id = c.meter_id AND i.metering_point_id = l.metering_point_id AND i.known_to IS NULL
                AND i.valid_from < c.read_on AND (i.valid_to IS NULL OR c.read_on <= i.valid_to)
            WHERE l.step_no = 1 AND l.volume_from = 0 AND l.zone_code = 'all' AND l.bound_factor IS NULL
                AND l.price_denominator IS NULL AND l.span_from = l.service_month
                AND l.span_to = (l.service_month + interval '1 month')::date
        ),
        expected AS (
            SELECT
                m.account_id, m.energy_kwh,
                CASE WHEN k.step_mode = 'whole'
                    THEN ops.rounded_charge(m.energy_kwh, k.price_minor, k.vat_rate, k.price_includes_vat)
                    ELSE
                        k.charge_below_minor
                        + ops.rounded_charge(m.energy_kwh - k.over_kwh, k.price_minor, k.vat_rate, k.price_includes_vat)
                END AS charge_minor,
                CASE WHEN k.step_mode = 'whole'
                    THEN ops.rounded_vat(m.energy_kwh, k.price_minor, k.vat_rate, k.price_includes_vat)
                    ELSE
                        k.vat_below_minor
                        + ops.rounded_vat(m.energy_kwh - k.over_kwh, k.price_minor, k.vat_rate, k.price_includes_vat)
                END AS vat_minor
            FROM measured AS m
            INNER JOIN price_list AS k
                ON k.service_month = m.service_month AND k.tariff_version_id = m.tariff_version_id
                AND k.variant_code = m.variant_code AND (m.energy_kwh > k.over_kwh OR k.step_no = 1)
                AND (k.up_to_kwh IS NULL OR m.energy_kwh <= k.up_to_kwh)
        )
        SELECT b.account_id
        FROM %3$s AS b
        LEFT JOIN expected AS e ON e.account_id = b.account_id
        WHERE b.energy_kwh IS DISTINCT FROM e.energy_kwh OR b.charge_minor IS DISTINCT FROM e.charge_minor
            OR b.vat_minor IS DISTINCT FROM e.vat_minor
        GROUP BY b.account_id
        $statement$, target, lines, bills
    );
    PERFORM set_config('enable_nestloop', 'on', true);
    EXECUTE format('ANALYZE %s', target);
END
$$;
