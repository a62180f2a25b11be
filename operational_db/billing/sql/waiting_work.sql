-- What waits for a person at some RES, for the end of a day. What keeps a month from its close is in close_month.sql
-- and close_money.sql.

-- One row per kind of work, where any waits: how many, the first one, and the money of it where it has any. Packages
-- are drafts that may hold money of these RES; readings those of open months that no bill counts up to yet; payments
-- are looked at for doubles from the month before the first open one on.
CREATE OR REPLACE FUNCTION ops.waiting_work(res_ids integer[])
RETURNS TABLE (work text, how_many bigint, first_one text, amount_minor bigint)
LANGUAGE sql STABLE
AS $$
    WITH open_month AS (
        SELECT o.booked_month, array_agg(o.res_id) AS open_res_ids
        FROM ops.open_period AS o
        WHERE o.res_id = ANY (res_ids)
        GROUP BY o.booked_month
    ),
    waiting AS (
        SELECT 1 AS place, 'packages' AS work, d.package_no AS which, d.declared_minor AS amount_minor
        FROM ops.payment_package_draft AS d
        WHERE EXISTS (SELECT 1 FROM ops.res_under(d.unit_id, current_date) AS r WHERE r.res_id = ANY (res_ids))
        UNION ALL
        SELECT 2, 'quarantine', q.point_code || ' of ' || q.read_on, NULL
        FROM ops.quarantined_readings(res_ids) AS q
        UNION ALL
        SELECT 3, 'unrecognised', p.channel_code || ' ' || p.external_id || ' of ' || p.paid_on, p.amount_minor
        FROM ops.account AS a
        INNER JOIN ops.standing_payment AS p ON p.account_id = a.account_id
        WHERE a.kind = 'technical' AND a.res_id = ANY (res_ids)
        UNION ALL
        SELECT 4, 'doubled', d.channel_code || ' ' || d.external_id || ' and ' || d.other_external_id, d.amount_minor
        FROM ops.doubled_payments((SELECT (min(m.booked_month) - interval '1 month')::date FROM open_month AS m)) AS d
        INNER JOIN ops.account AS a ON a.account_no = d.account_no
        WHERE a.res_id = ANY (res_ids)
        UNION ALL
        SELECT 5, 'amendments', a.account_no || ' from ' || o.from_day, NULL
        FROM ops.open_amendment AS o
        INNER JOIN ops.account AS a ON a.account_id = o.account_id
        WHERE a.res_id = ANY (res_ids)
        UNION ALL
        SELECT 6, 'readings', a.account_no || ' in ' || to_char(m.booked_month, 'YYYY-MM'), NULL
        FROM open_month AS m
        CROSS JOIN LATERAL ops.readings_to_bill(m.booked_month, m.open_res_ids) AS r
        INNER JOIN ops.account AS a ON a.account_id = r.account_id
    )
    SELECT w.work, count(*), min(w.which), sum(w.amount_minor)::bigint
    FROM waiting AS w
    GROUP BY w.place, w.work
    ORDER BY w.place
$$;
