-- Posted bills with all that they were computed from, for whoever explains or prints them. Read with the rights of the
-- asking user. Dated facts are taken as the book knew them when the bill was posted, so that a bill prints the same
-- however often the facts are corrected afterwards.

-- Bills of these accounts in a month: who is billed, where, by which run.
CREATE OR REPLACE FUNCTION ops.explained_bills(account_ids bigint[], month date)
RETURNS TABLE (
    account_id bigint, bill_no integer, account_no text, account_kind text, holder_name text,
    locality text, street_name text, house text, house_letter text, building text, flat text, res_id integer,
    leaf_unit_id integer, kind text, energy_kwh numeric, charge_minor bigint, vat_minor bigint, reverses_month date,
    reverses_bill_no integer, bill_run_id bigint, posted_at timestamptz, posted_by text, is_closed boolean
)
LANGUAGE sql STABLE
AS $$
    SELECT
        b.account_id, b.bill_no, a.account_no, a.kind, h.holder_name, h.locality,
        h.street_name, h.house, h.house_letter, h.building, h.flat, b.res_id, coalesce(w.unit_id, b.res_id), b.kind,
        b.energy_kwh, b.charge_minor, b.vat_minor, b.reverses_month, b.reverses_bill_no, r.bill_run_id, r.posted_at,
        y.full_name, c.res_id IS NOT NULL
    FROM ops.bill AS b
    INNER JOIN ops.account AS a ON a.account_id = b.account_id
    INNER JOIN ops.source AS s ON s.source_id = b.source_id
    CROSS JOIN LATERAL (SELECT (b.booked_month + interval '1 month - 1 day')::date AS last_day) AS d
    LEFT JOIN ops.bill_run AS r ON r.source_id = b.source_id
    LEFT JOIN ops.app_user AS y ON y.user_id = s.user_id
    LEFT JOIN ops.period_close AS c ON c.res_id = b.res_id AND c.booked_month = b.booked_month
    CROSS JOIN LATERAL ops.addressee(b.account_id, d.last_day, s.recorded_at) AS h
    LEFT JOIN LATERAL (
        SELECT k.unit_id
        FROM ops.metering_point AS m
        INNER JOIN ops.metering_point_placement AS k ON k.metering_point_id = m.metering_point_id
        WHERE m.account_id = b.account_id AND daterange(k.valid_from, k.valid_to) @> d.last_day
            AND tstzrange(k.known_from, k.known_to) @> s.recorded_at
        ORDER BY m.metering_point_id
        LIMIT 1
    ) AS w ON true
    WHERE b.booked_month = month AND b.account_id = ANY (account_ids)
$$;

-- The lines of these bills, each beside its readings, meter, tariff and step. A span is the energy between two readings
-- of a register, or told as such; a part of it has one calendar month and one price list. A line that takes another
-- back is told as that one was: by what was known when the bill that it takes back was posted.
CREATE OR REPLACE FUNCTION ops.explained_lines(account_ids bigint[], month date)
RETURNS TABLE (
    account_id bigint, bill_no integer, line_no smallint, metering_point_code text, energy_basis text,
    zone_code text, reversed_month date, reversed_bill_no integer, reversed_line_no smallint,
    meter_serial_no text, digits smallint, ratio numeric, opening_reading_id bigint, opening_on date,
    opening_kwh numeric, opening_kind text, closing_reading_id bigint, closing_on date, closing_kwh numeric,
    closing_kind text, register_difference_kwh numeric, passes_zero boolean, span_energy_kwh numeric, told_from date,
    told_to date, told_kwh numeric, not_commercial_count bigint, service_month date, span_from date, span_to date,
    part_kwh numeric, zones_kwh numeric, tariff_code text, tariff_meaning text, version_from date, version_to date,
    version_source text, step_basis text, step_mode text, variant_code text, season_code text, persons integer,
    contracted_kwh numeric, bound_factor numeric, volume_from numeric, component text, step_no smallint,
    energy_kwh numeric, over_kwh numeric, up_to_kwh numeric, price_minor numeric, price_numerator smallint,
    price_denominator smallint, power_kw numeric, charge_minor bigint, vat_minor bigint, vat_rate numeric,
    price_includes_vat boolean, is_verified boolean, adjusted_kwh numeric
)
LANGUAGE sql STABLE
AS $$
    WITH line AS (
        SELECT
            l.*, d.booked_month AS reversed_month, d.bill_no AS reversed_bill_no, d.line_no AS reversed_line_no,
            coalesce(f.source_id, s.source_id) AS told_by, coalesce(f.recorded_at, s.recorded_at) AS recorded_at
        FROM ops.bill_line AS l
        INNER JOIN ops.bill AS b
            ON b.account_id = l.account_id AND b.booked_month = l.booked_month AND b.bill_no = l.bill_no
        INNER JOIN ops.source AS s ON s.source_id = b.source_id
        LEFT JOIN ops.bill_line_reversal AS d
            ON d.account_id = l.account_id AND d.reversing_month = l.booked_month
            AND d.reversing_bill_no = l.bill_no AND d.reversing_line_no = l.line_no
        LEFT JOIN ops.bill AS e
            ON e.account_id = d.account_id AND e.booked_month = d.booked_month AND e.bill_no = d.bill_no
        LEFT JOIN ops.source AS f ON f.source_id = e.source_id
        WHERE l.booked_month = month AND l.account_id = ANY (account_ids)
    ),
    -- Steps of one part of a span together, and the zones of such a part together.
    shared AS (
        SELECT
            l.*,
            sum(l.energy_kwh) OVER (
                PARTITION BY
                    l.account_id, l.bill_no, l.reversed_month, l.reversed_bill_no, l.metering_point_id, l.component,
                    l.zone_code, l.closing_reading_id, l.span_from, l.span_to, l.tariff_version_id
            ) AS part_kwh,
            sum(l.energy_kwh) OVER (
                PARTITION BY
                    l.account_id, l.bill_no, l.reversed_month, l.reversed_bill_no, l.metering_point_id, l.component,
                    l.span_from, l.span_to, l.tariff_version_id
            ) AS zones_kwh
        FROM line AS l
    )
    SELECT
        l.account_id, l.bill_no, l.line_no, p.code, l.energy_basis, l.zone_code, l.reversed_month, l.reversed_bill_no,
        l.reversed_line_no, m.serial_no, g.digits, i.ratio, o.reading_id, o.read_on, o.value_kwh, o.kind, c.reading_id,
        c.read_on, c.value_kwh, c.kind, ops.register_energy_kwh(o.value_kwh, c.value_kwh, g.digits, 1),
        c.value_kwh < o.value_kwh, ops.register_energy_kwh(o.value_kwh, c.value_kwh, g.digits, i.ratio), e.span_from,
        e.span_to, e.energy_kwh, q.not_commercial_count, l.service_month, l.span_from, l.span_to, l.part_kwh,
        l.zones_kwh, a.tariff_code, a.meaning, v.valid_from, v.valid_to, v.source, v.step_basis, v.step_mode,
        l.variant_code, coalesce(n.season_code, 'all'), f.persons, w.contracted_kwh_per_month, l.bound_factor,
        l.volume_from, l.component, l.step_no, l.energy_kwh, ops.step_bound_kwh(t.over_kwh, l.bound_factor),
        ops.step_bound_kwh(t.up_to_kwh, l.bound_factor), l.price_minor, l.price_numerator, l.price_denominator,
        l.power_kw, l.charge_minor, l.vat_minor, r.rate, v.price_includes_vat,
        v.is_verified AND coalesce(t.is_verified, k.is_verified, true) AND coalesce(x.is_verified, true),
        ops.adjusted_kwh(l.metering_point_id, c.meter_id, l.zone_code, o.read_on, c.read_on, l.told_by)
    FROM shared AS l
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = l.metering_point_id
    INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = l.tariff_version_id
    INNER JOIN ops.tariff AS a ON a.tariff_code = v.tariff_code
    INNER JOIN ops.vat_rate AS r ON r.country = a.country AND daterange(r.valid_from, r.valid_to) @> l.span_from
    LEFT JOIN ops.zone AS z ON z.zone_code = l.zone_code
    LEFT JOIN ops.tariff_season AS n
        ON n.tariff_version_id = l.tariff_version_id AND n.month_of_year = extract(month FROM l.service_month)
    LEFT JOIN ops.tariff_step AS t
        ON l.component = 'energy' AND t.tariff_version_id = l.tariff_version_id AND t.variant_code = l.variant_code
        AND t.season_code = coalesce(n.season_code, 'all') AND t.step_no = l.step_no
    LEFT JOIN ops.tariff_power_price AS k
        ON l.component = 'power' AND k.tariff_version_id = l.tariff_version_id AND k.variant_code = l.variant_code
    LEFT JOIN LATERAL (
        SELECT bool_and(h.is_verified) AS is_verified
        FROM ops.tariff_zone AS h
        WHERE h.tariff_version_id = l.tariff_version_id AND h.zone_code = l.zone_code
            AND h.price_factor_numerator = l.price_numerator AND h.price_factor_denominator = l.price_denominator
    ) AS x ON true
    LEFT JOIN ops.reading AS o
        ON o.account_id = l.account_id AND o.booked_month = l.opening_month AND o.reading_id = l.opening_reading_id
    LEFT JOIN ops.reading AS c
        ON c.account_id = l.account_id AND c.booked_month = l.closing_month AND c.reading_id = l.closing_reading_id
    LEFT JOIN ops.meter AS m ON m.meter_id = c.meter_id
    LEFT JOIN ops.meter_register AS g
        ON g.meter_id = c.meter_id AND g.zone_code = c.zone_code AND (g.valid_from IS NULL OR g.valid_from < c.read_on)
        AND (g.valid_to IS NULL OR c.read_on <= g.valid_to) AND tstzrange(g.known_from, g.known_to) @> l.recorded_at
    LEFT JOIN ops.meter_installation AS i
        ON i.meter_id = c.meter_id AND i.metering_point_id = l.metering_point_id AND i.valid_from < c.read_on
        AND (i.valid_to IS NULL OR c.read_on <= i.valid_to) AND tstzrange(i.known_from, i.known_to) @> l.recorded_at
    LEFT JOIN LATERAL (
        -- Energy told as such: the span as it was told, however it was split over months, prices and zones.
        SELECT h.span_from, h.span_to, sum(h.energy_kwh) AS energy_kwh
        FROM ops.measured_energy AS h
        WHERE l.component = 'energy' AND l.closing_reading_id IS NULL AND h.account_id = l.account_id
            AND h.booked_month <= l.booked_month AND h.metering_point_id = l.metering_point_id
            AND h.direction = 'consumed' AND h.kind = l.energy_basis AND h.span_from <= l.span_from
            AND h.span_to >= l.span_to AND h.source_id < l.told_by
            AND NOT EXISTS (
                SELECT 1 FROM ops.measured_energy_event AS u
                WHERE u.account_id = h.account_id AND u.booked_month = h.booked_month
                    AND u.metering_point_id = h.metering_point_id AND u.direction = h.direction
                    AND u.span_from = h.span_from AND u.span_no = h.span_no AND u.source_id < l.told_by
            )
        GROUP BY h.span_from, h.span_to
        ORDER BY h.span_from DESC, h.span_to
        LIMIT 1
    ) AS e ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS not_commercial_count
        FROM ops.interval_energy AS h
        CROSS JOIN LATERAL unnest(h.status) AS u (status)
        WHERE l.energy_basis = 'half_hours' AND h.account_id = l.account_id
            AND h.metering_point_id = l.metering_point_id AND h.channel = '01' AND h.measured_on >= e.span_from
            AND h.measured_on < e.span_to AND u.status <> 0
    ) AS q ON true
    LEFT JOIN ops.family_size AS f
        ON v.step_basis = 'resident_month' AND f.account_id = l.account_id
        AND daterange(f.valid_from, f.valid_to) @> l.span_from AND tstzrange(f.known_from, f.known_to) @> l.recorded_at
    LEFT JOIN ops.metering_point_tariff AS w
        ON w.metering_point_id = l.metering_point_id AND daterange(w.valid_from, w.valid_to) @> l.span_from
        AND tstzrange(w.known_from, w.known_to) @> l.recorded_at
    ORDER BY
        l.account_id, l.bill_no, length(p.code), p.code, l.component, l.service_month, l.span_from, l.reversed_month,
        l.reversed_bill_no, z.sort_order, l.line_no
$$;

-- Why months of these accounts were billed anew by the runs that posted their bills of a month, a sentence each.
CREATE OR REPLACE FUNCTION ops.explained_amendments(account_ids bigint[], month date)
RETURNS TABLE (account_id bigint, bill_no integer, metering_point_code text, from_day date, reason text)
LANGUAGE sql STABLE
AS $$
    SELECT b.account_id, b.bill_no, p.code, a.from_day, a.reason
    FROM ops.bill AS b
    INNER JOIN ops.bill_amendment_settled AS s ON s.source_id = b.source_id
    INNER JOIN ops.bill_amendment AS a ON a.bill_amendment_id = s.bill_amendment_id AND a.account_id = b.account_id
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = a.metering_point_id
    WHERE b.booked_month = month AND b.account_id = ANY (account_ids)
        AND b.kind IN ('reversing', 'correction', 'benefit_reversing', 'benefit_correction')
    ORDER BY b.account_id, b.bill_no, p.code, a.from_day, a.bill_amendment_id
$$;

-- How the balance of these accounts moved in a month: what was owed before it, then each document that was posted.
-- Positive is owed by the consumer; all of it together is ops.account_balance_minor as it stood with the month's end.
CREATE OR REPLACE FUNCTION ops.balance_movements(account_ids bigint[], month date)
RETURNS TABLE (account_id bigint, document_kind text, document_no bigint, posted_on date, amount_minor bigint)
LANGUAGE sql STABLE
AS $$
    WITH entry AS (
        SELECT
            g.account_id, g.booked_month, g.document_kind, g.document_no, g.posted_on,
            (d.is_consumer_balance::integer - c.is_consumer_balance::integer) * g.amount_minor AS amount_minor
        FROM ops.ledger AS g
        INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code
        INNER JOIN ops.ledger_account AS c ON c.ledger_account_code = g.credit_code
        WHERE g.account_id = ANY (account_ids) AND g.booked_month <= month
    )
    SELECT e.account_id, 'before', NULL, NULL, sum(e.amount_minor)::bigint
    FROM entry AS e
    WHERE e.booked_month < month
    GROUP BY e.account_id
    UNION ALL
    SELECT e.account_id, e.document_kind, e.document_no, e.posted_on, sum(e.amount_minor)::bigint
    FROM entry AS e
    WHERE e.booked_month = month
    GROUP BY e.account_id, e.document_kind, e.document_no, e.posted_on
$$;

-- A unit and all above it, top first, under their names on a day; a unit without a name goes by its code.
CREATE OR REPLACE FUNCTION ops.unit_paths(unit_ids integer[], on_day date, language text)
RETURNS TABLE (leaf_unit_id integer, level text, code text, unit_name text)
LANGUAGE sql STABLE
AS $$
    SELECT l.unit_id, u.level, u.code, coalesce(n.name, e.name, u.code)
    FROM (SELECT DISTINCT i.unit_id FROM unnest(unit_ids) AS i (unit_id)) AS l
    CROSS JOIN LATERAL ops.unit_ancestry(l.unit_id, on_day) AS a
    INNER JOIN ops.unit AS u ON u.unit_id = a.unit_id
    INNER JOIN ops.unit_level AS d ON d.level = u.level
    LEFT JOIN ops.unit_name AS n
        ON n.unit_id = u.unit_id AND n.locale = language AND daterange(n.valid_from, n.valid_to) @> on_day
    LEFT JOIN ops.unit_name AS e
        ON e.unit_id = u.unit_id AND e.locale = 'en' AND daterange(e.valid_from, e.valid_to) @> on_day
    ORDER BY l.unit_id, d.depth
$$;
