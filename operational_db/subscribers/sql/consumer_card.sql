-- The card of a consumer: who is supplied, where in the distribution zone, by which contract, tariff and meter, and
-- what there is to pay. Read with the rights of the asking user.

-- One row per account: the head of its card on a day. What is not known is empty.
CREATE OR REPLACE FUNCTION ops.card_head(of_account_id bigint, on_day date)
RETURNS TABLE (
    account_no text, account_kind text, opened_on date, closed_on date, holder_name text, holder_kind text,
    tax_number text, passport_number text, phone text, address text, persons integer, contract_no text,
    contract_signed_on date, former_numbers text[], balance_minor bigint, bill_month date, bill_charge_minor bigint,
    paid_on date, paid_minor bigint
)
LANGUAGE sql STABLE
AS $$
    SELECT
        a.account_no, a.kind, a.opened_on, a.closed_on, h.full_name, h.kind,
        -- Enough to recognise a document that lies on the counter, too little to copy it.
        CASE WHEN h.tax_number IS NOT NULL THEN '…' || right(h.tax_number, 3) END,
        CASE WHEN h.passport_number IS NOT NULL THEN '…' || right(h.passport_number, 3) END,
        h.phone,
        nullif(concat_ws(
            ', ', e.locality, e.street_name, nullif(concat(e.house, e.house_letter), ''), nullif(e.building, ''),
            nullif(e.flat, '')
        ), ''),
        f.persons, (c.held).contract_no, (c.held).signed_on, n.former_numbers,
        ops.account_balance_minor(a.account_id), b.booked_month, b.charge_minor, p.paid_on, p.amount_minor
    FROM ops.account AS a
    CROSS JOIN LATERAL ops.addressee(a.account_id, on_day, now()) AS e
    CROSS JOIN LATERAL (SELECT ops.contract_in_force(a.account_id, on_day) AS held) AS c
    LEFT JOIN ops.account_subscriber AS k
        ON k.account_id = a.account_id AND k.known_to IS NULL AND daterange(k.valid_from, k.valid_to) @> on_day
    LEFT JOIN ops.subscriber AS h ON h.subscriber_id = k.subscriber_id
    LEFT JOIN ops.family_size AS f
        ON f.account_id = a.account_id AND f.known_to IS NULL AND daterange(f.valid_from, f.valid_to) @> on_day
    LEFT JOIN LATERAL (
        SELECT array_agg(s.alias ORDER BY s.alias) AS former_numbers
        FROM ops.account_number_alias AS s
        WHERE s.account_id = a.account_id
    ) AS n ON true
    LEFT JOIN LATERAL (
        SELECT m.booked_month, sum(m.charge_minor)::bigint AS charge_minor
        FROM ops.bill AS m
        WHERE m.account_id = a.account_id
        GROUP BY m.booked_month
        ORDER BY m.booked_month DESC
        LIMIT 1
    ) AS b ON true
    LEFT JOIN LATERAL (
        SELECT t.paid_on, sum(t.amount_minor)::bigint AS amount_minor
        FROM ops.payment AS t
        WHERE t.account_id = a.account_id
            AND NOT EXISTS (
                SELECT 1
                FROM ops.payment_reversal AS r
                WHERE r.account_id = t.account_id AND (
                    (r.booked_month, r.payment_no) = (t.booked_month, t.payment_no)
                    OR (r.reversing_month, r.reversing_payment_no) = (t.booked_month, t.payment_no)
                )
            )
        GROUP BY t.paid_on
        ORDER BY t.paid_on DESC
        LIMIT 1
    ) AS p ON true
    WHERE a.account_id = of_account_id
$$;

-- One row per metering point and register of its meter on a day; a point without a meter has one row. The last reading
-- is the youngest one that counts.
CREATE OR REPLACE FUNCTION ops.card_points(of_account_id bigint, on_day date)
RETURNS TABLE (
    point_code text, resource_code text, unit_id integer, tariff_code text, variant_code text,
    ordered_power_kw numeric, contracted_kwh_per_month numeric, serial_no text, ratio numeric, zone_code text,
    read_on date, value_kwh numeric, reading_kind text
)
LANGUAGE sql STABLE
AS $$
    SELECT
        p.code, p.resource_code, u.unit_id, t.tariff_code, t.variant_code, t.ordered_power_kw,
        t.contracted_kwh_per_month, m.serial_no, i.ratio, g.zone_code, r.read_on, r.value_kwh, r.kind
    FROM ops.metering_point AS p
    LEFT JOIN ops.metering_point_placement AS u
        ON u.metering_point_id = p.metering_point_id AND u.known_to IS NULL
        AND daterange(u.valid_from, u.valid_to) @> on_day
    LEFT JOIN ops.metering_point_tariff AS t
        ON t.metering_point_id = p.metering_point_id AND t.known_to IS NULL
        AND daterange(t.valid_from, t.valid_to) @> on_day
    LEFT JOIN ops.meter_installation AS i
        ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL
        AND daterange(i.valid_from, i.valid_to) @> on_day
    LEFT JOIN ops.meter AS m ON m.meter_id = i.meter_id
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = i.meter_id AND g.known_to IS NULL AND daterange(g.valid_from, g.valid_to) @> on_day
    LEFT JOIN LATERAL (
        SELECT s.read_on, s.value_kwh, s.kind
        FROM ops.reading_state AS s
        WHERE s.account_id = p.account_id AND s.metering_point_id = p.metering_point_id AND s.meter_id = i.meter_id
            AND s.zone_code = g.zone_code AND s.state IN ('new', 'billed') AND s.read_on <= on_day
        ORDER BY s.read_on DESC, s.reading_id DESC
        LIMIT 1
    ) AS r ON true
    WHERE p.account_id = of_account_id
    ORDER BY p.code, m.serial_no, g.zone_code
$$;
