-- The meter must hang at the point, and on that day.
INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'reading', t.file_id, t.row_no, t.part_no, 'rejected',
    CASE
        WHEN EXISTS (
            SELECT 1 FROM migration.meter AS k
            WHERE k.load_id = :load_id AND NOT k.is_deleted AND k.point_code = t.point_code AND k.serial_no = t.serial_no
        ) THEN 'METER_REJECTED'
        ELSE 'NO_METER'
    END,
    'serial_no', t.serial_no, concat_ws(' ', t.point_code, t.serial_no, t.read_on)
FROM standing_reading AS t
LEFT JOIN (SELECT DISTINCT m.point_code, m.serial_no FROM told_meter AS m) AS m
    ON m.point_code = t.point_code AND m.serial_no = t.serial_no
WHERE m.serial_no IS NULL;

INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'reading', t.file_id, t.row_no, t.part_no, 'rejected', 'WRONG_DATES', 'read_on', t.read_on::text,
    concat_ws(' ', t.point_code, t.serial_no, t.read_on)
FROM standing_reading AS t
INNER JOIN (
    -- The last day of a meter at a point; empty while one of its stays goes on.
    SELECT m.point_code, m.serial_no, nullif(max(coalesce(m.removed_on, 'infinity')), 'infinity') AS removed_on
    FROM told_meter AS m
    GROUP BY m.point_code, m.serial_no
) AS m ON m.point_code = t.point_code AND m.serial_no = t.serial_no
WHERE t.read_on > m.removed_on;

-- A value that came back from before the one by which the book opens the meter: energy is counted from there on.
INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'reading', t.file_id, t.row_no, t.part_no, 'rejected', 'OPENING_STANDS', 'read_on', t.read_on::text,
    concat_ws(' ', t.point_code, t.serial_no, t.read_on)
FROM standing_reading AS t
INNER JOIN (
    SELECT r.point_code, r.serial_no, min(r.read_on) AS opened_on
    FROM earlier_reading AS r
    GROUP BY r.point_code, r.serial_no
) AS e ON e.point_code = t.point_code AND e.serial_no = t.serial_no
WHERE t.read_on < e.opened_on;

-- Values that the register cannot show.
INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'reading', t.file_id, t.row_no, t.part_no, 'rejected', 'BAD_NUMBER', 'value_kwh', trim_scale(t.value_kwh)::text,
    concat_ws(' ', t.point_code, t.serial_no, t.read_on)
FROM standing_reading AS t
INNER JOIN (
    SELECT m.point_code, m.serial_no, max(m.digits) AS digits FROM told_meter AS m GROUP BY m.point_code, m.serial_no
) AS m ON m.point_code = t.point_code AND m.serial_no = t.serial_no
WHERE t.value_kwh >= 10::numeric ^ m.digits OR t.value_kwh < 0;

-- Chains of readings of one register; only those in which a value falls or stands twice are looked at closely.
CREATE TEMPORARY TABLE falling_chain ON COMMIT DROP AS
WITH chain AS (
    SELECT
        t.*,
        t.value_kwh < lag(t.value_kwh) OVER register OR t.read_on = lag(t.read_on) OVER register AS is_doubtful
    FROM told_reading AS t
    WINDOW register AS (PARTITION BY t.point_code, t.serial_no ORDER BY t.read_on, t.file_id, t.row_no, t.part_no)
)
SELECT
    c.point_code, c.serial_no, c.file_id, c.row_no, c.part_no, c.read_on, c.value_kwh, m.digits,
    false AS is_rejected, c.load_id = :load_id AS is_new
FROM chain AS c
INNER JOIN (SELECT DISTINCT d.point_code, d.serial_no FROM chain AS d WHERE d.is_doubtful) AS d
    ON d.point_code = c.point_code AND d.serial_no = c.serial_no
INNER JOIN (
    SELECT m.point_code, m.serial_no, min(m.digits) AS digits FROM told_meter AS m GROUP BY m.point_code, m.serial_no
) AS m ON m.point_code = c.point_code AND m.serial_no = c.serial_no;
ANALYZE falling_chain;

-- Two values of one day: nothing tells which is right.
INSERT INTO migration.verdict (
    load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key, other_file_id, other_row_no
)
SELECT
    :load_id, 'reading', d.file_id, d.row_no, d.part_no, 'rejected', 'DUP_READING', 'value_kwh',
    trim_scale(d.value_kwh)::text, concat_ws(' ', d.point_code, d.serial_no, d.read_on), o.file_id, o.row_no
FROM falling_chain AS d
CROSS JOIN LATERAL (
    SELECT o.file_id, o.row_no
    FROM falling_chain AS o
    WHERE o.point_code = d.point_code AND o.serial_no = d.serial_no AND o.read_on = d.read_on
        AND o.value_kwh <> d.value_kwh
    ORDER BY o.file_id, o.row_no
    LIMIT 1
) AS o
WHERE d.is_new;
DELETE FROM falling_chain AS d
WHERE d.is_new AND EXISTS (
    SELECT 1 FROM falling_chain AS o
    WHERE o.point_code = d.point_code AND o.serial_no = d.serial_no AND o.read_on = d.read_on
        AND o.value_kwh <> d.value_kwh
);

DO $$
DECLARE
    named bigint := 1;
BEGIN
    -- A rejected value may have hidden another, so until nothing more is found.
    WHILE named > 0 LOOP
        WITH step AS (
            SELECT
                r.*, r.value_kwh - lag(r.value_kwh) OVER register AS step_kwh,
                r.read_on - lag(r.read_on) OVER register AS step_days
            FROM falling_chain AS r
            WHERE NOT r.is_rejected
            WINDOW register AS (PARTITION BY r.point_code, r.serial_no ORDER BY r.read_on)
        ),
        chain AS (
            SELECT
                t.*,
                lag(t.value_kwh) OVER register AS value_before,
                lag(t.value_kwh, 2) OVER register AS value_before_that,
                lead(t.value_kwh) OVER register AS value_after,
                lag(t.read_on) OVER register AS read_before,
                lag(t.file_id) OVER register AS file_before,
                lag(t.row_no) OVER register AS row_before,
                lag(t.part_no) OVER register AS part_before,
                lag(t.is_new) OVER register AS is_before_new,
                -- Use a day in the chain's steps upwards; nothing where there are none.
                sum(t.step_kwh) FILTER (WHERE t.step_kwh >= 0) OVER whole
                / nullif(sum(t.step_days) FILTER (WHERE t.step_kwh >= 0) OVER whole, 0) AS kwh_a_day
            FROM step AS t
            WINDOW
                register AS (PARTITION BY t.point_code, t.serial_no ORDER BY t.read_on),
                whole AS (PARTITION BY t.point_code, t.serial_no)
        ),
        falling AS (
            SELECT
                f.*,
                -- Passing zero: from near the end of the register to near its beginning, by no more than ten times the
                -- usual use (or 1,000 where that is not known), and the next value goes on from there.
                10::numeric ^ f.digits + f.value_kwh - f.value_before <= greatest(
                    10 * f.kwh_a_day * (f.read_on - f.read_before), 1000
                )
                AND f.value_before > 0.8 * 10::numeric ^ f.digits
                AND (f.value_after IS NULL OR f.value_after BETWEEN f.value_kwh AND f.value_before) AS is_rollover,
                -- The value before was too high when this one goes on from the one before that and the next from this one.
                f.value_before_that <= f.value_kwh AND f.value_after BETWEEN f.value_kwh AND f.value_before
                AS is_slip_before
            FROM chain AS f
            WHERE f.value_kwh < f.value_before
        )
        INSERT INTO migration.verdict (
            load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key, energy_kwh
        )
        SELECT DISTINCT ON (n.file_id, n.row_no, n.part_no)
            :load_id, 'reading', n.file_id, n.row_no, n.part_no, 'rejected', 'READING_DECREASE', 'value_kwh',
            trim_scale(n.value_kwh)::text, concat_ws(' ', f.point_code, f.serial_no, n.read_on),
            abs(f.value_kwh - f.value_before)
        FROM falling AS f
        -- What the book has already stands: between it and a value that came back, the latter falls.
        CROSS JOIN LATERAL (
            SELECT f.is_slip_before AND f.is_before_new OR NOT f.is_new AS is_the_one_before
        ) AS w
        CROSS JOIN LATERAL (
            SELECT
                CASE WHEN w.is_the_one_before THEN f.file_before ELSE f.file_id END AS file_id,
                CASE WHEN w.is_the_one_before THEN f.row_before ELSE f.row_no END AS row_no,
                CASE WHEN w.is_the_one_before THEN f.part_before ELSE f.part_no END AS part_no,
                CASE WHEN w.is_the_one_before THEN f.value_before ELSE f.value_kwh END AS value_kwh,
                CASE WHEN w.is_the_one_before THEN f.read_before ELSE f.read_on END AS read_on
        ) AS n
        WHERE NOT f.is_rollover AND CASE WHEN w.is_the_one_before THEN f.is_before_new ELSE f.is_new END;
        GET DIAGNOSTICS named = ROW_COUNT;
        UPDATE falling_chain AS c SET is_rejected = true
        FROM migration.verdict AS d
        WHERE d.load_id = :load_id AND d.entity = 'reading' AND d.file_id = c.file_id AND d.row_no = c.row_no
            AND d.part_no = c.part_no AND NOT c.is_rejected;
    END LOOP;
END
$$;

-- What still falls has passed zero.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'reading', t.file_id, t.row_no, 'REGISTER_ROLLOVER', 'value_kwh', trim_scale(t.value_kwh)::text,
    concat_ws(' ', t.point_code, t.serial_no, t.read_on)
FROM (
    SELECT r.*, lag(r.value_kwh) OVER (PARTITION BY r.point_code, r.serial_no ORDER BY r.read_on) AS value_before
    FROM falling_chain AS r
    WHERE NOT r.is_rejected
) AS t
WHERE t.is_new AND t.value_kwh < t.value_before;
