-- Estimates in place of readings that are missing: by the point's own use, by contract, or by what like consumers used.

CREATE OR REPLACE FUNCTION ops.why_no_estimate(point_code text, of_method text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format(
    CASE of_method
        WHEN 'average' THEN 'Nothing was measured at %s in the 12 months before; estimate by contract or group.'
        WHEN 'contract' THEN 'No use by contract holds at %s that its scales could share; enter it (`wattbook meter '
            'contract`), or estimate by average or group.'
        WHEN 'group' THEN 'Too few like consumers of the RES were measured in the month to estimate %s by its group; '
            'estimate by average or contract.'
        ELSE 'Neither measured use, nor a use by contract, nor enough like consumers tell what %s used; enter a '
            'reading or the use by contract.'
    END, point_code
);

CREATE OR REPLACE FUNCTION ops.why_not_booked(
    point_code text, of_res_id integer, booked_month date, not_before date
)
RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN booked_month IS NULL THEN format(
    'An estimate of %s cannot be booked: month %s is not open for %s.', point_code, to_char(not_before, 'YYYY-MM'),
    (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = of_res_id)
) END;

-- What would be estimated for a month, one row per scale that was not read in it, or per point without a meter. An
-- estimate goes on from the last value that stands, so that the chain of the register holds. Method best takes the
-- first that there is a figure for. Where none can be made, the reason.
CREATE OR REPLACE FUNCTION ops.estimates_to_make(
    of_res_ids integer[], month date, of_method text, of_place text DEFAULT NULL, of_book text DEFAULT NULL
)
RETURNS TABLE (
    account_no text, point_code text, metering_point_id bigint, account_id bigint, res_id integer, meter_id bigint,
    serial_no text, zone_code text, kind text, basis text, span_from date, span_to date, last_kwh numeric,
    daily_kwh numeric, energy_kwh numeric, value_kwh numeric, point_count bigint, reason text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH ending AS (
        SELECT (month + interval '1 month')::date AS next_month
    ),
    point AS MATERIALIZED (
        SELECT * FROM ops.points_of_month(of_res_ids, month, of_place, of_book)
    ),
    register AS MATERIALIZED (
        SELECT r.*, row_number() OVER (ORDER BY r.metering_point_id, r.meter_id, r.sort_order) AS row_no
        FROM ops.registers_of_month((SELECT array_agg(p.metering_point_id) FROM point AS p), month) AS r
    ),
    missing AS MATERIALIZED (
        SELECT
            p.*, r.meter_id, r.serial_no, r.zone_code, r.sort_order, r.digits, r.ratio, r.last_on, r.last_kwh, r.row_no,
            e.next_month, count(*) OVER (PARTITION BY r.metering_point_id) AS scale_count
        FROM register AS r
        INNER JOIN point AS p ON p.metering_point_id = r.metering_point_id
        CROSS JOIN ending AS e
        WHERE NOT (r.is_read OR r.has_half_hours OR r.is_read_later)
            AND (r.last_on IS NULL OR r.last_on < e.next_month)
    ),
    numbered AS (
        SELECT m.row_no, row_number() OVER (ORDER BY m.row_no) AS asked_no FROM missing AS m
    ),
    own AS (
        -- The use of each scale alone, and of a year for sharing a contract between scales.
        SELECT n.row_no, u.usual_kwh, u.usual_basis
        FROM ops.usual_uses(
            (SELECT array_agg(m.metering_point_id ORDER BY m.row_no) FROM missing AS m),
            (SELECT array_agg(coalesce(m.last_on, month) ORDER BY m.row_no) FROM missing AS m),
            (SELECT array_agg(m.next_month ORDER BY m.row_no) FROM missing AS m),
            (SELECT array_agg(m.zone_code ORDER BY m.row_no) FROM missing AS m)
        ) AS u
        INNER JOIN numbered AS n ON n.asked_no = u.row_no
        WHERE u.usual_basis IN ('season', 'year')
    ),
    by_contract AS (
        SELECT
            m.row_no,
            round(
                c.monthly_kwh * 12 / 365 * CASE
                    WHEN m.scale_count = 1 THEN 1
                    ELSE o.usual_kwh / nullif(sum(o.usual_kwh) OVER (PARTITION BY m.metering_point_id), 0)
                END, 6
            ) AS daily_kwh
        FROM missing AS m
        INNER JOIN ops.contract_use AS c
            ON c.metering_point_id = m.metering_point_id AND c.known_to IS NULL
            AND daterange(c.valid_from, c.valid_to) @> (m.next_month - 1)
        LEFT JOIN own AS o ON o.row_no = m.row_no
    ),
    by_group AS (
        SELECT DISTINCT ON (m.row_no) m.row_no, u.daily_kwh, u.point_count, u.is_broad
        FROM missing AS m
        INNER JOIN ops.group_of_points(of_res_ids, month) AS g ON g.metering_point_id = m.metering_point_id
        INNER JOIN ops.group_uses(of_res_ids, month) AS u
            ON u.res_id = g.res_id AND u.tariff_code = g.tariff_code AND u.variant_code = g.variant_code
            AND u.zone_code = m.zone_code
            AND (u.is_broad OR (u.consumer_class = g.consumer_class AND u.dwelling = g.dwelling))
        WHERE of_method IN ('best', 'group')
        ORDER BY m.row_no, u.is_broad
    ),
    sized AS (
        -- A meter is estimated as a whole: by the first method that has a figure for each of its scales.
        SELECT
            m.*, o.usual_basis, g.point_count, g.is_broad,
            CASE
                WHEN NOT bool_and(m.last_on IS NOT NULL) OVER meter THEN NULL
                WHEN of_method IN ('best', 'average') AND bool_and(o.usual_kwh IS NOT NULL) OVER meter
                    THEN 'average'
                WHEN of_method IN ('best', 'contract') AND bool_and(c.daily_kwh IS NOT NULL) OVER meter
                    THEN 'contract'
                WHEN of_method IN ('best', 'group') AND bool_and(g.daily_kwh IS NOT NULL) OVER meter THEN 'group'
            END AS kind,
            o.usual_kwh AS own_kwh, c.daily_kwh AS contract_kwh, g.daily_kwh AS group_kwh
        FROM missing AS m
        LEFT JOIN own AS o ON o.row_no = m.row_no
        LEFT JOIN by_contract AS c ON c.row_no = m.row_no
        LEFT JOIN by_group AS g ON g.row_no = m.row_no
        WINDOW meter AS (PARTITION BY m.metering_point_id, m.meter_id)
    ),
    figured AS (
        SELECT
            s.*,
            CASE s.kind
                WHEN 'average' THEN s.own_kwh WHEN 'contract' THEN s.contract_kwh WHEN 'group' THEN s.group_kwh
            END AS daily_kwh
        FROM sized AS s
    ),
    counted AS (
        -- To a thousandth of the register's kWh, as far as the finest registers show.
        SELECT p.*, round(p.daily_kwh * (p.next_month - p.last_on) / p.ratio, 3) AS register_kwh
        FROM figured AS p
    )
    SELECT
        s.account_no, s.point_code, s.metering_point_id, s.account_id, s.res_id, s.meter_id, s.serial_no, s.zone_code,
        s.kind,
        CASE s.kind
            WHEN 'average' THEN s.usual_basis
            WHEN 'contract' THEN 'contract'
            WHEN 'group' THEN CASE WHEN s.is_broad THEN 'tariff' ELSE 'dwelling' END
        END,
        s.last_on, s.next_month, s.last_kwh, s.daily_kwh, (s.register_kwh * s.ratio)::numeric(18, 6),
        mod(s.last_kwh + s.register_kwh, power(10::numeric, s.digits))::numeric(18, 6),
        CASE WHEN s.kind = 'group' THEN s.point_count END,
        CASE
            WHEN s.last_on IS NULL THEN format(
                'No value of meter "%s" (scale %s) stands at %s, so there is nothing to go on from; enter a reading.',
                s.serial_no, s.zone_code, s.point_code
            )
            WHEN s.kind IS NULL THEN ops.why_no_estimate(s.point_code, of_method)
        END
    FROM counted AS s
    ORDER BY s.account_no, s.point_code, s.serial_no, s.sort_order;
END;

-- The same for points where no meter hangs at the end of the month: energy of the days that nothing accounts for yet,
-- by contract before all else.
CREATE OR REPLACE FUNCTION ops.energy_to_estimate(
    of_res_ids integer[], month date, of_method text, of_place text DEFAULT NULL, of_book text DEFAULT NULL
)
RETURNS TABLE (
    account_no text, point_code text, metering_point_id bigint, account_id bigint, res_id integer, kind text,
    basis text, span_from date, span_to date, daily_kwh numeric, energy_kwh numeric, point_count bigint, reason text
)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
    next_month date := (month + interval '1 month')::date;
    point record;
    profile record;
    own_kwh numeric;
    contract_kwh numeric;
BEGIN
    FOR point IN
        SELECT p.*, m.disconnected_for_good_on
        FROM ops.points_of_month(of_res_ids, month, of_place, of_book) AS p
        INNER JOIN ops.metering_point AS m ON m.metering_point_id = p.metering_point_id
        WHERE NOT EXISTS (
            SELECT 1 FROM ops.meter_installation AS i
            WHERE i.metering_point_id = p.metering_point_id AND i.known_to IS NULL AND i.valid_from < next_month
                AND (i.valid_to IS NULL OR i.valid_to >= next_month)
        )
        ORDER BY p.account_no, p.point_code
    LOOP
        account_no := point.account_no;
        point_code := point.point_code;
        metering_point_id := point.metering_point_id;
        account_id := point.account_id;
        res_id := point.res_id;
        kind := NULL; basis := NULL; daily_kwh := NULL; energy_kwh := NULL; point_count := NULL; reason := NULL;
        span_to := least(next_month, point.disconnected_for_good_on);
        BEGIN
            span_from := ops.first_day_without_meter(point.metering_point_id, span_to, NULL);
        EXCEPTION WHEN SQLSTATE 'WB001' THEN
            span_from := NULL;
            reason := SQLERRM;
            RETURN NEXT;
            CONTINUE;
        END;
        CONTINUE WHEN span_from >= span_to;
        contract_kwh := ops.contract_daily_use_kwh(point.metering_point_id, span_to - 1);
        own_kwh := ops.mean_daily_use_kwh(point.metering_point_id, span_from);
        profile := NULL;
        IF of_method = 'group' OR (of_method = 'best' AND contract_kwh IS NULL AND own_kwh IS NULL) THEN
            SELECT u.daily_kwh, u.point_count, u.is_broad INTO profile
            FROM ops.group_of_points(ARRAY[point.res_id], month) AS g
            INNER JOIN ops.group_uses(ARRAY[point.res_id], month) AS u
                ON u.tariff_code = g.tariff_code AND u.variant_code = g.variant_code AND u.zone_code = 'all'
                AND (u.is_broad OR (u.consumer_class = g.consumer_class AND u.dwelling = g.dwelling))
            WHERE g.metering_point_id = point.metering_point_id
            ORDER BY u.is_broad
            LIMIT 1;
        END IF;
        IF of_method IN ('best', 'contract') AND contract_kwh IS NOT NULL THEN
            kind := 'contract'; basis := 'contract'; daily_kwh := contract_kwh;
        ELSIF of_method IN ('best', 'average') AND own_kwh IS NOT NULL THEN
            kind := 'average'; basis := 'year'; daily_kwh := own_kwh;
        ELSIF profile.daily_kwh IS NOT NULL THEN
            kind := 'group'; daily_kwh := profile.daily_kwh; point_count := profile.point_count;
            basis := CASE WHEN profile.is_broad THEN 'tariff' ELSE 'dwelling' END;
        ELSE
            reason := ops.why_no_estimate(point.point_code, of_method);
        END IF;
        energy_kwh := round(daily_kwh * (span_to - span_from), 3);
        RETURN NEXT;
    END LOOP;
END
$$;

-- Makes the estimates of a month and returns them all, with those that could not be made and why.
CREATE OR REPLACE FUNCTION ops.estimate_readings(
    of_res_ids integer[], of_month date, of_method text, of_place text, of_book text, of_source_id bigint
)
RETURNS TABLE (
    account_no text, point_code text, serial_no text, zone_code text, kind text, basis text, span_from date,
    span_to date, last_kwh numeric, daily_kwh numeric, energy_kwh numeric, value_kwh numeric, point_count bigint,
    booked_month date, reason text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    month date := date_trunc('month', of_month)::date;
BEGIN
    IF of_method NOT IN ('best', 'average', 'contract', 'group') THEN
        PERFORM ops.refuse(
            'Readings are not estimated by "%s"; methods are best, average, contract, group.', of_method
        );
    END IF;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'enter_readings', r)
    FROM unnest(of_res_ids) AS r;
    IF (month + interval '1 month')::date > current_date THEN
        PERFORM ops.refuse(
            'Month %s is not over yet; what is not read in it can be estimated from %s on.', to_char(month, 'YYYY-MM'),
            (month + interval '1 month')::date::text
        );
    END IF;
    -- Waits for whoever enters a reading there, and makes the next one wait.
    PERFORM 1 FROM ops.metering_point AS p
    WHERE p.metering_point_id IN (
        SELECT m.metering_point_id FROM ops.points_of_month(of_res_ids, month, of_place, of_book) AS m
    )
    ORDER BY p.metering_point_id FOR UPDATE;
    RETURN QUERY
    WITH made AS MATERIALIZED (
        SELECT e.*, row_number() OVER () AS row_no, nextval('ops.reading_id_seq') AS reading_id
        FROM ops.estimates_to_make(of_res_ids, month, of_method, of_place, of_book) AS e
    ),
    booked AS MATERIALIZED (
        SELECT m.*, b.booked_month, b.not_before
        FROM made AS m
        INNER JOIN ops.months_to_book(
            (SELECT array_agg(d.metering_point_id ORDER BY d.row_no) FROM made AS d),
            (SELECT array_agg(d.span_to ORDER BY d.row_no) FROM made AS d)
        ) AS b ON b.row_no = m.row_no
    ),
    entering AS (
        INSERT INTO ops.reading (
            account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
            is_opening, res_id, source_id
        )
        SELECT
            b.account_id, b.booked_month, b.reading_id, b.metering_point_id, b.meter_id, b.zone_code, b.span_to,
            b.value_kwh, b.kind, false, b.res_id, of_source_id
        FROM booked AS b
        WHERE b.kind IS NOT NULL AND b.booked_month IS NOT NULL
    )
    SELECT
        b.account_no, b.point_code, b.serial_no, b.zone_code, CASE WHEN b.booked_month IS NOT NULL THEN b.kind END,
        b.basis, b.span_from, b.span_to, b.last_kwh, b.daily_kwh, b.energy_kwh, b.value_kwh, b.point_count,
        b.booked_month, coalesce(b.reason, ops.why_not_booked(b.point_code, b.res_id, b.booked_month, b.not_before))
    FROM booked AS b
    ORDER BY b.row_no;
    RETURN QUERY
    WITH made AS MATERIALIZED (
        SELECT e.*, row_number() OVER () AS row_no
        FROM ops.energy_to_estimate(of_res_ids, month, of_method, of_place, of_book) AS e
    ),
    booked AS MATERIALIZED (
        SELECT m.*, b.booked_month, b.not_before
        FROM made AS m
        INNER JOIN ops.months_to_book(
            (SELECT array_agg(d.metering_point_id ORDER BY d.row_no) FROM made AS d),
            (SELECT array_agg(d.span_to ORDER BY d.row_no) FROM made AS d)
        ) AS b ON b.row_no = m.row_no
    ),
    telling AS (
        INSERT INTO ops.measured_energy (
            account_id, booked_month, metering_point_id, direction, span_from, span_no, span_to, energy_kwh, kind,
            res_id, source_id
        )
        SELECT
            b.account_id, b.booked_month, b.metering_point_id, 'consumed', b.span_from,
            1 + coalesce((
                SELECT max(e.span_no) FROM ops.measured_energy AS e
                WHERE e.account_id = b.account_id AND e.booked_month = b.booked_month
                    AND e.metering_point_id = b.metering_point_id AND e.direction = 'consumed'
                    AND e.span_from = b.span_from
            ), 0), b.span_to, b.energy_kwh, b.kind, b.res_id, of_source_id
        FROM booked AS b
        WHERE b.kind IS NOT NULL AND b.booked_month IS NOT NULL
    )
    SELECT
        b.account_no, b.point_code, NULL::text, NULL::text,
        CASE WHEN b.booked_month IS NOT NULL THEN b.kind END, b.basis, b.span_from, b.span_to, NULL::numeric, b.daily_kwh, b.energy_kwh, NULL::numeric, b.point_count, b.booked_month,
        coalesce(b.reason, ops.why_not_booked(b.point_code, b.res_id, b.booked_month, b.not_before))
    FROM booked AS b
    ORDER BY b.row_no;
END
$$;
