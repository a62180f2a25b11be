-- Entering readings: held, judged, written, all in one transaction of the calling command. What is refused is kept
-- beside (ops.refused_reading); a command that lets nothing enter where something is refused takes all of it back.
CREATE OR REPLACE FUNCTION ops.enter_readings(
    of_rows integer[], of_places text[], of_serial_nos text[], of_zones text[], of_days date[], of_values numeric[],
    of_kinds text[], is_confirmed boolean, of_note text, of_source_id bigint
)
RETURNS TABLE (
    source_row integer, place text, verdict text, rule text, sentence text, account_id bigint, res_id integer,
    metering_point_id bigint, point_code text, meter_id bigint, serial_no text, zone_code text, read_on date,
    value_kwh numeric, kind text, booked_month date, counted_from date, counted_from_kwh numeric, energy_kwh numeric,
    is_rollover boolean, usual_kwh numeric, usual_basis text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
SET plan_cache_mode = 'force_custom_plan'
AS $$
#variable_conflict use_column
DECLARE
    login text := current_setting('wattbook.user_login', true);
    points_at_once CONSTANT integer := 10000;
    steps integer[];
    held_points bigint[];
    res_ids integer[];
    this_step integer;
BEGIN
    PERFORM ops.require_note_of_confirmation(is_confirmed, of_note);
    -- Readings of one meter are judged day after day, each beside those before it, in whatever order they are told.
    -- Points know nothing of each other: of a large file as many are judged at once as memory holds with their history.
    SELECT
        array_agg(f.step ORDER BY f.row_no), array_agg(DISTINCT f.metering_point_id) FILTER (WHERE f.rule IS NULL),
        array_agg(DISTINCT f.res_id) FILTER (WHERE f.res_id IS NOT NULL)
    INTO steps, held_points, res_ids
    FROM (
        SELECT o.*, dense_rank() OVER (ORDER BY o.point_no / points_at_once, o.turn) AS step
        FROM (
            SELECT
                r.row_no, r.rule, r.metering_point_id, r.res_id,
                dense_rank() OVER (PARTITION BY r.metering_point_id, r.meter_id ORDER BY d.day) AS turn,
                dense_rank() OVER (ORDER BY r.metering_point_id) AS point_no
            FROM ops.find_told_registers(of_places, of_serial_nos, of_zones, of_days) AS r
            INNER JOIN unnest(of_days) WITH ORDINALITY AS d (day, row_no) ON d.row_no = r.row_no
        ) AS o
    ) AS f;
    PERFORM ops.require_right(login, 'enter_readings', r) FROM unnest(res_ids) AS r;
    -- Two commands about one point wait for each other, so that a day is entered once.
    PERFORM 1 FROM ops.metering_point AS p
    WHERE p.metering_point_id = ANY (held_points) ORDER BY p.metering_point_id FOR UPDATE;

    FOR this_step IN SELECT DISTINCT s FROM unnest(steps) AS s ORDER BY s LOOP
        RETURN QUERY
        WITH told AS MATERIALIZED (
            SELECT t.*, row_number() OVER (ORDER BY t.told_no) AS row_no
            FROM unnest(of_rows, of_places, of_serial_nos, of_zones, of_days, of_values, of_kinds, steps)
                WITH ORDINALITY AS t (source_row, place, serial_no, zone_code, day, value, kind, step, told_no)
            -- Of a plain comparison the planner would expect a handful, and compare each with each below.
            WHERE CASE WHEN t.step = this_step THEN true ELSE false END
        ),
        judged AS MATERIALIZED (
            SELECT
                t.source_row, t.place, j.*, nextval('ops.reading_id_seq') AS reading_id,
                -- No word of a clerk makes a value fit that stands above the next one: which of them is wrong is to be
                -- decided, and until then neither becomes a passage through zero.
                is_confirmed AND NOT bool_or(coalesce(j.rule = 'between', false)) OVER (
                    PARTITION BY j.metering_point_id, j.meter_id, j.read_on
                ) AS is_vouched_for
            FROM ops.judge_readings(
                (SELECT array_agg(t.place ORDER BY t.row_no) FROM told AS t),
                (SELECT array_agg(t.serial_no ORDER BY t.row_no) FROM told AS t),
                (SELECT array_agg(t.zone_code ORDER BY t.row_no) FROM told AS t),
                (SELECT array_agg(t.day ORDER BY t.row_no) FROM told AS t),
                (SELECT array_agg(t.value ORDER BY t.row_no) FROM told AS t),
                (SELECT array_agg(t.kind ORDER BY t.row_no) FROM told AS t)
            ) AS j
            INNER JOIN told AS t ON t.row_no = j.row_no
        ),
        entering AS (
            INSERT INTO ops.reading (
                account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
                is_opening, res_id, source_id, source_row
            )
            SELECT
                j.account_id, j.booked_month, j.reading_id, j.metering_point_id, j.meter_id, j.zone_code, j.read_on,
                j.value_kwh, j.kind, false, j.res_id, of_source_id, j.source_row
            FROM judged AS j
            WHERE j.verdict IN ('accepted', 'quarantined')
        ),
        doubting AS (
            INSERT INTO ops.reading_event (
                account_id, booked_month, reading_id, event, reason, rule, source_id, source_row
            )
            SELECT
                j.account_id, j.booked_month, j.reading_id,
                CASE WHEN j.is_vouched_for THEN 'released' ELSE 'quarantined' END,
                CASE
                    WHEN j.is_vouched_for THEN ops.confirmed_in_words(login, of_note)
                    ELSE j.sentence
                END,
                j.rule, of_source_id, j.source_row
            FROM judged AS j
            WHERE j.verdict = 'quarantined'
        ),
        refusing AS (
            INSERT INTO ops.refused_reading (res_id, told, rule, reason, source_id, source_row)
            SELECT
                j.res_id,
                jsonb_build_object(
                    'place', t.place, 'serial_no', t.serial_no, 'zone_code', t.zone_code, 'read_on', t.day,
                    'value_kwh', t.value, 'kind', t.kind
                ), j.rule, j.sentence, of_source_id, j.source_row
            FROM judged AS j
            INNER JOIN told AS t ON t.row_no = j.row_no
            WHERE j.verdict = 'refused'
        )
        SELECT
            j.source_row, j.place,
            CASE WHEN j.is_vouched_for AND j.verdict = 'quarantined' THEN 'accepted' ELSE j.verdict END,
            j.rule, j.sentence, j.account_id, j.res_id, j.metering_point_id, j.point_code, j.meter_id, j.serial_no,
            j.zone_code, j.read_on, j.value_kwh, j.kind, j.booked_month, j.counted_from, j.counted_from_kwh,
            j.energy_kwh, j.is_rollover, j.usual_kwh, j.usual_basis
        FROM judged AS j
        ORDER BY j.source_row;
    END LOOP;
END
$$;

-- Keeps rows of a file that could not be understood at all, beside those that the judge refused.
CREATE OR REPLACE FUNCTION ops.keep_refused_readings(
    of_rows integer[], of_told jsonb[], of_reasons text[], of_source_id bigint
)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    INSERT INTO ops.refused_reading (told, rule, reason, source_id, source_row)
    SELECT r.told, 'unreadable', r.reason, of_source_id, r.source_row
    FROM unnest(of_rows, of_told, of_reasons) AS r (source_row, told, reason);
END;
