-- Consumption put right by a person. The register keeps what it counted; an adjustment adds energy to, or takes it
-- from, the span between two readings in which its day lies, and what was billed is billed anew by the next run.

-- Adds to the spans of a table what was adjusted of them. A span that would have less than nothing is left without
-- energy, so that the run reports it.
CREATE OR REPLACE FUNCTION ops.adjust_spans(spans text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ops.consumption_adjustment) THEN
        RETURN;
    END IF;
    EXECUTE format(
        $statement$
        WITH adjusted AS (
            SELECT s.metering_point_id, s.zone_code, s.closing_reading_id, sum(j.adjusted_kwh) AS adjusted_kwh
            FROM %1$s AS s
            INNER JOIN ops.consumption_adjustment AS j
                ON j.metering_point_id = s.metering_point_id AND j.meter_id = s.meter_id AND j.zone_code = s.zone_code
                AND j.used_on >= s.span_from AND j.used_on < s.span_to
            WHERE s.closing_reading_id IS NOT NULL
            GROUP BY s.metering_point_id, s.zone_code, s.closing_reading_id
        )
        UPDATE %1$s AS s
        SET energy_kwh = CASE WHEN s.energy_kwh + j.adjusted_kwh >= 0 THEN s.energy_kwh + j.adjusted_kwh END
        FROM adjusted AS j
        WHERE j.metering_point_id = s.metering_point_id AND j.zone_code = s.zone_code
            AND j.closing_reading_id = s.closing_reading_id
        $statement$, spans
    );
END
$$;

-- The same scope for plain spans (ops.create_plain_segments): points with adjustments go by the table of spans.
CREATE OR REPLACE FUNCTION ops.without_adjusted(scope text)
RETURNS text
LANGUAGE sql STABLE
RETURN CASE
    WHEN EXISTS (SELECT 1 FROM ops.consumption_adjustment)
        THEN scope || ' AND NOT EXISTS (SELECT 1 FROM ops.consumption_adjustment AS j '
            'WHERE j.metering_point_id = r.metering_point_id)'
    ELSE scope
END;

-- What was adjusted of the energy of a register between two days, by sources before one (NULL: by all).
CREATE OR REPLACE FUNCTION ops.adjusted_kwh(
    of_metering_point_id bigint, of_meter_id bigint, of_zone_code text, span_from date, span_to date,
    before_source_id bigint DEFAULT NULL
)
RETURNS numeric
LANGUAGE sql STABLE
RETURN (
    SELECT coalesce(sum(j.adjusted_kwh), 0)
    FROM ops.consumption_adjustment AS j
    WHERE j.metering_point_id = of_metering_point_id AND j.meter_id = of_meter_id AND j.zone_code = of_zone_code
        AND j.used_on >= span_from AND j.used_on < span_to
        AND (before_source_id IS NULL OR j.source_id < before_source_id)
);

-- Says what was really used up to a reading, for the user of the session: right_kwh, with what was counted and adjusted
-- before. The month that billed it is billed anew by the next run. Without a zone the meter has one scale.
CREATE OR REPLACE FUNCTION ops.adjust_consumption(
    of_place text, of_serial_no text, on_day date, of_zone_code text, right_kwh numeric, of_reason text,
    of_source_id bigint,
    OUT point_code text, OUT serial_no text, OUT zone_code text, OUT used_from date, OUT counted_kwh numeric,
    OUT adjusted_before_kwh numeric, OUT adjusted_kwh numeric
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    points bigint[] := ops.hold_points_at(of_place);
    found record;
    span record;
BEGIN
    IF btrim(coalesce(of_reason, '')) = '' THEN
        PERFORM ops.refuse('What was billed is corrected for a reason; give it in a few words.');
    END IF;
    IF right_kwh < 0 OR right_kwh <> round(right_kwh, 6) THEN
        PERFORM ops.refuse('%s kWh cannot have been used; give what was used, to a millionth of a kWh.', right_kwh::text);
    END IF;
    SELECT
        count(*) AS many, min(e.reading_id) AS reading_id,
        string_agg(format('"%s" (%s) at %s', m.serial_no, e.zone_code, p.code), ', ' ORDER BY m.serial_no, e.zone_code)
        AS named
    INTO found
    FROM ops.entered_values(points) AS e
    INNER JOIN ops.meter AS m ON m.meter_id = e.meter_id AND (of_serial_no IS NULL OR m.serial_no = of_serial_no)
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
    WHERE e.read_on = on_day AND e.is_standing AND NOT e.is_opening
        AND (of_zone_code IS NULL OR e.zone_code = of_zone_code);
    IF found.many = 0 THEN
        PERFORM ops.refuse(
            'No reading of %s that counts stands on %s; look them up with `wattbook readings history %s`.', of_place,
            on_day::text, of_place
        );
    END IF;
    IF found.many > 1 THEN
        PERFORM ops.refuse(
            'On %s more than one scale was read there: %s; say which is meant by point, serial number and scale.',
            on_day::text, found.named
        );
    END IF;
    SELECT p.account_id, p.metering_point_id, p.code, e.meter_id, m.serial_no, e.zone_code INTO span
    FROM ops.entered_values(points) AS e
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
    INNER JOIN ops.meter AS m ON m.meter_id = e.meter_id
    WHERE e.reading_id = found.reading_id;
    point_code := span.code;
    serial_no := span.serial_no;
    zone_code := span.zone_code;
    -- The span as it stands billed: it may begin with an estimate.
    SELECT o.read_on, ops.register_energy_kwh(o.value_kwh, c.value_kwh, g.digits, i.ratio) INTO used_from, counted_kwh
    FROM ops.standing_bill_line AS l
    INNER JOIN ops.reading AS c ON c.account_id = l.account_id AND c.reading_id = l.closing_reading_id
    INNER JOIN ops.reading AS o ON o.account_id = l.account_id AND o.reading_id = l.opening_reading_id
    INNER JOIN ops.meter_register AS g
        ON g.meter_id = c.meter_id AND g.zone_code = c.zone_code AND g.known_to IS NULL
        AND (g.valid_from IS NULL OR g.valid_from < c.read_on) AND (g.valid_to IS NULL OR c.read_on <= g.valid_to)
    INNER JOIN ops.meter_installation AS i
        ON i.meter_id = c.meter_id AND i.metering_point_id = c.metering_point_id AND i.known_to IS NULL
        AND i.valid_from < c.read_on AND (i.valid_to IS NULL OR c.read_on <= i.valid_to)
    WHERE l.account_id = span.account_id AND l.closing_reading_id = found.reading_id
    LIMIT 1;
    IF used_from IS NULL THEN
        PERFORM ops.refuse(
            'The reading of %s on %s is not billed, so there is nothing to adjust; correct the reading itself '
            '(`wattbook readings cancel`, `enter`).', of_place, on_day::text
        );
    END IF;
    adjusted_before_kwh := ops.adjusted_kwh(
        span.metering_point_id, span.meter_id, span.zone_code, used_from, on_day
    );
    adjusted_kwh := right_kwh - counted_kwh - adjusted_before_kwh;
    IF adjusted_kwh = 0 THEN
        PERFORM ops.refuse(
            '%s kWh up to %s is what stands already; there is nothing to adjust.', right_kwh::text, on_day::text
        );
    END IF;
    INSERT INTO ops.consumption_adjustment (
        account_id, metering_point_id, meter_id, zone_code, used_on, adjusted_kwh, reason, source_id
    )
    VALUES (
        span.account_id, span.metering_point_id, span.meter_id, span.zone_code, on_day - 1, adjusted_kwh, of_reason,
        of_source_id
    );
    PERFORM ops.ask_amendment(
        span.account_id, span.metering_point_id, used_from,
        format('Consumption up to %s was adjusted by %s kWh: %s', on_day, trim_scale(adjusted_kwh), of_reason),
        of_source_id
    );
END
$$;
