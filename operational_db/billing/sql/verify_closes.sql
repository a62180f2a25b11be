-- Are closed months what they were when they were closed?

-- One row per closed month under these RES (or the newest of each alone) that is not what its close says: the content
-- hash is computed anew from the rows that stand, the chain from the hashes; and what tells where to look.
CREATE OR REPLACE FUNCTION ops.closes_in_doubt(res_ids integer[], newest_only boolean DEFAULT false)
RETURNS TABLE (res_code text, booked_month date, doubt text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
    WITH chained AS (
        SELECT
            c.*,
            lag(c.chain_hash, 1, '') OVER (PARTITION BY c.res_id ORDER BY c.booked_month) AS chained_to,
            lead(c.booked_month) OVER (PARTITION BY c.res_id ORDER BY c.booked_month) IS NULL AS is_newest
        FROM ops.period_close AS c
        WHERE c.res_id = ANY (res_ids)
    ),
    -- Materialized: each hash is computed once.
    closed AS MATERIALIZED (
        SELECT c.*, ops.period_content_hash(c.res_id, c.booked_month) AS content_now
        FROM chained AS c
        WHERE c.is_newest OR NOT newest_only
    ),
    standing AS (
        SELECT c.*, b.bill_count_now, b.energy_kwh_now, b.charge_minor_now, p.paid_minor_now
        FROM closed AS c
        CROSS JOIN LATERAL (
            SELECT
                count(*) AS bill_count_now, coalesce(sum(b.energy_kwh), 0) AS energy_kwh_now,
                coalesce(sum(b.charge_minor), 0) AS charge_minor_now
            FROM ops.bill AS b
            WHERE b.res_id = c.res_id AND b.booked_month = c.booked_month
        ) AS b
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(p.amount_minor), 0) AS paid_minor_now
            FROM ops.payment AS p
            WHERE p.res_id = c.res_id AND p.booked_month = c.booked_month
        ) AS p
    ),
    -- The figures are compared even where the hash holds: they are in no hash, and somebody may have changed them.
    told AS (
        SELECT
            s.res_id, s.booked_month,
            concat_ws(
                '; ',
                CASE WHEN s.content_now <> s.content_hash THEN 'its rows are not those that were closed' END,
                CASE WHEN s.bill_count_now <> s.bill_count
                    THEN format('bills %s now and %s then', s.bill_count_now, s.bill_count) END,
                CASE WHEN s.energy_kwh_now <> s.energy_kwh
                    THEN format('kWh %s now and %s then', trim_scale(s.energy_kwh_now), trim_scale(s.energy_kwh)) END,
                CASE WHEN s.charge_minor_now <> s.charge_minor
                    THEN format('charged coins %s now and %s then', s.charge_minor_now, s.charge_minor) END,
                CASE WHEN s.paid_minor_now <> s.paid_minor
                    THEN format('paid coins %s now and %s then', s.paid_minor_now, s.paid_minor) END,
                CASE WHEN encode(sha256(convert_to(s.chained_to || s.content_hash, 'UTF8')), 'hex') <> s.chain_hash
                    THEN 'its hash is not chained to the close before' END
            ) AS doubt
        FROM standing AS s
    )
    SELECT u.code, t.booked_month, t.doubt
    FROM told AS t
    INNER JOIN ops.unit AS u ON u.unit_id = t.res_id
    WHERE t.doubt <> ''
    ORDER BY t.booked_month, u.code
$$;
