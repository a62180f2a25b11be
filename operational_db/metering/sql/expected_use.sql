-- What a point uses a day as far as the book can tell: by its own measured use, else by its contract.

-- Mean daily use of the 12 months before a day, from what was measured; empty where nothing was. Only these scales
-- count where some are named.
CREATE OR REPLACE FUNCTION ops.mean_daily_use_kwh(
    of_metering_point_id bigint, before_day date, of_zones text[] DEFAULT NULL
)
RETURNS numeric
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT u.daily_kwh
    FROM ops.mean_uses(
        ARRAY[of_metering_point_id], ARRAY[(before_day - interval '12 months')::date], ARRAY[before_day], of_zones
    ) AS u;
END;

-- Daily use by the contract that holds on a day: a year of its monthly use over 365 days; empty where none is entered.
CREATE OR REPLACE FUNCTION ops.contract_daily_use_kwh(of_metering_point_id bigint, on_day date)
RETURNS numeric
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT round(c.monthly_kwh * 12 / 365, 6)
    FROM ops.contract_use AS c
    WHERE c.metering_point_id = of_metering_point_id AND c.known_to IS NULL
        AND daterange(c.valid_from, c.valid_to) @> on_day;
END;

-- Which of the two holds, and its figure; a row with empty fields where neither does.
CREATE OR REPLACE FUNCTION ops.expected_daily_use(
    of_metering_point_id bigint, on_day date, of_zones text[] DEFAULT NULL
)
RETURNS TABLE (daily_kwh numeric, basis text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        coalesce(u.measured_kwh, u.contract_kwh),
        CASE WHEN u.measured_kwh IS NOT NULL THEN 'measured' WHEN u.contract_kwh IS NOT NULL THEN 'contract' END
    FROM (
        SELECT
            ops.mean_daily_use_kwh(of_metering_point_id, on_day, of_zones) AS measured_kwh,
            ops.contract_daily_use_kwh(of_metering_point_id, on_day) AS contract_kwh
    ) AS u;
END;
