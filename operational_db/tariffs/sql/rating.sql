-- Which price list and which rate of VAT hold on which days, as known today.
CREATE OR REPLACE VIEW ops.tariff_in_force WITH (security_invoker = true) AS
SELECT
    v.tariff_code, v.tariff_version_id, v.price_includes_vat, v.step_basis, v.step_mode, r.rate AS vat_rate,
    greatest(v.valid_from, r.valid_from) AS valid_from, least(v.valid_to, r.valid_to) AS valid_to
FROM ops.tariff_version AS v
INNER JOIN ops.tariff AS t ON t.tariff_code = v.tariff_code
INNER JOIN ops.vat_rate AS r
    ON r.country = t.country
    AND (v.valid_to IS NULL OR r.valid_from < v.valid_to) AND (r.valid_to IS NULL OR r.valid_to > v.valid_from)
WHERE v.known_to IS NULL;

-- By what the bounds of the steps are multiplied for days of one month; empty is 1. A dwelling without residents counts
-- as one; without a contracted volume there is no bound that use could pass.
CREATE OR REPLACE FUNCTION ops.step_bound_factor(
    step_basis text, residents integer, span_from date, span_to date, contracted_kwh numeric
)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE step_basis
    WHEN 'calendar_month' THEN NULL
    WHEN 'resident_month' THEN greatest(residents, 1)
    WHEN 'thirty_days' THEN (span_to - span_from) / 30.0
    WHEN 'month_days' THEN
        (span_to - span_from)::numeric
        / ((date_trunc('month', span_from) + interval '1 month')::date - date_trunc('month', span_from)::date)
    WHEN 'contract_month' THEN coalesce(contracted_kwh, 100000000000)
END;

-- A step's bound as it holds for a use; empty where there is none, or where no contract sets one (above).
CREATE OR REPLACE FUNCTION ops.step_bound_kwh(bound_kwh numeric, bound_factor numeric)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN bound_kwh = 0 THEN 0
    WHEN coalesce(bound_factor, 1) < 100000000000 THEN round(bound_kwh * coalesce(bound_factor, 1), 6)
END;

-- Rating: energy in segments becomes lines by step, ordered power becomes lines of its own. The one statement behind
-- every bill and every price asked.
--
-- A segment is energy of one metering point in one zone, within one calendar month and one price list, with the month's
-- volume before and after it (volume_from, volume_to), so that steps go on where the month's earlier energy ended. A
-- line is the part of a segment that falls into one step (domain.md 2.1: each block at its own price), or the whole
-- segment where the version prices all energy by the step that the volume ends in. Bounds of steps are multiplied by
-- bound_factor: residents, days, contracted volume, and the zone's share of the use (domain.md 2.3: the volume of a
-- step is split over zones in proportion).
--
-- Money: a line is rounded once, half away from zero (PostgreSQL's round of numeric), and divided last, so that a half
-- is seen as one. Where the price holds VAT, the charge is round(kWh x price) and its VAT is
-- round(charge x rate / (1 + rate)); where it is net, the charge is round(kWh x net x (1 + rate)) and its VAT what
-- exceeds round(kWh x net). A zone multiplies the price. Ordered power costs a twelfth of its yearly price a month, in
-- proportion to the days of the month.
--
-- Returns the text of a SELECT over the named segment table: all columns of the segment, then step_no, energy_kwh,
-- line_volume_from, price_minor, charge_minor, vat_minor; no charge where no price is known. One join with all steps of
-- the price list, filtered: measured faster than a branch for each step, and parallel, which LATERAL is not.
CREATE OR REPLACE FUNCTION ops.rating_sql(segments text)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    branches text;
    has_power boolean;
BEGIN
    branches := format(
        $branch$
        SELECT
            s.*, t.step_no::smallint AS step_no, e.energy_kwh,
            CASE WHEN s.is_whole_volume OR s.segment_kwh = 0 THEN s.volume_from
                ELSE greatest(s.volume_from, b.over_kwh)
            END AS line_volume_from,
            t.price_minor, m.charge_minor,
            CASE
                WHEN s.price_includes_vat THEN round(m.charge_minor * s.vat_rate / (1 + s.vat_rate))
                WHEN s.price_denominator IS NULL THEN m.charge_minor - round(e.energy_kwh * t.price_minor)
                ELSE m.charge_minor - round(e.energy_kwh * t.price_minor * s.price_numerator / s.price_denominator)
            END::bigint AS vat_minor
        FROM %1$s AS s
        INNER JOIN ops.tariff_step AS t
            ON t.tariff_version_id = s.tariff_version_id AND t.variant_code = s.variant_code
            AND t.season_code = s.season_code
        CROSS JOIN LATERAL (
            SELECT
                CASE WHEN s.bound_factor IS NULL THEN t.over_kwh ELSE round(t.over_kwh * s.bound_factor, 6) END
                    AS over_kwh,
                CASE WHEN s.bound_factor IS NULL THEN t.up_to_kwh ELSE round(t.up_to_kwh * s.bound_factor, 6) END
                    AS up_to_kwh
        ) AS b
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN s.is_whole_volume OR s.volume_to = s.volume_from THEN s.segment_kwh
                ELSE least(s.volume_to, b.up_to_kwh) - greatest(s.volume_from, b.over_kwh)
            END::numeric(18, 6) AS energy_kwh
        ) AS e
        CROSS JOIN LATERAL (
            SELECT round(
                CASE
                    WHEN s.price_denominator IS NULL
                        THEN e.energy_kwh * t.price_minor * CASE WHEN s.price_includes_vat THEN 1 ELSE 1 + s.vat_rate END
                    ELSE
                        e.energy_kwh * t.price_minor * s.price_numerator
                        * CASE WHEN s.price_includes_vat THEN 1 ELSE 1 + s.vat_rate END / s.price_denominator
                END
            )::bigint AS charge_minor
        ) AS m
        WHERE s.component = 'energy' AND CASE
            -- A month without use is billed as well: one line of zero, so that its days count as billed.
            WHEN s.segment_kwh = 0 THEN t.step_no = 1
            WHEN s.is_whole_volume
                THEN s.volume_to > b.over_kwh AND (b.up_to_kwh IS NULL OR s.volume_to <= b.up_to_kwh)
            -- A zone with a millionth of the use may leave nothing of a step between its bounds.
            ELSE s.volume_to > b.over_kwh
                AND (b.up_to_kwh IS NULL OR (s.volume_from < b.up_to_kwh AND b.over_kwh < b.up_to_kwh))
        END
        $branch$,
        segments
    );
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s WHERE component = ''power'')', segments) INTO has_power;
    IF has_power THEN
        branches := branches || ' UNION ALL ' || format(
            $branch$
            SELECT
                s.*, 0::smallint AS step_no, 0::numeric(18, 6) AS energy_kwh, 0::numeric AS line_volume_from,
                p.price_minor_per_kw_year AS price_minor, m.charge_minor,
                CASE
                    WHEN s.price_includes_vat THEN round(m.charge_minor * s.vat_rate / (1 + s.vat_rate))
                    ELSE m.charge_minor - round(p.price_minor_per_kw_year * d.kw_days / d.days_of_year)
                END::bigint AS vat_minor
            FROM %1$s AS s
            INNER JOIN ops.tariff_power_price AS p
                ON p.tariff_version_id = s.tariff_version_id AND p.variant_code = s.variant_code
            CROSS JOIN LATERAL (
                SELECT
                    s.power_kw * (s.span_to - s.span_from) AS kw_days,
                    12 * date_part('day', s.service_month + interval '1 month - 1 day')::integer AS days_of_year
            ) AS d
            CROSS JOIN LATERAL (
                SELECT round(
                    p.price_minor_per_kw_year * d.kw_days
                    * CASE WHEN s.price_includes_vat THEN 1 ELSE 1 + s.vat_rate END / d.days_of_year
                )::bigint AS charge_minor
            ) AS m
            WHERE s.component = 'power'
            $branch$,
            segments
        );
    END IF;
    RETURN branches;
END
$$;
