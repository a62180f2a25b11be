-- What benefits are worth on lines of bills, rated and not posted. Bills stay at the full price.

-- Name of the work table of the benefits of a table of lines.
CREATE OR REPLACE FUNCTION ops.benefits_table(lines text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN replace(lines, 'work.', 'work.benefits_of_');

-- Text of a SELECT: one row per line and grant that covers energy of it. Energy of a line that is only partly in a
-- stretch of days is shared by days, as a span's is over months. Lines stand one after another as their days do, behind
-- what stands billed of the month already; the steps of a span from the lowest; zones of a span share a norm in
-- proportion to their use, as they share steps. Money is rounded once, as a line's is.
--
-- in_days is a table of ops.benefits_in_days_sql; standing is a SELECT of lines that count already, shaped as those of
-- the table lines, with is_new and line_key.
CREATE OR REPLACE FUNCTION ops.benefits_of_lines_sql(lines text, line_key text, in_days text, standing text)
RETURNS text
LANGUAGE sql STABLE
RETURN format(
    $statement$
    WITH line AS (
        SELECT
            true AS is_new, l.%2$I::bigint AS line_key, l.account_id, l.metering_point_id, l.service_month, l.span_from,
            l.span_to, l.zone_code, l.step_no, l.tariff_version_id, l.energy_kwh, l.price_minor, l.price_numerator,
            l.price_denominator, l.res_id
        FROM %1$s AS l
        WHERE l.component = 'energy' AND l.energy_kwh > 0
        %4$s
    ),
    stretch AS (
        SELECT DISTINCT d.metering_point_id, d.service_month, d.days_from, d.days_to FROM %3$s AS d
    ),
    shared AS (
        SELECT
            l.*, s.days_from, s.days_to,
            CASE
                WHEN s.days_from <= l.span_from AND s.days_to >= l.span_to THEN l.energy_kwh
                ELSE
                    ops.energy_until_kwh(l.energy_kwh, l.span_from, l.span_to, least(l.span_to, s.days_to))
                    - ops.energy_until_kwh(l.energy_kwh, l.span_from, l.span_to, greatest(l.span_from, s.days_from))
            END AS shared_kwh
        FROM line AS l
        INNER JOIN stretch AS s
            ON s.metering_point_id = l.metering_point_id AND s.service_month = l.service_month
            AND s.days_from < l.span_to AND s.days_to > l.span_from
    ),
    summed AS (
        SELECT
            s.*,
            sum(s.shared_kwh) OVER (stretch ORDER BY s.is_new, s.span_from) AS until_kwh,
            sum(s.shared_kwh) OVER (
                PARTITION BY s.metering_point_id, s.service_month, s.days_from, s.is_new, s.span_from
            ) AS span_kwh,
            sum(s.shared_kwh) OVER zone AS zone_kwh,
            sum(s.shared_kwh) OVER (zone ORDER BY s.step_no ROWS UNBOUNDED PRECEDING) AS in_zone_kwh
        FROM shared AS s
        WHERE s.shared_kwh > 0
        WINDOW
            stretch AS (PARTITION BY s.metering_point_id, s.service_month, s.days_from),
            zone AS (
                PARTITION BY s.metering_point_id, s.service_month, s.days_from, s.is_new, s.span_from, s.zone_code
            )
    ),
    -- Where the line's energy stands within its zone's share of the stretch.
    placed AS (
        SELECT
            s.*, (s.until_kwh - s.span_kwh) * s.zone_kwh / s.span_kwh + s.in_zone_kwh - s.shared_kwh AS stands_from_kwh
        FROM summed AS s
        WHERE s.is_new
    ),
    covered AS (
        SELECT
            p.line_key, p.account_id, p.metering_point_id, p.service_month, p.span_from, p.tariff_version_id, p.res_id,
            p.price_minor, coalesce(p.price_numerator, 1) AS price_numerator,
            coalesce(p.price_denominator, 1) AS price_denominator,
            d.grant_no, d.days_from, d.days_to, d.category_code, d.entitled_persons, d.share, d.norm_kwh,
            d.financing_source, d.report_row,
            trunc(
                least(p.stands_from_kwh + p.shared_kwh, d.to_kwh * p.zone_kwh / p.span_kwh)
                - greatest(p.stands_from_kwh, d.from_kwh * p.zone_kwh / p.span_kwh), 6
            ) AS energy_kwh
        FROM placed AS p
        INNER JOIN %3$s AS d
            ON d.metering_point_id = p.metering_point_id AND d.service_month = p.service_month
            AND d.days_from = p.days_from
    )
    SELECT
        c.line_key, c.account_id, c.metering_point_id, c.service_month, c.grant_no, c.days_from, c.days_to,
        c.category_code, c.entitled_persons, c.share, c.norm_kwh::numeric(18, 6) AS norm_kwh,
        c.energy_kwh::numeric(18, 6) AS energy_kwh,
        round(m.price_all / c.price_denominator)::bigint AS full_minor,
        round(c.share * m.price_all / c.price_denominator)::bigint AS benefit_minor,
        c.financing_source, c.report_row, c.res_id
    FROM covered AS c
    INNER JOIN ops.tariff_in_force AS f
        ON f.tariff_version_id = c.tariff_version_id AND f.valid_from <= c.span_from
        AND (f.valid_to IS NULL OR f.valid_to > c.span_from)
    CROSS JOIN LATERAL (
        SELECT
            c.energy_kwh * c.price_minor * c.price_numerator
            * CASE WHEN f.price_includes_vat THEN 1 ELSE 1 + f.vat_rate END AS price_all
    ) AS m
    WHERE c.energy_kwh > 0
    $statement$, lines, line_key, in_days, standing
);

-- Creates the table of the benefits of a table of lines (ops.benefits_table), whose rows the column line_key tells
-- apart within an account. Where nobody has a benefit in its months nothing is looked at. Lines that are billed anew
-- (is_anew) take the place of all that stands billed of their months.
CREATE OR REPLACE FUNCTION ops.create_benefits(lines text, line_key text, kinds text, month date, is_anew boolean)
RETURNS void
LANGUAGE plpgsql SET enable_hashagg = on
AS $$
DECLARE
    target text := ops.benefits_table(lines);
    months text := replace(target, 'work.', 'work.months_');
    in_days text := replace(target, 'work.', 'work.days_');
    standing text := '';
    used record;
    has_rows boolean;
BEGIN
    EXECUTE format(
        'CREATE TABLE %s (line_key bigint, account_id bigint, metering_point_id bigint, service_month date, '
        'grant_no bigint, days_from date, days_to date, category_code text, entitled_persons integer, '
        'share numeric(5, 4), norm_kwh numeric(18, 6), energy_kwh numeric(18, 6), full_minor bigint, '
        'benefit_minor bigint, financing_source text, report_row text, res_id integer)', target
    );
    EXECUTE format(
        'SELECT min(service_month) AS first_month, max(service_month) AS last_month, '
        'coalesce(bool_or(is_continued), false) AS is_continued FROM %s', kinds
    ) INTO used;
    IF used.first_month IS NULL OR NOT ops.has_benefits(used.first_month, used.last_month) THEN
        RETURN;
    END IF;
    EXECUTE format(
        $statement$
        CREATE TABLE %1$s AS
        SELECT DISTINCT l.account_id, l.metering_point_id, l.service_month
        FROM %2$s AS l
        INNER JOIN ops.benefit_grant AS g
            ON g.metering_point_id = l.metering_point_id AND g.known_to IS NULL AND g.valid_from < l.span_to
            AND (g.valid_to IS NULL OR g.valid_to > greatest(g.valid_from, l.span_from))
        WHERE l.component = 'energy' AND l.energy_kwh > 0
        $statement$, months, lines
    );
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', months) INTO has_rows;
    IF has_rows THEN
        EXECUTE format('ANALYZE %s', months);
        EXECUTE format('CREATE TABLE %s AS %s', in_days, ops.benefits_in_days_sql(months));
        EXECUTE format('ANALYZE %s', in_days);
        -- What is its whole month has nothing of the month billed before it.
        IF used.is_continued AND NOT is_anew THEN
            standing := format(
                $fragment$
                UNION ALL
                SELECT
                    false, NULL, s.account_id, s.metering_point_id, s.service_month, s.span_from, s.span_to,
                    s.zone_code, s.step_no, s.tariff_version_id, s.energy_kwh, s.price_minor, s.price_numerator,
                    s.price_denominator, s.res_id
                FROM %1$s AS m
                INNER JOIN ops.standing_bill_line AS s
                    ON s.account_id = m.account_id AND s.metering_point_id = m.metering_point_id
                    AND s.service_month = m.service_month
                WHERE s.component = 'energy' AND s.booked_month BETWEEN m.service_month AND %2$L
                $fragment$, months, month
            );
        END IF;
        EXECUTE format(
            'INSERT INTO %s %s', target, ops.benefits_of_lines_sql(lines, line_key, in_days, standing)
        );
        EXECUTE format('ANALYZE %s', target);
        EXECUTE format('DROP TABLE %s', in_days);
    END IF;
    EXECUTE format('DROP TABLE %s', months);
END
$$;
