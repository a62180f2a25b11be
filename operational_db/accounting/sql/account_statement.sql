-- All that happened to an account, in order of time, with the balance after each line, twice: added up from the
-- documents themselves, and recomputed from the ledger. Whoever shows a statement refuses it where the two differ. Read
-- with the rights of the asking user.

-- Where meters of an account were hung, removed or otherwise worked on. What a load told about meters has no operation;
-- its installations are told as such.
CREATE OR REPLACE FUNCTION ops.meter_events_of_account(of_account_id bigint)
RETURNS TABLE (
    event_no bigint, kind text, happened_on date, point_code text, serial_no text, new_serial_no text, state text,
    reason text, source_id bigint
)
LANGUAGE sql STABLE
AS $$
    WITH operation AS (
        SELECT DISTINCT o.*
        FROM ops.metering_point AS p
        INNER JOIN ops.meter_operation AS o
            ON p.metering_point_id IN (o.metering_point_id, o.to_metering_point_id)
        WHERE p.account_id = of_account_id
    ),
    installation AS (
        SELECT i.meter_installation_id, i.metering_point_id, i.meter_id, i.source_id, e.kind, e.happened_on
        FROM ops.metering_point AS p
        INNER JOIN ops.meter_installation AS i
            ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL
        CROSS JOIN LATERAL (VALUES ('install', i.valid_from), ('remove', i.valid_to)) AS e (kind, happened_on)
        WHERE p.account_id = of_account_id AND e.happened_on IS NOT NULL
    )
    SELECT
        o.meter_operation_id, o.kind, o.performed_on, p.code, m.serial_no, n.serial_no,
        CASE WHEN u.meter_operation_id IS NOT NULL THEN 'undone' END, u.reason, o.source_id
    FROM operation AS o
    INNER JOIN ops.meter AS m ON m.meter_id = o.meter_id
    LEFT JOIN ops.meter AS n ON n.meter_id = o.new_meter_id
    LEFT JOIN ops.metering_point AS p ON p.metering_point_id = o.metering_point_id
    LEFT JOIN ops.meter_operation_undo AS u ON u.meter_operation_id = o.meter_operation_id
    UNION ALL
    SELECT i.meter_installation_id, i.kind, i.happened_on, p.code, m.serial_no, NULL, NULL, NULL, i.source_id
    FROM installation AS i
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = i.metering_point_id
    INNER JOIN ops.meter AS m ON m.meter_id = i.meter_id
    WHERE NOT EXISTS (
        SELECT 1
        FROM operation AS o
        LEFT JOIN ops.meter_operation_undo AS u ON u.meter_operation_id = o.meter_operation_id
        WHERE u.meter_operation_id IS NULL AND o.performed_on = i.happened_on
            AND i.meter_id IN (o.meter_id, o.new_meter_id)
    )
$$;

-- Lines of the days [from_day, to_day), either of which may be open, of one article or of all: an opening line, what
-- happened, a closing line. is_debt: the document charges; one that takes another back stays on its side, with a minus.
-- amount_minor is empty where no money moved; kind is the kind of bill, reading or operation. A document of which only
-- the ledger knows (of any kind) is told as the ledger tells it. A subsidy that was awarded has accrued_minor and the
-- month that it is for; unused_minor is what is left of subsidies after a line that changes it, and on the bounds.
CREATE OR REPLACE FUNCTION ops.account_statement(of_account_id bigint, from_day date, to_day date, of_article text)
RETURNS TABLE (
    line_kind text, kind text, stands_on date, article_code text, document_kind text, document_no bigint,
    booked_month date, document_on date, is_debt boolean, amount_minor bigint, balance_minor bigint,
    ledger_minor bigint,
    energy_kwh numeric, point_code text, serial_no text, new_serial_no text, zone_code text, value_kwh numeric,
    state text, reason text, channel_code text, external_id text, reversed_months date[],
    reversed_bill_nos integer[], recorded_at timestamptz, recorded_by text, for_month date, accrued_minor bigint,
    unused_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH posted AS (
        SELECT
            v.booked_month, v.document_kind, v.document_no, v.article_code, min(v.posted_on) AS document_on,
            sum(v.movement_minor) AS posted_minor, bool_and(v.is_debt) AS is_debt, min(v.source_id) AS source_id
        FROM ops.ledger_movement AS v
        WHERE v.account_id = of_account_id
        GROUP BY v.booked_month, v.document_kind, v.document_no, v.article_code
    ),
    -- Documents that have a table of their own: their sums come from there.
    document AS (
        SELECT
            b.booked_month, 'bill' AS document_kind, b.bill_no::bigint AS document_no, 'electricity' AS article_code,
            (b.booked_month + interval '1 month - 1 day')::date AS document_on, b.charge_minor AS document_minor,
            true AS is_debt, b.source_id
        FROM ops.bill AS b
        WHERE b.account_id = of_account_id
        UNION ALL
        SELECT
            n.booked_month, 'benefit', n.bill_no, 'electricity',
            (n.booked_month + interval '1 month - 1 day')::date, -sum(n.benefit_minor), false, min(n.source_id)
        FROM ops.benefit_line AS n
        WHERE n.account_id = of_account_id
        GROUP BY n.booked_month, n.bill_no
        UNION ALL
        SELECT
            p.booked_month, 'payment', p.payment_no, p.article_code, p.paid_on, -p.amount_minor, false,
            p.source_id
        FROM ops.payment AS p
        WHERE p.account_id = of_account_id
        UNION ALL
        SELECT
            u.booked_month, 'subsidy', u.use_no, 'electricity', (u.booked_month + interval '1 month - 1 day')::date,
            -u.used_minor, false, u.source_id
        FROM ops.subsidy_use AS u
        WHERE u.account_id = of_account_id
    ),
    matched AS (
        SELECT
            coalesce(p.booked_month, d.booked_month) AS booked_month,
            coalesce(p.document_kind, d.document_kind) AS document_kind,
            coalesce(p.document_no, d.document_no) AS document_no,
            coalesce(p.article_code, d.article_code) AS article_code,
            coalesce(p.document_on, d.document_on) AS document_on,
            coalesce(d.is_debt, p.is_debt) AS is_debt,
            coalesce(p.source_id, d.source_id) AS source_id,
            coalesce(p.posted_minor, 0) AS posted_minor, d.document_minor
        FROM posted AS p
        FULL JOIN document AS d
            ON d.booked_month = p.booked_month AND d.document_kind = p.document_kind AND d.document_no = p.document_no
    ),
    -- A document over several articles has of the first what its own sum leaves for it.
    shared AS (
        SELECT
            m.*,
            CASE
                WHEN m.document_minor IS NULL OR row_number() OVER articles > 1 THEN m.posted_minor
                ELSE m.document_minor - sum(m.posted_minor) OVER whole + m.posted_minor
            END::bigint AS amount_minor
        FROM matched AS m
        WINDOW
            whole AS (PARTITION BY m.booked_month, m.document_kind, m.document_no),
            articles AS (PARTITION BY m.booked_month, m.document_kind, m.document_no ORDER BY m.article_code)
    ),
    happened AS (
        SELECT
            ops.stands_on(s.booked_month, s.document_on) AS stands_on,
            CASE WHEN s.document_kind IN ('opening_debt', 'opening_credit') THEN 0 ELSE 3 END AS sort_no,
            s.document_kind AS sort_kind, s.document_no AS sort_document_no, s.article_code AS sort_article,
            'document' AS line_kind, s.article_code, s.document_kind, s.document_no, s.booked_month, s.document_on,
            s.amount_minor, s.is_debt, s.source_id, NULL::text AS kind, NULL::numeric AS energy_kwh,
            NULL::text AS point_code, NULL::text AS serial_no, NULL::text AS new_serial_no, NULL::text AS zone_code, NULL::numeric AS value_kwh,
            NULL::text AS state, NULL::text AS reason, NULL::text AS decision, NULL::date AS for_month,
            NULL::bigint AS accrued_minor
        FROM shared AS s
        WHERE of_article IS NULL OR s.article_code = of_article
        UNION ALL
        SELECT
            e.happened_on, 1, e.kind, e.event_no, '', 'operation', 'electricity', NULL, NULL, NULL, e.happened_on, NULL,
            NULL, e.source_id, e.kind, NULL, e.point_code, e.serial_no, e.new_serial_no, NULL, NULL, e.state, e.reason,
            NULL, NULL, NULL
        FROM ops.meter_events_of_account(of_account_id) AS e
        WHERE of_article IS NULL OR of_article = 'electricity'
        UNION ALL
        SELECT
            r.read_on, 2, '', r.reading_id, '', 'reading', 'electricity', NULL, NULL, r.booked_month, r.read_on, NULL,
            NULL, r.source_id, r.kind, NULL, p.code, m.serial_no, NULL, r.zone_code, r.value_kwh, r.state, r.reason,
            NULL, NULL, NULL
        FROM ops.reading_state AS r
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = r.metering_point_id
        LEFT JOIN ops.meter AS m ON m.meter_id = r.meter_id
        WHERE r.account_id = of_account_id AND (of_article IS NULL OR of_article = 'electricity')
        UNION ALL
        -- Imaginary bills: a credit unwound into energy. No money moves.
        SELECT
            (e.booked_month + interval '1 month - 1 day')::date, 4, e.kind, e.prepaid_no, '', 'imaginary', 'electricity',
            NULL, e.prepaid_no, e.booked_month, e.priced_on, NULL, NULL, e.source_id, e.kind, e.energy_kwh, p.code, NULL,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM ops.prepaid_energy AS e
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = e.metering_point_id
        WHERE e.account_id = of_account_id AND (of_article IS NULL OR of_article = 'electricity')
        UNION ALL
        -- What is awarded moves no money until a bill takes it: an event, in the month from which it serves.
        SELECT
            ops.stands_on(k.serves_from, coalesce(k.decided_on, k.serves_from)), 2, k.booked_month::text, k.number, '',
            'subsidy', 'electricity', NULL, k.number, k.booked_month, k.decided_on, NULL, NULL, k.source_id, k.kind,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, k.note, k.decision, k.for_month, k.amount_minor
        FROM ops.subsidy_history(of_account_id) AS k
        WHERE k.amount_minor IS NOT NULL AND (of_article IS NULL OR of_article = 'electricity')
    ),
    balanced AS (
        SELECT
            h.*,
            coalesce(sum(h.amount_minor) OVER in_order, 0)::bigint AS balance_minor,
            (sum(h.unused_by) OVER in_order)::bigint AS unused_minor
        FROM (
            SELECT
                x.*, CASE x.document_kind WHEN 'subsidy' THEN x.amount_minor ELSE x.accrued_minor END AS unused_by
            FROM happened AS x
        ) AS h
        WINDOW in_order AS (
            ORDER BY h.stands_on, h.sort_no, h.sort_kind, h.sort_document_no, h.sort_article
            ROWS UNBOUNDED PRECEDING
        )
    ),
    -- The proof goes by the entries alone, and by neither the documents nor the view above.
    entry AS MATERIALIZED (
        SELECT
            ops.stands_on(g.booked_month, g.posted_on) AS stands_on,
            CASE WHEN g.document_kind IN ('opening_debt', 'opening_credit') THEN 0 ELSE 3 END AS sort_no,
            g.document_kind, g.document_no, g.article_code,
            (d.is_consumer_balance::integer - c.is_consumer_balance::integer) * g.amount_minor AS moved_minor
        FROM ops.ledger AS g
        INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code
        INNER JOIN ops.ledger_account AS c ON c.ledger_account_code = g.credit_code
        WHERE g.account_id = of_account_id AND (of_article IS NULL OR g.article_code = of_article)
    ),
    bound AS (
        SELECT
            b.line_kind, b.day,
            coalesce((SELECT sum(h.amount_minor) FROM happened AS h WHERE h.stands_on < b.before), 0) AS balance_minor,
            coalesce((SELECT sum(e.moved_minor) FROM entry AS e WHERE e.stands_on < b.before), 0) AS ledger_minor,
            (SELECT sum(h.unused_by) FROM balanced AS h WHERE h.stands_on < b.before) AS unused_minor
        FROM (
            VALUES
            ('opening', from_day, coalesce(from_day, date '-infinity')),
            ('closing', to_day, coalesce(to_day, date 'infinity'))
        ) AS b (line_kind, day, before)
    ),
    line AS (
        SELECT
            b.*, k.kind AS bill_kind, k.energy_kwh AS bill_kwh, v.reversed_months, v.reversed_bill_nos, a.reasons,
            p.channel_code, p.external_id, m.moved_kind, m.moved_reason, w.kept_reason,
            s.recorded_at, u.full_name AS recorded_by,
            (
                SELECT coalesce(sum(e.moved_minor), 0)
                FROM entry AS e
                WHERE (e.stands_on, e.sort_no, e.document_kind, e.document_no, e.article_code)
                    <= (b.stands_on, b.sort_no, b.sort_kind, b.sort_document_no, b.sort_article)
            )::bigint AS ledger_minor
        FROM balanced AS b
        LEFT JOIN ops.bill AS k
            ON b.document_kind = 'bill' AND k.account_id = of_account_id AND k.booked_month = b.booked_month
            AND k.bill_no = b.document_no
        LEFT JOIN ops.payment AS p
            ON b.document_kind = 'payment' AND p.account_id = of_account_id AND p.booked_month = b.booked_month
            AND p.payment_no = b.document_no
        LEFT JOIN LATERAL (
            SELECT string_agg(DISTINCT x.reason, E'\n' ORDER BY x.reason) AS reasons
            FROM ops.explained_amendments(ARRAY[of_account_id], b.booked_month) AS x
            WHERE k.kind IN ('reversing', 'correction', 'benefit_reversing', 'benefit_correction')
                AND x.bill_no = k.bill_no
        ) AS a ON true
        LEFT JOIN LATERAL (
            SELECT
                array_agg(y.booked_month ORDER BY y.booked_month, y.bill_no) AS reversed_months,
                array_agg(y.bill_no ORDER BY y.booked_month, y.bill_no) AS reversed_bill_nos
            FROM (
                SELECT DISTINCT x.booked_month, x.bill_no
                FROM ops.bill_line_reversal AS x
                WHERE k.kind IN ('reversing', 'benefit_reversing') AND x.account_id = of_account_id
                    AND x.reversing_month = k.booked_month AND x.reversing_bill_no = k.bill_no
            ) AS y
        ) AS v ON true
        -- A payment that stands in the place of another one, or takes one back, says why.
        LEFT JOIN LATERAL (
            SELECT
                x.reason AS moved_reason,
                CASE WHEN x.right_payment_no = p.payment_no THEN
                    CASE WHEN f.kind = 'technical' THEN 'recognised' ELSE 'moved_here' END
                END AS moved_kind
            FROM ops.payment_reversal AS x
            INNER JOIN ops.account AS f ON f.account_id = x.account_id
            WHERE x.right_account_id = p.account_id AND x.right_month = p.booked_month AND x.right_payment_no = p.payment_no
                OR x.account_id = p.account_id AND x.reversing_month = p.booked_month
                AND x.reversing_payment_no = p.payment_no
        ) AS m ON true
        LEFT JOIN LATERAL (
            SELECT
                format(
                    '%s kWh of %s keep the price of %s', trim_scale(abs(x.energy_kwh)),
                    to_char(x.service_month, 'YYYY-MM'), to_char(x.prepaid_month, 'YYYY-MM')
                ) AS kept_reason
            FROM ops.kept_price AS x
            WHERE b.document_kind = 'kept_price' AND x.account_id = of_account_id AND x.booked_month = b.booked_month
                AND x.kept_price_no = b.document_no
        ) AS w ON true
        LEFT JOIN ops.source AS s ON s.source_id = b.source_id
        LEFT JOIN ops.app_user AS u ON u.user_id = s.user_id
        WHERE (from_day IS NULL OR b.stands_on >= from_day) AND (to_day IS NULL OR b.stands_on < to_day)
    ),
    told AS (
        SELECT
            1 AS part_no, l.sort_no, l.sort_kind, l.sort_document_no, l.sort_article, l.line_kind,
            coalesce(
                l.bill_kind, l.moved_kind, l.kind,
                CASE
                    WHEN CASE
                        -- A kept price takes off; what takes it back asks for the price of the bill again.
                        WHEN l.document_kind = 'kept_price' THEN l.amount_minor > 0
                        WHEN l.is_debt THEN l.amount_minor < 0
                        ELSE l.amount_minor > 0
                    END THEN 'taken_back'
                    ELSE l.document_kind
                END
            ) AS kind,
            l.stands_on, l.article_code, l.document_kind, l.document_no, l.booked_month, l.document_on, l.is_debt,
            l.amount_minor, l.balance_minor, l.ledger_minor, coalesce(l.bill_kwh, l.energy_kwh) AS energy_kwh, l.point_code,
            l.serial_no, l.new_serial_no, l.zone_code, l.value_kwh, l.state,
            coalesce(l.reasons, l.moved_reason, l.kept_reason, l.reason) AS reason, l.channel_code,
            coalesce(l.external_id, l.decision) AS external_id, l.reversed_months, l.reversed_bill_nos, l.recorded_at,
            l.recorded_by, l.for_month, l.accrued_minor,
            CASE WHEN l.unused_by IS NOT NULL THEN l.unused_minor END AS unused_minor
        FROM line AS l
        UNION ALL
        SELECT
            CASE WHEN b.line_kind = 'opening' THEN 0 ELSE 2 END, 0, '', 0, '', b.line_kind, b.line_kind, b.day,
            of_article, NULL, NULL, NULL, NULL, NULL, NULL, b.balance_minor::bigint, b.ledger_minor::bigint, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, b.unused_minor::bigint
        FROM bound AS b
    )
    SELECT
        t.line_kind, t.kind, t.stands_on, t.article_code, t.document_kind, t.document_no, t.booked_month, t.document_on,
        t.is_debt, t.amount_minor, t.balance_minor, t.ledger_minor, t.energy_kwh, t.point_code, t.serial_no,
        t.new_serial_no, t.zone_code, t.value_kwh, t.state, t.reason, t.channel_code, t.external_id, t.reversed_months,
        t.reversed_bill_nos, t.recorded_at, t.recorded_by, t.for_month, t.accrued_minor, t.unused_minor
    FROM told AS t
    ORDER BY t.part_no, t.stands_on, t.sort_no, t.sort_kind, t.sort_document_no, t.sort_article
$$;
