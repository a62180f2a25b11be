-- Which price list and which rate of VAT hold on which days, as known today.
CREATE OR REPLACE VIEW ops.tariff_in_force AS
SELECT
    v.tariff_code, v.tariff_version_id, v.price_includes_vat, r.rate AS vat_rate,
    greatest(v.valid_from, r.valid_from) AS valid_from, least(v.valid_to, r.valid_to) AS valid_to
FROM ops.tariff_version AS v
INNER JOIN ops.tariff AS t ON t.tariff_code = v.tariff_code
INNER JOIN ops.vat_rate AS r
    ON r.country = t.country
    AND (v.valid_to IS NULL OR r.valid_from < v.valid_to) AND (r.valid_to IS NULL OR r.valid_to > v.valid_from)
WHERE v.known_to IS NULL;

-- Rating: energy in segments becomes lines by step. The one statement behind every bill and every price asked.
--
-- A segment is energy of one metering point in one zone, within one calendar month and one tariff version, with the
-- month's volume before and after it (volume_from, volume_to), so that steps go on where the month's earlier energy
-- ended. A line is the part of a segment that falls into one step (domain.md 2.1: each block at its own price).
--
-- Money: a line is rounded once, half away from zero (PostgreSQL's round of numeric). Where the price holds VAT, the
-- charge is round(kWh x price) and its VAT is round(charge x rate / (1 + rate)); where it is net, the charge is
-- round(kWh x net x (1 + rate)) and its VAT what exceeds round(kWh x net).
--
-- Returns the text of a SELECT over the named segment table: all columns of the segment, then step_no, energy_kwh,
-- price_minor, charge_minor, vat_minor. UNION ALL over the steps, not LATERAL: measured four times
-- faster, and parallel.
CREATE OR REPLACE FUNCTION ops.rating_sql(segments text)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    branches text;
BEGIN
    SELECT string_agg(
        format(
            $branch$
            SELECT
                s.*, t.step_no::smallint AS step_no, e.energy_kwh, t.price_minor, m.charge_minor,
                CASE
                    WHEN s.price_includes_vat THEN round(m.charge_minor * s.vat_rate / (1 + s.vat_rate))
                    ELSE m.charge_minor - round(e.energy_kwh * t.price_minor)
                END::bigint AS vat_minor
            FROM %1$s AS s
            INNER JOIN ops.tariff_step AS t
                ON t.tariff_version_id = s.tariff_version_id AND t.season_code = s.season_code AND t.step_no = %2$s
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN s.volume_to > s.volume_from
                        THEN least(s.volume_to, t.up_to_kwh) - greatest(s.volume_from, t.over_kwh)
                    ELSE 0
                END::numeric(18, 6) AS energy_kwh
            ) AS e
            CROSS JOIN LATERAL (
                SELECT round(
                    e.energy_kwh * t.price_minor * CASE WHEN s.price_includes_vat THEN 1 ELSE 1 + s.vat_rate END
                )::bigint AS charge_minor
            ) AS m
            WHERE
                (
                    s.volume_to > t.over_kwh AND s.volume_to > s.volume_from
                    AND (t.up_to_kwh IS NULL OR s.volume_from < t.up_to_kwh)
                )
                -- A month without use is billed as well: one line of zero, so that its days count as billed.
                OR (t.step_no = 1 AND s.volume_to = s.volume_from)
            $branch$,
            segments, steps.step_no
        ),
        ' UNION ALL '
    ) INTO branches
    FROM (SELECT DISTINCT t.step_no FROM ops.tariff_step AS t ORDER BY t.step_no) AS steps;
    RETURN branches;
END
$$;

-- What a volume used in one calendar month costs under a tariff on a day; the arithmetic of one bill without a bill.
CREATE OR REPLACE FUNCTION ops.price(wanted_tariff_code text, on_day date, used_kwh numeric)
RETURNS TABLE (
    step_no smallint, energy_kwh numeric, price_minor numeric, charge_minor bigint, vat_minor bigint,
    tariff_version_id integer
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
BEGIN
    IF used_kwh < 0 THEN
        PERFORM ops.refuse('A volume of %s kWh cannot be priced; give zero or more.', used_kwh::text);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ops.tariff AS t WHERE t.tariff_code = wanted_tariff_code) THEN
        PERFORM ops.refuse(
            'There is no tariff "%s"; known are %s.', wanted_tariff_code,
            (SELECT string_agg(t.tariff_code, ', ' ORDER BY t.tariff_code) FROM ops.tariff AS t)
        );
    END IF;
    CREATE TEMPORARY TABLE IF NOT EXISTS priced_segment (
        tariff_version_id integer, season_code text, volume_from numeric(18, 6), volume_to numeric(18, 6),
        vat_rate numeric, price_includes_vat boolean
    ) ON COMMIT DROP;
    DELETE FROM priced_segment;
    INSERT INTO priced_segment
    SELECT f.tariff_version_id, coalesce(s.season_code, 'all'), 0, used_kwh, f.vat_rate, f.price_includes_vat
    FROM ops.tariff_in_force AS f
    LEFT JOIN ops.tariff_season AS s
        ON s.tariff_version_id = f.tariff_version_id AND s.month_of_year = extract(month FROM on_day)
    WHERE f.tariff_code = wanted_tariff_code AND daterange(f.valid_from, f.valid_to) @> on_day;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'Tariff "%s" has no price in force on %s; its first day is %s.', wanted_tariff_code, on_day::text,
            (SELECT coalesce(min(v.valid_from)::text, 'not set') FROM ops.tariff_version AS v
             WHERE v.tariff_code = wanted_tariff_code)
        );
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT step_no, energy_kwh, price_minor, charge_minor, vat_minor, tariff_version_id FROM (%s) AS rated '
        'ORDER BY step_no', ops.rating_sql('priced_segment')
    );
END
$$;
