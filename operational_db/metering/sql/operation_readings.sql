-- The values that an operation on a meter enters.

-- The registers of a meter as they count up to a day (closing) or from it on (opening).
CREATE OR REPLACE FUNCTION ops.registers_on(of_meter_id bigint, on_day date, of_purpose text)
RETURNS TABLE (zone_code text, digits smallint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.zone_code, g.digits
    FROM ops.meter_register AS g
    WHERE g.meter_id = of_meter_id AND g.known_to IS NULL
        AND CASE of_purpose
            WHEN 'closing' THEN
                (g.valid_from IS NULL OR g.valid_from < on_day) AND (g.valid_to IS NULL OR on_day <= g.valid_to)
            ELSE (g.valid_from IS NULL OR g.valid_from <= on_day) AND (g.valid_to IS NULL OR on_day < g.valid_to)
        END;
END;

-- Enters the values of a meter on a day of an operation, one for each scale that it counts on then. A closing value is
-- judged as any reading is; one that the judge would hold stops the operation, unless that is confirmed with a note:
-- then it stands at once, as a reading confirmed at the counter does. Before a closing value that no standing one
-- precedes there is nothing to count from: it is kept as a control.
CREATE OR REPLACE FUNCTION ops.enter_operation_readings(
    of_operation_id bigint, at_metering_point_id bigint, of_meter_id bigint, on_day date, given jsonb, of_purpose text,
    of_kind text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    point record;
    operation record;
    serial text := (SELECT m.serial_no FROM ops.meter AS m WHERE m.meter_id = of_meter_id);
    month date := ops.month_to_book(at_metering_point_id, on_day);
    wanted text;
    register record;
    new_id bigint;
BEGIN
    SELECT p.account_id, p.code, a.res_id INTO point
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = at_metering_point_id;
    SELECT u.login AS confirmed_by, o.note INTO operation
    FROM ops.meter_operation AS o
    LEFT JOIN ops.app_user AS u ON u.user_id = o.confirmed_by
    WHERE o.meter_operation_id = of_operation_id;
    SELECT string_agg(g.zone_code, ', ' ORDER BY z.sort_order) INTO wanted
    FROM ops.registers_on(of_meter_id, on_day, of_purpose) AS g
    INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code;
    IF (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(coalesce(given, '{}')) AS k)
        IS DISTINCT FROM
        (SELECT array_agg(g.zone_code ORDER BY g.zone_code) FROM ops.registers_on(of_meter_id, on_day, of_purpose) AS g)
    THEN
        PERFORM ops.refuse(
            'Meter "%s" counts on %s; give its value of %s for each scale, no more and no fewer (given: %s).', serial,
            coalesce(wanted, 'no scale'), on_day::text,
            coalesce((SELECT string_agg(k, ', ') FROM jsonb_object_keys(coalesce(given, '{}')) AS k), 'none')
        );
    END IF;
    FOR register IN
        SELECT * FROM ops.judge_operation_values(
            at_metering_point_id, of_meter_id, on_day, given, of_purpose
        ) AS j
    LOOP
        IF register.verdict = 'refused' THEN
            PERFORM ops.refuse('%s', register.sentence);
        ELSIF register.verdict = 'quarantined' AND operation.confirmed_by IS NULL THEN
            PERFORM ops.refuse(
                '%s Nothing was done: give the right value, or confirm it with a note on how it was checked '
                '(--confirmed --note).', register.sentence
            );
        END IF;
        INSERT INTO ops.reading (
            account_id, booked_month, reading_id, metering_point_id, meter_id, zone_code, read_on, value_kwh, kind,
            is_opening, res_id, source_id
        )
        VALUES (
            point.account_id, month, nextval('ops.reading_id_seq'), at_metering_point_id, of_meter_id,
            register.zone_code, on_day, register.value_kwh, of_kind, of_purpose = 'opening', point.res_id, of_source_id
        )
        RETURNING reading_id INTO new_id;
        INSERT INTO ops.meter_operation_reading (reading_id, meter_operation_id, account_id, booked_month, purpose)
        VALUES (new_id, of_operation_id, point.account_id, month, of_purpose);
        INSERT INTO ops.reading_event (account_id, booked_month, reading_id, event, reason, rule, source_id)
        SELECT
            point.account_id, month, new_id,
            CASE register.verdict WHEN 'control' THEN 'quarantined' ELSE 'released' END,
            CASE register.verdict
                WHEN 'control' THEN
                    'Control reading: no reading of this scale stands before it, so no energy is counted up to it.'
                ELSE ops.confirmed_in_words(operation.confirmed_by, operation.note)
            END,
            CASE register.verdict WHEN 'quarantined' THEN register.rule END, of_source_id
        WHERE register.verdict IN ('control', 'quarantined');
    END LOOP;
END
$$;

-- What the judge of readings says of the values of an operation, those first that stop it. An opening value has
-- nothing before it that it could be measured by: it only has to fit on its register. A closing value with nothing
-- before it becomes a control; another scale of that meter is then held to be looked at, since a meter is judged whole.
CREATE OR REPLACE FUNCTION ops.judge_operation_values(
    at_metering_point_id bigint, of_meter_id bigint, on_day date, given jsonb, of_purpose text
)
RETURNS TABLE (zone_code text, value_kwh numeric, verdict text, rule text, sentence text)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH told AS MATERIALIZED (
        SELECT p.code, m.serial_no, g.zone_code, g.digits, (given ->> g.zone_code)::numeric AS value
        FROM ops.registers_on(of_meter_id, on_day, of_purpose) AS g
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = at_metering_point_id
        INNER JOIN ops.meter AS m ON m.meter_id = of_meter_id
    ),
    judged AS (
        SELECT j.zone_code, j.value_kwh, j.verdict, j.rule, j.sentence
        FROM ops.judge_readings(
            (SELECT array_agg(t.code ORDER BY t.zone_code) FROM told AS t),
            (SELECT array_agg(t.serial_no ORDER BY t.zone_code) FROM told AS t),
            (SELECT array_agg(t.zone_code ORDER BY t.zone_code) FROM told AS t),
            (SELECT array_agg(on_day ORDER BY t.zone_code) FROM told AS t),
            (SELECT array_agg(t.value ORDER BY t.zone_code) FROM told AS t),
            (SELECT array_agg('control'::text ORDER BY t.zone_code) FROM told AS t)
        ) AS j
        WHERE of_purpose = 'closing'
        UNION ALL
        SELECT
            t.zone_code, t.value, CASE WHEN r.rule IS NULL THEN 'accepted' ELSE 'refused' END, r.rule,
            ops.sentence_about_reading(
                r.rule, ops.reading_in_words(t.value, t.code, t.serial_no, t.zone_code, on_day),
                jsonb_build_object('digits', t.digits)
            )
        FROM told AS t
        CROSS JOIN LATERAL ops.rule_broken_by_value(t.value, t.digits) AS r (rule)
        WHERE of_purpose <> 'closing'
    ),
    whole AS (
        SELECT
            j.*,
            bool_or(j.verdict = 'refused' AND j.rule NOT IN ('before_opening', 'scales_refused')) OVER () AS any_refused
        FROM judged AS j
    )
    SELECT w.zone_code, w.value_kwh, v.verdict, w.rule, w.sentence
    FROM whole AS w
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN w.any_refused OR w.verdict <> 'refused' THEN w.verdict
            WHEN w.rule = 'before_opening' THEN 'control'
            ELSE 'quarantined'
        END AS verdict
    ) AS v
    ORDER BY
        v.verdict = 'refused' AND w.rule <> 'scales_refused' DESC, v.verdict = 'refused' DESC,
        v.verdict = 'quarantined' AND w.rule <> 'scales_in_doubt' DESC, v.verdict = 'quarantined' DESC, w.zone_code;
END
$$;

-- The values of an operation with the energy that each closes, counted as billing counts it: from the last standing
-- value of the scale before. Empty energy: an opening value, or one that is kept as a control.
CREATE OR REPLACE FUNCTION ops.readings_of_operation(of_operation_id bigint)
RETURNS TABLE (
    serial_no text, point_code text, zone_code text, purpose text, read_on date, value_kwh numeric, kind text,
    booked_month date, counted_from date, counted_from_kwh numeric, ratio numeric, energy_kwh numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        m.serial_no, p.code, r.zone_code, o.purpose, r.read_on, r.value_kwh, r.kind, r.booked_month,
        before.read_on AS counted_from, before.value_kwh AS counted_from_kwh, i.ratio,
        ops.register_energy_kwh(before.value_kwh, r.value_kwh, g.digits, i.ratio)
    FROM ops.meter_operation_reading AS o
    INNER JOIN ops.reading AS r
        ON r.account_id = o.account_id AND r.booked_month = o.booked_month AND r.reading_id = o.reading_id
    INNER JOIN ops.meter AS m ON m.meter_id = r.meter_id
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = r.metering_point_id
    INNER JOIN ops.zone AS z ON z.zone_code = r.zone_code
    LEFT JOIN LATERAL (
        SELECT b.read_on, b.value_kwh
        FROM ops.reading AS b
        WHERE b.account_id = r.account_id AND b.metering_point_id = r.metering_point_id AND b.meter_id = r.meter_id
            AND b.zone_code = r.zone_code AND b.read_on < r.read_on
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = b.reading_id)
        ORDER BY b.read_on DESC, b.reading_id DESC
        LIMIT 1
    ) AS before ON o.purpose = 'closing'
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = r.meter_id AND g.zone_code = r.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < r.read_on) AND (g.valid_to IS NULL OR r.read_on <= g.valid_to)
    LEFT JOIN ops.meter_installation AS i
        ON i.meter_id = r.meter_id AND i.metering_point_id = r.metering_point_id AND i.known_to IS NULL
        AND i.valid_from < r.read_on AND (i.valid_to IS NULL OR r.read_on <= i.valid_to)
    WHERE o.meter_operation_id = of_operation_id
    ORDER BY o.purpose, m.serial_no, z.sort_order;
END;

-- The last standing value of each scale of the meters that hang at a point.
CREATE OR REPLACE FUNCTION ops.last_readings(at_point_code text)
RETURNS TABLE (serial_no text, zone_code text, read_on date, value_kwh numeric, kind text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT m.serial_no, g.zone_code, last.read_on, last.value_kwh, last.kind
    FROM ops.metering_point AS p
    INNER JOIN ops.meter_installation AS i
        ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL AND i.valid_to IS NULL
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    INNER JOIN ops.meter_register AS g ON g.meter_id = m.meter_id AND g.known_to IS NULL AND g.valid_to IS NULL
    INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code
    CROSS JOIN LATERAL (
        SELECT r.read_on, r.value_kwh, r.kind
        FROM ops.reading AS r
        WHERE r.account_id = p.account_id AND r.metering_point_id = p.metering_point_id AND r.meter_id = m.meter_id
            AND r.zone_code = g.zone_code
            AND NOT EXISTS (SELECT 1 FROM ops.reading_set_aside AS a WHERE a.reading_id = r.reading_id)
        ORDER BY r.read_on DESC, r.reading_id DESC
        LIMIT 1
    ) AS last
    WHERE p.code = at_point_code
    ORDER BY m.serial_no, z.sort_order;
END;
