-- The sheet of a controller: the scales of a RES or a book that are to be read for a month, by addresses of the meters.
CREATE OR REPLACE FUNCTION ops.round_sheet(of_res_ids integer[], month date, of_book text DEFAULT NULL)
RETURNS TABLE (
    account_no text, full_name text, address text, point_code text, serial_no text, zone_code text, digits smallint,
    last_on date, last_kwh numeric
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH point AS MATERIALIZED (
        SELECT * FROM ops.points_of_month(of_res_ids, month, NULL, of_book)
    ),
    register AS (
        SELECT * FROM ops.registers_of_month((SELECT array_agg(p.metering_point_id) FROM point AS p), month)
    )
    SELECT
        p.account_no, s.full_name,
        concat_ws(
            ', ', t.locality, t.street_name, nullif(concat(d.house, d.house_letter), ''), nullif(d.building, ''),
            nullif(d.flat, '')
        ),
        p.point_code, r.serial_no, r.zone_code, r.digits, r.last_on, r.last_kwh
    FROM point AS p
    INNER JOIN register AS r ON r.metering_point_id = p.metering_point_id
    INNER JOIN ops.metering_point AS m ON m.metering_point_id = p.metering_point_id
    LEFT JOIN ops.account_subscriber AS h
        ON h.account_id = p.account_id AND h.known_to IS NULL AND daterange(h.valid_from, h.valid_to) @> month
    LEFT JOIN ops.subscriber AS s ON s.subscriber_id = h.subscriber_id
    LEFT JOIN ops.premises AS q ON q.premises_id = m.premises_id
    -- A meter without an address of its own is where the consumer is.
    LEFT JOIN ops.meter_installation AS i
        ON i.meter_id = r.meter_id AND i.metering_point_id = r.metering_point_id AND i.known_to IS NULL
        AND i.address_id IS NOT NULL AND i.valid_from < month + interval '1 month'
        AND (i.valid_to IS NULL OR i.valid_to >= month + interval '1 month')
    LEFT JOIN ops.address AS d ON d.address_id = coalesce(i.address_id, q.address_id)
    LEFT JOIN ops.street AS t ON t.street_id = d.street_id
    WHERE NOT r.has_half_hours
    ORDER BY
        ops.walking_order(t.locality, t.street_name, d.house, d.house_letter, d.building, d.flat) COLLATE "C",
        p.account_no, p.point_code, r.serial_no, r.sort_order;
END;
