-- The second billing engine, part by part: for bills that are not proved at first sight (second_engine_ladder.sql).

-- Creates table target from the lines of the accounts in the table unproved: one row per part of a span that the first
-- engine priced at once, with what it charged.
CREATE OR REPLACE FUNCTION ops.create_charged_parts(target text, lines text, unproved text)
RETURNS void
LANGUAGE plpgsql SET default_statistics_target = '10'
AS $$
BEGIN
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT
            l.account_id, l.metering_point_id, l.service_month, l.span_from, l.zone_code, l.component,
            min(l.span_to) AS span_to, min(l.energy_basis) AS energy_basis,
            min(l.tariff_version_id) AS tariff_version_id, min(l.variant_code) AS variant_code,
            min(l.bound_factor) AS bound_factor, min(l.price_numerator) AS price_numerator,
            min(l.price_denominator) AS price_denominator, min(l.power_kw) AS power_kw,
            min(l.volume_from) AS volume_from, sum(l.energy_kwh) AS energy_kwh,
            min(l.opening_month) AS opening_month, min(l.opening_reading_id) AS opening_reading_id,
            min(l.closing_month) AS closing_month, min(l.closing_reading_id) AS closing_reading_id,
            sum(l.charge_minor) AS charge_minor, sum(l.vat_minor) AS vat_minor
        FROM %2$s AS l
        WHERE l.account_id IN (SELECT u.account_id FROM %3$s AS u)
        GROUP BY l.account_id, l.metering_point_id, l.service_month, l.span_from, l.zone_code, l.component
        $statement$, target, lines, unproved
    );
    EXECUTE format('ANALYZE %s', target);
END
$$;

-- Accounts with a part that stands on another volume of its month, or on other bounds of steps, than the energy billed
-- before it, the residents, the days, the contract and the other zones say; with both volumes.
CREATE OR REPLACE FUNCTION ops.volumes_in_doubt(parts text, lines text)
RETURNS TABLE (account_id bigint, billed_kwh numeric, expected_kwh numeric)
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        $statement$
        WITH billed_before AS (
            SELECT p.account_id, p.metering_point_id, p.service_month, sum(l.energy_kwh) AS energy_kwh
            FROM (SELECT DISTINCT account_id, metering_point_id, service_month FROM %1$s) AS p
            INNER JOIN ops.bill_line AS l
                ON l.account_id = p.account_id AND l.metering_point_id = p.metering_point_id
                AND l.service_month = p.service_month AND l.component = 'energy'
                AND l.booked_month BETWEEN p.service_month AND (SELECT min(n.booked_month) FROM %2$s AS n)
            GROUP BY p.account_id, p.metering_point_id, p.service_month
        ),
        beside AS (
            SELECT
                p.account_id, p.metering_point_id, p.span_from, p.zone_code, t.step_basis, t.step_mode,
                sum(q.energy_kwh) FILTER (WHERE q.span_from < p.span_from) AS earlier_kwh,
                sum(q.energy_kwh) FILTER (WHERE q.span_from = p.span_from) AS slice_kwh,
                sum(q.energy_kwh) AS month_kwh
            FROM %1$s AS p
            INNER JOIN ops.tariff_version AS t ON t.tariff_version_id = p.tariff_version_id
            INNER JOIN %1$s AS q
                ON q.metering_point_id = p.metering_point_id AND q.service_month = p.service_month
                AND q.component = 'energy'
            WHERE p.component = 'energy'
            GROUP BY p.account_id, p.metering_point_id, p.span_from, p.zone_code, t.step_basis, t.step_mode
        ),
        expected AS (
            SELECT
                p.*, z.zone_kwh, z.all_zones_kwh,
                round(z.zone_kwh * CASE
                    -- Steps by days know their own part alone.
                    WHEN b.step_basis IN ('thirty_days', 'month_days')
                        THEN CASE WHEN b.step_mode = 'whole' THEN b.slice_kwh ELSE 0 END
                    WHEN b.step_mode = 'whole' THEN v.before_kwh + b.month_kwh
                    ELSE v.before_kwh + coalesce(b.earlier_kwh, 0)
                END / z.all_zones_kwh, 6) - CASE WHEN b.step_mode = 'whole' THEN p.energy_kwh ELSE 0 END AS expected_from,
                CASE b.step_basis
                    WHEN 'resident_month' THEN greatest(f.persons, 1)
                    WHEN 'thirty_days' THEN (p.span_to - p.span_from) / 30.0
                    WHEN 'month_days' THEN
                        (p.span_to - p.span_from)::numeric
                        / ((p.service_month + interval '1 month')::date - p.service_month)
                    WHEN 'contract_month' THEN coalesce(c.contracted_kwh_per_month, 100000000000)
                    ELSE 1
                END::numeric(24, 12) AS expected_factor
            FROM %1$s AS p
            INNER JOIN beside AS b USING (account_id, metering_point_id, span_from, zone_code)
            LEFT JOIN billed_before AS o USING (account_id, metering_point_id, service_month)
            LEFT JOIN ops.metering_point_tariff AS c
                ON c.metering_point_id = p.metering_point_id AND c.known_to IS NULL AND c.valid_from <= p.span_from
                AND (c.valid_to IS NULL OR c.valid_to > p.span_from)
            LEFT JOIN ops.family_size AS f
                ON b.step_basis = 'resident_month' AND f.account_id = p.account_id AND f.known_to IS NULL
                AND f.valid_from <= p.span_from AND (f.valid_to IS NULL OR f.valid_to > p.span_from)
            CROSS JOIN LATERAL (SELECT coalesce(o.energy_kwh, 0) AS before_kwh) AS v
            CROSS JOIN LATERAL (
                SELECT
                    CASE WHEN p.energy_kwh = b.slice_kwh THEN 1 ELSE p.energy_kwh END AS zone_kwh,
                    CASE WHEN p.energy_kwh = b.slice_kwh THEN 1 ELSE b.slice_kwh END AS all_zones_kwh
            ) AS z
            WHERE p.component = 'energy'
        )
        SELECT e.account_id, e.volume_from, e.expected_from
        FROM expected AS e
        WHERE e.volume_from <> e.expected_from
            OR coalesce(e.bound_factor, 1) <> (e.expected_factor * e.zone_kwh / e.all_zones_kwh)::numeric(24, 12)
        $statement$, parts, lines
    );
END
$$;

-- Accounts whose charge or VAT is not what the ladder says; with both charges.
CREATE OR REPLACE FUNCTION ops.charges_in_doubt(parts text)
RETURNS TABLE (account_id bigint, billed_minor numeric, expected_minor numeric)
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        $statement$
        WITH ladder AS MATERIALIZED (
            SELECT l.* FROM ops.price_ladder AS l
            WHERE l.tariff_version_id IN (SELECT p.tariff_version_id FROM %1$s AS p)
        ),
        dated AS (
            SELECT
                p.*, p.volume_from + p.energy_kwh AS volume_to, coalesce(c.season_code, 'all') AS season_code,
                v.rate AS vat_rate
            FROM %1$s AS p
            INNER JOIN ops.tariff_version AS t ON t.tariff_version_id = p.tariff_version_id
            INNER JOIN ops.tariff AS f ON f.tariff_code = t.tariff_code
            INNER JOIN ops.vat_rate AS v
                ON v.country = f.country AND v.valid_from <= p.span_from
                AND (v.valid_to IS NULL OR v.valid_to > p.span_from)
            LEFT JOIN ops.tariff_season AS c
                ON c.tariff_version_id = p.tariff_version_id
                AND c.month_of_year = extract(month FROM p.service_month)
        ),
        on_plain_bounds AS (
            SELECT
                d.account_id, d.charge_minor AS billed_minor, d.vat_minor AS billed_vat_minor,
                CASE
                    -- Nothing used costs nothing, also where nothing more could be priced.
                    WHEN d.energy_kwh = 0 THEN 0
                    WHEN t.step_no = b.step_no OR t.step_mode = 'whole'
                        THEN ops.rounded_charge(d.energy_kwh, t.price_minor, d.vat_rate, t.price_includes_vat)
                    ELSE
                        t.charge_below_minor - b.charge_below_minor
                        - ops.rounded_charge(b.up_to_kwh - b.over_kwh, b.price_minor, d.vat_rate, t.price_includes_vat)
                        + ops.rounded_charge(b.up_to_kwh - d.volume_from, b.price_minor, d.vat_rate, t.price_includes_vat)
                        + ops.rounded_charge(d.volume_to - t.over_kwh, t.price_minor, d.vat_rate, t.price_includes_vat)
                END AS expected_minor,
                CASE
                    WHEN d.energy_kwh = 0 THEN 0
                    WHEN t.step_no = b.step_no OR t.step_mode = 'whole'
                        THEN ops.rounded_vat(d.energy_kwh, t.price_minor, d.vat_rate, t.price_includes_vat)
                    ELSE
                        t.vat_below_minor - b.vat_below_minor
                        - ops.rounded_vat(b.up_to_kwh - b.over_kwh, b.price_minor, d.vat_rate, t.price_includes_vat)
                        + ops.rounded_vat(b.up_to_kwh - d.volume_from, b.price_minor, d.vat_rate, t.price_includes_vat)
                        + ops.rounded_vat(d.volume_to - t.over_kwh, t.price_minor, d.vat_rate, t.price_includes_vat)
                END AS expected_vat_minor
            FROM dated AS d
            -- The step in which the volume begins, and the one in which it ends.
            LEFT JOIN ladder AS b
                ON b.tariff_version_id = d.tariff_version_id AND b.variant_code = d.variant_code
                AND b.season_code = d.season_code AND b.vat_rate = d.vat_rate
                AND d.volume_from >= b.over_kwh AND (b.up_to_kwh IS NULL OR d.volume_from < b.up_to_kwh)
            LEFT JOIN ladder AS t
                ON t.tariff_version_id = d.tariff_version_id AND t.variant_code = d.variant_code
                AND t.season_code = d.season_code AND t.vat_rate = d.vat_rate
                AND (d.volume_to > t.over_kwh OR t.step_no = 1)
                AND (t.up_to_kwh IS NULL OR d.volume_to <= t.up_to_kwh)
            WHERE d.component = 'energy' AND d.bound_factor IS NULL AND d.price_denominator IS NULL
        ),
        on_moved_bounds AS (
            -- Bounds or prices multiplied: the energy above each bound less the energy above the next one.
            SELECT
                d.account_id, d.charge_minor AS billed_minor, d.vat_minor AS billed_vat_minor,
                sum(round(
                    k.energy_kwh * l.price_minor * coalesce(d.price_numerator, 1)
                    * CASE WHEN l.price_includes_vat THEN 1 ELSE 1 + d.vat_rate END / coalesce(d.price_denominator, 1)
                )) AS expected_minor,
                sum(CASE
                    WHEN l.price_includes_vat THEN round(
                        round(
                            k.energy_kwh * l.price_minor * coalesce(d.price_numerator, 1)
                            / coalesce(d.price_denominator, 1)
                        ) * d.vat_rate / (1 + d.vat_rate)
                    )
                    ELSE
                        round(
                            k.energy_kwh * l.price_minor * coalesce(d.price_numerator, 1) * (1 + d.vat_rate)
                            / coalesce(d.price_denominator, 1)
                        )
                        - round(
                            k.energy_kwh * l.price_minor * coalesce(d.price_numerator, 1)
                            / coalesce(d.price_denominator, 1)
                        )
                END) AS expected_vat_minor
            FROM dated AS d
            INNER JOIN ladder AS l
                ON l.tariff_version_id = d.tariff_version_id AND l.variant_code = d.variant_code
                AND l.season_code = d.season_code AND l.vat_rate = d.vat_rate
            CROSS JOIN LATERAL (
                SELECT
                    round(l.over_kwh * coalesce(d.bound_factor, 1), 6) AS over_kwh,
                    round(l.up_to_kwh * coalesce(d.bound_factor, 1), 6) AS up_to_kwh
            ) AS m
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN l.step_mode = 'whole' THEN
                        CASE WHEN d.volume_to > m.over_kwh AND (m.up_to_kwh IS NULL OR d.volume_to <= m.up_to_kwh)
                            THEN d.energy_kwh ELSE 0
                        END
                    ELSE
                        greatest(d.volume_to - m.over_kwh, 0) - greatest(d.volume_from - m.over_kwh, 0)
                        - coalesce(
                            greatest(d.volume_to - m.up_to_kwh, 0) - greatest(d.volume_from - m.up_to_kwh, 0), 0
                        )
                END AS energy_kwh
            ) AS k
            WHERE d.component = 'energy' AND (d.bound_factor IS NOT NULL OR d.price_denominator IS NOT NULL)
            GROUP BY
                d.account_id, d.metering_point_id, d.span_from, d.zone_code, d.charge_minor, d.vat_minor
        ),
        ordered_power AS (
            SELECT
                d.account_id, d.charge_minor AS billed_minor, d.vat_minor AS billed_vat_minor,
                round(n.net_or_gross * CASE WHEN t.price_includes_vat THEN 1 ELSE 1 + d.vat_rate END) AS expected_minor,
                CASE
                    WHEN t.price_includes_vat THEN round(round(n.net_or_gross) * d.vat_rate / (1 + d.vat_rate))
                    ELSE round(n.net_or_gross * (1 + d.vat_rate)) - round(n.net_or_gross)
                END AS expected_vat_minor
            FROM dated AS d
            INNER JOIN ops.tariff_version AS t ON t.tariff_version_id = d.tariff_version_id
            INNER JOIN ops.tariff_power_price AS w
                ON w.tariff_version_id = d.tariff_version_id AND w.variant_code = d.variant_code
            CROSS JOIN LATERAL (
                SELECT
                    d.power_kw * w.price_minor_per_kw_year * (d.span_to - d.span_from)
                    / (12 * ((d.service_month + interval '1 month')::date - d.service_month)) AS net_or_gross
            ) AS n
            WHERE d.component = 'power'
        )
        SELECT c.account_id, c.billed_minor, c.expected_minor
        FROM (
            SELECT * FROM on_plain_bounds
            UNION ALL
            SELECT * FROM on_moved_bounds
            UNION ALL
            SELECT * FROM ordered_power
        ) AS c
        WHERE c.billed_minor IS DISTINCT FROM c.expected_minor OR c.billed_vat_minor IS DISTINCT FROM c.expected_vat_minor
        $statement$, parts
    );
END
$$;

-- Refuses a run that the two engines do not agree on to the last coin and the last millionth of a kWh.
-- Where at_first_sight is false, every part is looked at: a bill of months billed anew holds parts of spans.
CREATE OR REPLACE FUNCTION ops.require_engines_agree(lines text, bills text, month date, at_first_sight boolean)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    unproved text := replace(lines, 'work.', 'work.unproved_');
    parts text := replace(lines, 'work.', 'work.parts_');
    disagreement record;
    subject text;
    has_unproved boolean;
BEGIN
    IF at_first_sight THEN
        PERFORM ops.create_unproved(unproved, lines, bills, month);
    ELSE
        EXECUTE format('CREATE TABLE %s AS SELECT DISTINCT account_id FROM %s', unproved, bills);
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', unproved) INTO has_unproved;
    IF NOT has_unproved THEN
        -- Every bill is proved: there is no part left to look at.
        EXECUTE format('DROP TABLE %s', unproved);
        RETURN;
    END IF;
    PERFORM ops.create_charged_parts(parts, lines, unproved);
    subject := 'energy';
    SELECT count(*) AS found, min(e.account_id) AS account_id INTO disagreement FROM ops.energy_in_doubt(parts) AS e;
    IF disagreement.found = 0 THEN
        subject := 'volumes of the month';
        SELECT count(*) AS found, min(v.account_id) AS account_id INTO disagreement
        FROM ops.volumes_in_doubt(parts, lines) AS v;
    END IF;
    IF disagreement.found = 0 THEN
        subject := 'charges';
        SELECT count(*) AS found, min(c.account_id) AS account_id INTO disagreement FROM ops.charges_in_doubt(parts) AS c;
    END IF;
    IF disagreement.found > 0 THEN
        PERFORM ops.refuse(
            'The second engine finds other %s for %s spans, the first of account %s; nothing was posted. '
            'Please report it with the output of `wattbook doctor`.', subject, disagreement.found::text,
            (SELECT a.account_no FROM ops.account AS a WHERE a.account_id = disagreement.account_id)
        );
    END IF;
    EXECUTE format('DROP TABLE %s, %s', unproved, parts);
END
$$;
