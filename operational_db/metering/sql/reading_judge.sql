-- The judge of readings: one function that says of each value what becomes of it, wherever it comes from.
--
-- accepted: it enters and is billed. A value below the last one is accepted where the register plausibly passed zero.
-- quarantined: it enters with the reason, and nothing is billed on it until a person releases it.
-- refused: it cannot stand at all; the sentence says why and what to do.
-- entered_already: the same value of the day stands there; nothing is to be done.

-- What no register can show, whatever stands before it; empty where the value can stand.
CREATE OR REPLACE FUNCTION ops.rule_broken_by_value(value_kwh numeric, digits smallint)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN value_kwh IS NULL OR value_kwh IN ('NaN', 'Infinity', '-Infinity') THEN 'number'
    WHEN value_kwh < 0 OR value_kwh >= power(10::numeric, digits) THEN 'range'
    WHEN value_kwh <> round(value_kwh, 6) THEN 'decimals'
END;

-- Judges readings against the book and beside each other: of each meter at most one day at a time, with all its scales
-- of that day. Readings of the book that are named in passing_over are looked through as if they were not there.
CREATE OR REPLACE FUNCTION ops.judge_readings(
    of_places text[], of_serial_nos text[], of_zones text[], of_days date[], of_values numeric[], of_kinds text[],
    passing_over bigint[] DEFAULT '{}'
)
RETURNS TABLE (
    row_no bigint, verdict text, rule text, sentence text, account_id bigint, res_id integer, metering_point_id bigint,
    point_code text, meter_id bigint, serial_no text, zone_code text, read_on date, value_kwh numeric, kind text,
    booked_month date, counted_from date, counted_from_kwh numeric, energy_kwh numeric, is_rollover boolean,
    usual_kwh numeric, usual_basis text
)
LANGUAGE plpgsql STABLE
-- The size of the arrays decides the plan.
SET plan_cache_mode = 'force_custom_plan'
SET enable_nestloop = 'on'
AS $$
#variable_conflict use_column
BEGIN
    -- The planner takes what earlier steps find for a handful of rows. With a file of readings it would compare each
    -- with each.
    PERFORM set_config('enable_nestloop', CASE WHEN cardinality(of_places) < 1000 THEN 'on' ELSE 'off' END, true);
    RETURN QUERY
    WITH told AS MATERIALIZED (
        SELECT
            f.*, t.place, t.day, t.value, t.kind, k.made_by,
            first_value(t.row_no) OVER register AS first_row_no, first_value(t.value) OVER register AS first_value,
            min(t.value) OVER same_day <> max(t.value) OVER same_day AS differs
        FROM unnest(of_places, of_days, of_values, of_kinds)
            WITH ORDINALITY AS t (place, day, value, kind, row_no)
        INNER JOIN ops.find_told_registers(of_places, of_serial_nos, of_zones, of_days) AS f ON f.row_no = t.row_no
        LEFT JOIN ops.reading_kind AS k ON k.kind = t.kind
        WINDOW
            register AS (PARTITION BY f.metering_point_id, f.meter_id, f.zone_code, t.day ORDER BY t.row_no),
            same_day AS (PARTITION BY f.metering_point_id, f.meter_id, f.zone_code, t.day)
    ),
    entered AS MATERIALIZED (
        SELECT e.*
        FROM ops.entered_values(
            (SELECT array_agg(DISTINCT t.metering_point_id) FROM told AS t WHERE t.rule IS NULL)
        ) AS e
        WHERE e.reading_id <> ALL (passing_over)
    ),
    beside AS MATERIALIZED (
        -- The values before, after and of the day. A row for every reading told, also where nothing stands beside it:
        -- so the planner expects as many rows as are told. Expecting one, it would compare each reading with each.
        SELECT
            t.row_no, count(e.reading_id) AS entered_count,
            max(e.read_on) FILTER (WHERE e.is_standing AND e.read_on < t.day) AS opening_on,
            (array_agg(e.value_kwh ORDER BY e.read_on DESC, e.reading_id DESC)
                FILTER (WHERE e.is_standing AND e.read_on < t.day))[1] AS opening_kwh,
            min(e.read_on) FILTER (WHERE e.is_standing AND e.read_on > t.day) AS following_on,
            (array_agg(e.value_kwh ORDER BY e.read_on, e.reading_id)
                FILTER (WHERE e.is_standing AND e.read_on > t.day))[1] AS following_kwh,
            (array_agg(e.value_kwh ORDER BY e.reading_id) FILTER (WHERE e.read_on = t.day))[1] AS entered_kwh,
            (array_agg(e.is_standing ORDER BY e.reading_id) FILTER (WHERE e.read_on = t.day))[1] AS is_standing
        FROM told AS t
        LEFT JOIN entered AS e
            ON e.metering_point_id = t.metering_point_id AND e.meter_id = t.meter_id AND e.zone_code = t.zone_code
            AND e.is_counted
        GROUP BY t.row_no
    ),
    month AS (
        SELECT t.row_no, m.not_before, m.booked_month
        FROM (
            SELECT f.row_no, row_number() OVER (ORDER BY f.row_no) AS asked_no FROM told AS f WHERE f.rule IS NULL
        ) AS t
        INNER JOIN ops.months_to_book(
            (SELECT array_agg(f.metering_point_id ORDER BY f.row_no) FROM told AS f WHERE f.rule IS NULL),
            (SELECT array_agg(f.day ORDER BY f.row_no) FROM told AS f WHERE f.rule IS NULL)
        ) AS m ON m.row_no = t.asked_no
    ),
    scales_missing AS (
        -- Scales that the meter counts on and that are neither told nor entered for the day; empty where none is.
        SELECT
            d.metering_point_id, d.meter_id, d.day,
            string_agg(g.zone_code, ', ' ORDER BY z.sort_order)
                FILTER (WHERE t.row_no IS NULL AND e.reading_id IS NULL) AS zones
        FROM (SELECT DISTINCT t.metering_point_id, t.meter_id, t.day FROM told AS t WHERE t.rule IS NULL) AS d
        INNER JOIN ops.meter_register AS g
            ON g.meter_id = d.meter_id AND g.known_to IS NULL
            AND (g.valid_from IS NULL OR g.valid_from < d.day) AND (g.valid_to IS NULL OR d.day <= g.valid_to)
        INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code
        LEFT JOIN told AS t
            ON t.metering_point_id = d.metering_point_id AND t.meter_id = d.meter_id AND t.day = d.day
            AND t.zone_code = g.zone_code
        LEFT JOIN entered AS e
            ON e.metering_point_id = d.metering_point_id AND e.meter_id = d.meter_id AND e.zone_code = g.zone_code
            AND e.read_on = d.day AND e.is_counted
        GROUP BY d.metering_point_id, d.meter_id, d.day
    ),
    asked AS (
        SELECT
            t.*, m.booked_month, m.not_before, b.opening_on, b.opening_kwh, b.following_on, b.following_kwh,
            b.entered_kwh, b.is_standing, z.zones AS zones_missing,
            CASE
                WHEN t.rule IS NOT NULL THEN t.rule
                WHEN t.made_by IS DISTINCT FROM 'entry' THEN 'kind'
                WHEN ops.rule_broken_by_value(t.value, t.digits) IS NOT NULL
                    THEN ops.rule_broken_by_value(t.value, t.digits)
                WHEN t.day > current_date THEN 'future'
                WHEN t.differs THEN 'told_twice'
                WHEN t.first_row_no < t.row_no THEN 'repeated'
                WHEN b.entered_kwh = t.value THEN 'entered'
                WHEN b.entered_kwh IS NOT NULL THEN 'other_value'
                WHEN b.opening_on IS NULL AND b.entered_count > 0 THEN 'before_opening'
                WHEN m.booked_month IS NULL THEN 'month'
                WHEN z.zones IS NOT NULL THEN 'scales_missing'
            END AS entry_rule
        FROM told AS t
        INNER JOIN beside AS b ON b.row_no = t.row_no
        LEFT JOIN month AS m ON m.row_no = t.row_no
        LEFT JOIN scales_missing AS z
            ON z.metering_point_id = t.metering_point_id AND z.meter_id = t.meter_id AND z.day = t.day
    ),
    counted AS MATERIALIZED (
        SELECT
            a.*,
            CASE WHEN a.entry_rule IS NULL
                THEN ops.register_energy_kwh(a.opening_kwh, a.value, a.digits, a.ratio)
            END AS energy_kwh,
            -- A meter is read as a whole: if one scale cannot enter, none does.
            bool_or(a.entry_rule IS NOT NULL AND a.entry_rule NOT IN ('repeated', 'entered')) OVER meter AS any_refused
        FROM asked AS a
        WINDOW meter AS (PARTITION BY a.metering_point_id, a.meter_id, a.day)
    ),
    meter_day AS MATERIALIZED (
        -- All scales of a meter together, as they are judged for a jump.
        SELECT
            c.metering_point_id, c.meter_id, c.day, min(c.opening_on) AS opening_on, sum(c.energy_kwh) AS energy_kwh,
            row_number() OVER (ORDER BY c.metering_point_id, c.meter_id, c.day) AS span_no,
            -- Scales beside a scale of all hours must make its sum, counted from the same day.
            sum(c.energy_kwh / c.ratio) FILTER (WHERE c.zone_code <> 'all') AS parts_kwh,
            sum(c.energy_kwh / c.ratio) FILTER (WHERE c.zone_code = 'all') AS whole_kwh,
            count(*) FILTER (WHERE c.zone_code <> 'all') AS part_count,
            min(c.opening_on) = max(c.opening_on) AS from_one_day
        FROM counted AS c
        WHERE c.entry_rule IS NULL
        GROUP BY c.metering_point_id, c.meter_id, c.day
    ),
    usual AS (
        SELECT d.metering_point_id, d.meter_id, d.day, u.usual_kwh, u.usual_basis, u.level_kwh
        FROM ops.usual_uses(
            (SELECT array_agg(d.metering_point_id ORDER BY d.span_no) FROM meter_day AS d),
            (SELECT array_agg(d.opening_on ORDER BY d.span_no) FROM meter_day AS d),
            (SELECT array_agg(d.day ORDER BY d.span_no) FROM meter_day AS d)
        ) AS u
        INNER JOIN meter_day AS d ON d.span_no = u.row_no
    ),
    doubted AS (
        SELECT
            c.*, u.usual_kwh * (c.day - c.opening_on) AS usual_kwh, u.usual_basis,
            d.energy_kwh AS meter_kwh, d.parts_kwh, d.whole_kwh, b.jump_floor_kwh,
            CASE
                WHEN u.level_kwh IS NULL THEN b.jump_turn_share * power(10::numeric, c.digits) * c.ratio
                ELSE b.jump_use_factor * u.level_kwh * (c.day - d.opening_on) + b.jump_floor_kwh
            END AS believed_kwh,
            c.connected_load_kw * 24 * (c.day - d.opening_on) AS load_kwh,
            CASE
                WHEN c.entry_rule IS NOT NULL THEN NULL
                WHEN c.following_kwh >= c.opening_kwh AND c.value NOT BETWEEN c.opening_kwh AND c.following_kwh
                    THEN 'between'
                WHEN c.following_kwh < c.opening_kwh AND c.value > c.following_kwh AND c.value < c.opening_kwh
                    THEN 'between'
                WHEN c.following_on IS NULL AND c.value < c.opening_kwh AND NOT ops.is_plausible_rollover(
                    c.opening_kwh, c.value, c.digits, c.ratio, u.level_kwh * (c.day - c.opening_on)
                ) THEN 'decrease'
                WHEN d.from_one_day AND abs(d.parts_kwh - d.whole_kwh) > b.zone_sum_tolerance_kwh * (d.part_count + 1)
                    THEN 'zone_sum'
                WHEN d.energy_kwh > c.connected_load_kw * 24 * (c.day - d.opening_on) THEN 'load'
                WHEN d.energy_kwh > CASE
                    WHEN u.level_kwh IS NULL THEN b.jump_turn_share * power(10::numeric, c.digits) * c.ratio
                    ELSE b.jump_use_factor * u.level_kwh * (c.day - d.opening_on) + b.jump_floor_kwh
                END THEN 'jump'
            END AS doubt
        FROM counted AS c
        CROSS JOIN ops.reading_bound AS b
        LEFT JOIN meter_day AS d
            ON d.metering_point_id = c.metering_point_id AND d.meter_id = c.meter_id AND d.day = c.day
        LEFT JOIN usual AS u
            ON u.metering_point_id = c.metering_point_id AND u.meter_id = c.meter_id AND u.day = c.day
    ),
    judged AS (
        SELECT
            d.*,
            CASE
                WHEN d.entry_rule IS NOT NULL THEN d.entry_rule
                WHEN d.any_refused THEN 'scales_refused'
                WHEN d.doubt IS NOT NULL THEN d.doubt
                WHEN bool_or(d.doubt IS NOT NULL) OVER meter THEN 'scales_in_doubt'
                WHEN d.opening_on IS NULL THEN 'first'
                WHEN d.value < d.opening_kwh THEN 'rollover'
            END AS final_rule,
            ops.reading_in_words(d.value, d.point_code, d.serial_no, d.zone_code, d.day) AS what
        FROM doubted AS d
        WINDOW meter AS (PARTITION BY d.metering_point_id, d.meter_id, d.day)
    )
    SELECT
        j.row_no,
        CASE
            WHEN j.final_rule IS NULL OR j.final_rule IN ('first', 'rollover') THEN 'accepted'
            WHEN j.final_rule IN ('repeated', 'entered') THEN 'entered_already'
            WHEN j.final_rule IN ('between', 'decrease', 'zone_sum', 'load', 'jump', 'scales_in_doubt')
                THEN 'quarantined'
            ELSE 'refused'
        END,
        j.final_rule,
        CASE
            WHEN j.rule IS NOT NULL THEN j.sentence
            WHEN j.final_rule IS NOT NULL THEN ops.sentence_about_reading(j.final_rule, j.what, jsonb_build_object(
                'kind', j.kind, 'value', j.value, 'digits', j.digits, 'first_row_no', j.first_row_no,
                'entered_kwh', trim_scale(j.entered_kwh), 'in_doubt', NOT j.is_standing, 'not_before', j.not_before,
                'res_id', j.res_id, 'zones_missing', j.zones_missing, 'opening_kwh', trim_scale(j.opening_kwh),
                'opening_on', j.opening_on, 'following_kwh', trim_scale(j.following_kwh),
                'following_on', j.following_on, 'energy_kwh', trim_scale(j.energy_kwh),
                'meter_kwh', trim_scale(round(j.meter_kwh, 3)), 'usual_kwh', trim_scale(round(j.usual_kwh, 1)),
                'usual_basis', j.usual_basis, 'believed_kwh', trim_scale(round(j.believed_kwh, 1)),
                'load_kwh', trim_scale(round(j.load_kwh, 1)), 'parts_kwh', trim_scale(round(j.parts_kwh, 3)),
                'whole_kwh', trim_scale(round(j.whole_kwh, 3))
            ))
        END,
        j.account_id, j.res_id, j.metering_point_id, j.point_code, j.meter_id, j.serial_no, j.zone_code, j.day, j.value,
        j.kind, j.booked_month, j.opening_on, j.opening_kwh, j.energy_kwh,
        j.energy_kwh IS NOT NULL AND j.value < j.opening_kwh, j.usual_kwh, j.usual_basis
    FROM judged AS j
    ORDER BY j.row_no;
END
$$;
