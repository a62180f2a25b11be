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

-- What a register counts until it passes zero.
CREATE OR REPLACE FUNCTION ops.register_size_kwh(digits smallint)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    '{1,1e1,1e2,1e3,1e4,1e5,1e6,1e7,1e8,1e9,1e10,1e11,1e12}'::numeric[]
)[digits + 1];

-- One row per price list, rate of VAT and step: what the steps below it cost in full, each rounded once.
CREATE OR REPLACE VIEW ops.price_ladder WITH (security_invoker = true) AS
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

-- Creates table target: one row per step of the plain price lists of the month.
CREATE OR REPLACE FUNCTION ops.create_plain_ladders(target text, month date)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT k.*
        FROM ops.tariff_version AS t
        INNER JOIN ops.tariff AS f ON f.tariff_code = t.tariff_code
        INNER JOIN ops.vat_rate AS v
            ON v.country = f.country AND v.valid_from <= %2$L AND (v.valid_to IS NULL OR v.valid_to > %2$L)
        LEFT JOIN ops.tariff_season AS c
            ON c.tariff_version_id = t.tariff_version_id AND c.month_of_year = extract(month FROM %2$L::date)
        INNER JOIN ops.price_ladder AS k
            ON k.tariff_version_id = t.tariff_version_id AND k.vat_rate = v.rate
            AND k.season_code = coalesce(c.season_code, 'all')
        WHERE t.step_mode = 'excess'
        $statement$, target, month
    );
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- Creates table target: the accounts of a run whose bill is not proved at first sight. Proved at first sight is the
-- bill of one register over the calendar month, not through zero, under one plain price list: its volume is the
-- difference of the two readings, its charge one look at the ladder. All others are looked at part by part.
CREATE OR REPLACE FUNCTION ops.create_unproved(target text, lines text, bills text, month date)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10' SET join_collapse_limit = '1' SET work_mem = '128MB'
AS $$
DECLARE
    prices text := replace(target, 'work.', 'work.prices_');
    proved text := replace(target, 'work.', 'work.proved_');
    -- Few readings are looked up by their accounts.
    by_reading text[] := '{c.account_id = l.account_id,o.account_id = l.account_id}';
    bill_count bigint;
    first_account_id bigint;
    last_account_id bigint;
    proved_count bigint;
BEGIN
    PERFORM ops.create_plain_ladders(prices, month);
    EXECUTE format('SELECT count(*), min(account_id), max(account_id) FROM %s', bills)
    INTO bill_count, first_account_id, last_account_id;
    -- The planner takes conditions for independent, expects one row of many and would look each one up, and would carry
    -- the prices through all joins. Within CASE a condition is one; the joins stand in the order of their work; and with
    -- many rows no look-up is better than a join of all.
    IF ops.are_many(bill_count) THEN
        PERFORM set_config('enable_nestloop', 'off', true);
        by_reading := '{c.reading_id = l.closing_reading_id,o.reading_id = l.opening_reading_id}';
    END IF;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT l.account_id
        FROM %2$s AS l
        INNER JOIN %3$s AS b ON b.account_id = l.account_id
        INNER JOIN ops.reading AS c ON %8$s AND c.booked_month = %5$L AND c.read_on = %7$L
            AND c.account_id BETWEEN %10$s AND %11$s
        INNER JOIN ops.reading AS o ON %9$s AND o.booked_month BETWEEN %6$L AND %5$L AND o.read_on = %5$L
            AND o.account_id BETWEEN %10$s AND %11$s
        INNER JOIN ops.meter_installation AS i ON i.meter_id = c.meter_id
        -- The step that the volume ends in; at its very bound either step says the same.
        INNER JOIN %4$s AS k
            ON k.tariff_version_id = l.tariff_version_id AND k.variant_code = l.variant_code
            AND CASE
                WHEN b.energy_kwh >= k.over_kwh THEN k.up_to_kwh IS NULL OR b.energy_kwh < k.up_to_kwh
                ELSE false
            END
        WHERE
            CASE
                WHEN l.step_no = 1 AND l.volume_from = 0 AND l.zone_code = 'all' AND l.bound_factor IS NULL
                AND l.price_denominator IS NULL AND l.service_month = %5$L AND l.span_from = %5$L
                AND l.span_to = %7$L
                    THEN true
                ELSE false
            END
            AND CASE
                WHEN c.reading_id = l.closing_reading_id AND o.reading_id = l.opening_reading_id
                AND o.meter_id = c.meter_id AND c.account_id = l.account_id AND o.account_id = l.account_id
                AND c.zone_code = 'all' AND o.zone_code = 'all' AND c.value_kwh >= o.value_kwh
                AND i.metering_point_id = l.metering_point_id AND i.known_to IS NULL AND i.valid_from < c.read_on
                AND (i.valid_to IS NULL OR c.read_on <= i.valid_to)
                    THEN true
                ELSE false
            END
            AND CASE
                WHEN b.energy_kwh = round((c.value_kwh - o.value_kwh) * i.ratio, 6)
                AND b.charge_minor = k.charge_below_minor + ops.rounded_charge(
                    b.energy_kwh - k.over_kwh, k.price_minor, k.vat_rate, k.price_includes_vat
                )
                AND b.vat_minor = k.vat_below_minor + ops.rounded_vat(
                    b.energy_kwh - k.over_kwh, k.price_minor, k.vat_rate, k.price_includes_vat
                )
                    THEN true
                ELSE false
            END
        $statement$, proved, lines, bills, prices, month, (month - interval '1 month')::date,
        (month + interval '1 month')::date, by_reading[1], by_reading[2],
        coalesce(first_account_id, 0), coalesce(last_account_id, 0)
    );
    GET DIAGNOSTICS proved_count = ROW_COUNT;
    PERFORM set_config('enable_nestloop', 'on', true);
    -- Each proved bill is one row, so equal counts leave nothing to look for.
    EXECUTE format(
        'CREATE TABLE %s AS SELECT b.account_id FROM %s AS b WHERE %s '
        'AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE p.account_id = b.account_id)',
        target, bills, CASE WHEN proved_count = bill_count THEN 'false' ELSE 'true' END, proved
    );
    EXECUTE format('DROP TABLE %s, %s', proved, prices);
    EXECUTE format('ANALYZE %s', target);
END
$$;
