-- Which scale of which meter a told reading means: found by metering point or account number, and by serial number and
-- scale where these are told. One row for each reading told; where nothing or more than one scale fits, the rule that
-- this breaks and a sentence that says what to tell instead.
CREATE OR REPLACE FUNCTION ops.find_told_registers(
    of_places text[], of_serial_nos text[], of_zones text[], of_days date[]
)
RETURNS TABLE (
    row_no bigint, account_id bigint, res_id integer, metering_point_id bigint, point_code text,
    connected_load_kw numeric, meter_id bigint, serial_no text, zone_code text, digits smallint, ratio numeric,
    rule text, sentence text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH told AS (
        SELECT t.place, t.serial_no, t.zone_code, t.day, t.row_no
        FROM unnest(of_places, of_serial_nos, of_zones, of_days)
            WITH ORDINALITY AS t (place, serial_no, zone_code, day, row_no)
    ),
    at_place AS (
        SELECT t.row_no, p.metering_point_id, p.code, p.connected_load_kw, a.account_id, a.res_id
        FROM told AS t
        INNER JOIN ops.metering_point AS p ON p.code = t.place
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        WHERE a.res_id IN (SELECT unnest(ops.visible_res_ids()))
        UNION ALL
        -- An account number means all its points.
        SELECT t.row_no, p.metering_point_id, p.code, p.connected_load_kw, a.account_id, a.res_id
        FROM told AS t
        INNER JOIN ops.account AS a ON a.account_no = t.place
        INNER JOIN ops.metering_point AS p ON p.account_id = a.account_id
        WHERE a.res_id IN (SELECT unnest(ops.visible_res_ids()))
    ),
    hanging AS (
        -- A value of the day on which a meter was hung is its opening value, which comes with the operation.
        SELECT p.*, i.meter_id, i.ratio, m.serial_no, i.valid_from < t.day AS hangs_before
        FROM at_place AS p
        INNER JOIN told AS t ON t.row_no = p.row_no
        INNER JOIN ops.meter_installation AS i
            ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL
            AND i.valid_from <= t.day AND (i.valid_to IS NULL OR t.day <= i.valid_to)
        INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    ),
    counting AS (
        SELECT h.*, g.zone_code, g.digits, z.sort_order
        FROM hanging AS h
        INNER JOIN told AS t ON t.row_no = h.row_no
        INNER JOIN ops.meter_register AS g
            ON g.meter_id = h.meter_id AND g.known_to IS NULL
            AND (g.valid_from IS NULL OR g.valid_from < t.day) AND (g.valid_to IS NULL OR t.day <= g.valid_to)
        INNER JOIN ops.zone AS z ON z.zone_code = g.zone_code
        WHERE h.hangs_before
    ),
    fitting AS (
        SELECT c.*, count(*) OVER (PARTITION BY c.row_no) AS fitting_count
        FROM counting AS c
        INNER JOIN told AS t ON t.row_no = c.row_no
        WHERE (t.serial_no IS NULL OR c.serial_no = t.serial_no) AND (t.zone_code IS NULL OR c.zone_code = t.zone_code)
    ),
    meters_there AS (
        SELECT
            h.row_no, string_agg(DISTINCT format('"%s"', h.serial_no), ', ') AS meters,
            bool_or(h.hangs_before) AS any_before
        FROM hanging AS h
        GROUP BY h.row_no
    ),
    scales_there AS (
        SELECT
            c.row_no,
            string_agg(format('%s of meter "%s" at %s', c.zone_code, c.serial_no, c.code), ', '
                ORDER BY c.code, c.serial_no, c.sort_order) AS scales
        FROM counting AS c
        INNER JOIN told AS t ON t.row_no = c.row_no
        WHERE t.serial_no IS NULL OR c.serial_no = t.serial_no
        GROUP BY c.row_no
    ),
    one_res AS (
        SELECT p.row_no, min(p.res_id) AS res_id FROM at_place AS p GROUP BY p.row_no
    ),
    named AS (
        SELECT
            t.*, f.account_id, coalesce(f.res_id, o.res_id) AS res_id, f.metering_point_id, f.code,
            f.connected_load_kw, f.meter_id, f.serial_no AS found_serial_no, f.zone_code AS found_zone_code, f.digits,
            f.ratio, m.meters, s.scales,
            CASE
                WHEN f.row_no IS NOT NULL THEN NULL
                WHEN o.row_no IS NULL THEN 'place'
                WHEN t.day IS NULL THEN 'day'
                WHEN m.row_no IS NULL THEN 'no_meter'
                WHEN NOT m.any_before THEN 'opening'
                WHEN s.row_no IS NULL THEN 'meter'
                WHEN NOT EXISTS (SELECT 1 FROM fitting AS x WHERE x.row_no = t.row_no) THEN 'scale'
                ELSE 'ambiguous'
            END AS rule
        FROM told AS t
        LEFT JOIN fitting AS f ON f.row_no = t.row_no AND f.fitting_count = 1
        LEFT JOIN one_res AS o ON o.row_no = t.row_no
        LEFT JOIN meters_there AS m ON m.row_no = t.row_no
        LEFT JOIN scales_there AS s ON s.row_no = t.row_no
    )
    SELECT
        n.row_no, n.account_id, n.res_id, n.metering_point_id, n.code, n.connected_load_kw, n.meter_id,
        n.found_serial_no, n.found_zone_code, n.digits, n.ratio, n.rule,
        CASE n.rule
            WHEN 'place' THEN format(
                'There is no metering point or account "%s" among those you may see; check the number (points look '
                'like SA01/12/345#1, accounts like SA01/12/345).', coalesce(n.place, '')
            )
            WHEN 'day' THEN format('The reading of %s tells no day; add it, as 2026-03-31.', n.place)
            WHEN 'no_meter' THEN format(
                'No meter hung at %s on %s; check the day, or install the meter first.', n.place, n.day
            )
            WHEN 'opening' THEN format(
                'Meter %s hangs at %s only since %s, and the value of that day came with its installation; name a '
                'later day.', n.meters, n.place, n.day
            )
            WHEN 'meter' THEN format(
                'Meter "%s" did not count at %s on %s; there hung %s: check the serial number and the day.',
                coalesce(n.serial_no, ''), n.place, n.day, n.meters
            )
            WHEN 'scale' THEN format(
                'There is no scale "%s" at %s on %s; tell %s.', n.zone_code, n.place, n.day, n.scales
            )
            WHEN 'ambiguous' THEN format(
                'The reading of %s on %s fits more than one scale; say which by point, serial number and scale: %s.',
                n.place, n.day, n.scales
            )
        END
    FROM named AS n;
END;
