-- What there is of each component for each RES, and how much of it is as it should be. A RES is judged by the loads
-- that tell of its accounts: all that are signed, and the newest unsigned one unless a signed one is newer.
CREATE TEMPORARY TABLE readiness_load ON COMMIT DROP AS
WITH state AS (
    SELECT
        p.protocol_id, p.load_id,
        coalesce(
            (
                SELECT e.event FROM migration.protocol_event AS e
                WHERE e.protocol_id = p.protocol_id AND e.event IN ('accepted', 'withdrawn')
                ORDER BY e.protocol_event_id DESC
                LIMIT 1
            ), 'prepared'
        ) AS state
    FROM migration.protocol AS p
),
of_res AS (
    SELECT DISTINCT s.protocol_id, s.load_id, s.state, u.unit_id AS res_id, a.res_code
    FROM state AS s
    INNER JOIN migration.account AS a ON a.load_id = s.load_id AND NOT a.is_deleted
    INNER JOIN ops.unit AS u ON u.code = a.res_code AND u.level = 'res'
    WHERE s.state <> 'withdrawn'
)
SELECT o.*
FROM of_res AS o
WHERE o.state = 'accepted' OR o.protocol_id = (
    SELECT max(n.protocol_id) FROM of_res AS n WHERE n.res_id = o.res_id
);

CREATE TEMPORARY TABLE readiness_account ON COMMIT DROP AS
SELECT DISTINCT ON (a.load_id, a.account_no) a.load_id, a.account_no, a.res_code
FROM migration.account AS a
WHERE a.load_id IN (SELECT l.load_id FROM readiness_load AS l)
    AND NOT EXISTS (
        SELECT 1 FROM migration.verdict AS v
        WHERE v.load_id = a.load_id AND v.entity = 'account' AND v.file_id = a.file_id AND v.row_no = a.row_no
            AND v.part_no = a.part_no
    )
ORDER BY a.load_id, a.account_no;
CREATE INDEX ON readiness_account (account_no, load_id);
ANALYZE readiness_account;

-- Money of the dump, row by row: a payment or an opening balance, of which RES, and whether it is nobody's. What was
-- bound to its account in the book since is nobody's no longer.
CREATE TEMPORARY TABLE readiness_money ON COMMIT DROP AS
WITH first_res AS (
    SELECT l.load_id, min(l.res_code) AS res_code FROM readiness_load AS l GROUP BY l.load_id
),
told AS (
    SELECT
        p.load_id, 'payment' AS entity, p.file_id, p.row_no, p.part_no, p.account_no, p.res_code,
        abs(p.amount_minor) AS amount_minor, p.channel_code, p.external_id
    FROM migration.payment AS p
    WHERE p.load_id IN (SELECT f.load_id FROM first_res AS f) AND NOT p.is_deleted
    UNION ALL
    SELECT
        o.load_id, 'opening_balance', o.file_id, o.row_no, o.part_no, o.account_no, f.folder_value,
        abs(coalesce(o.debit_minor, 0) - coalesce(o.credit_minor, 0)), NULL, NULL
    FROM migration.opening_balance AS o
    INNER JOIN landing.file AS f ON f.file_id = o.file_id
    WHERE o.load_id IN (SELECT n.load_id FROM first_res AS n) AND NOT o.is_deleted
),
nobodys AS (
    SELECT p.channel_code, p.external_id
    FROM ops.standing_payment AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE a.kind = 'technical'
)
SELECT
    t.load_id, coalesce(a.res_code, l.res_code, f.res_code) AS res_code, t.entity, t.amount_minor,
    CASE
        WHEN v.verdict IS NOT NULL THEN true
        WHEN a.account_no IS NOT NULL THEN false
        WHEN s.is_accepted THEN n.external_id IS NOT NULL
        ELSE true
    END AS is_orphan
FROM told AS t
INNER JOIN first_res AS f ON f.load_id = t.load_id
INNER JOIN (
    SELECT l.load_id, bool_or(l.state = 'accepted') AS is_accepted FROM readiness_load AS l GROUP BY l.load_id
) AS s ON s.load_id = t.load_id
LEFT JOIN readiness_account AS a ON a.load_id = t.load_id AND a.account_no = t.account_no
LEFT JOIN readiness_load AS l ON l.load_id = t.load_id AND l.res_code = t.res_code
LEFT JOIN migration.verdict AS v
    ON v.load_id = t.load_id AND v.entity = t.entity AND v.file_id = t.file_id AND v.row_no = t.row_no
    AND v.part_no = t.part_no
LEFT JOIN nobodys AS n ON n.channel_code = t.channel_code AND n.external_id = t.external_id
WHERE t.amount_minor > 0 AND (v.verdict IS NULL OR v.verdict = 'rejected');

-- Bills of the old program that were read, and in which class shadow billing put them.
CREATE TEMPORARY TABLE readiness_bill ON COMMIT DROP AS
SELECT
    a.res_code, c.service_month, coalesce(b.class, 'not re-rated') AS class, count(*) AS bill_count,
    min(c.load_id) AS load_id
FROM migration.charge AS c
INNER JOIN readiness_account AS a ON a.load_id = c.load_id AND a.account_no = c.account_no
LEFT JOIN migration.shadow_bill AS b
    ON b.load_id = c.load_id AND b.file_id = c.file_id AND b.row_no = c.row_no AND b.part_no = c.part_no
WHERE NOT c.is_deleted
    AND NOT EXISTS (
        SELECT 1 FROM migration.verdict AS v
        WHERE v.load_id = c.load_id AND v.entity = 'charge' AND v.file_id = c.file_id AND v.row_no = c.row_no
            AND v.part_no = c.part_no
    )
GROUP BY a.res_code, c.service_month, b.class;

CREATE TEMPORARY TABLE readiness_figure ON COMMIT DROP AS
WITH res AS (
    SELECT
        l.res_id, l.res_code, array_agg(l.protocol_id ORDER BY l.protocol_id) AS protocol_ids,
        string_agg(l.protocol_id::text, ', ' ORDER BY l.protocol_id) AS protocols_told,
        count(*) AS protocol_count, count(*) FILTER (WHERE l.state = 'accepted') AS signed_count,
        string_agg(l.protocol_id::text, ', ' ORDER BY l.protocol_id) FILTER (WHERE l.state <> 'accepted')
            AS unsigned_told
    FROM readiness_load AS l
    GROUP BY l.res_id, l.res_code
),
weight AS (
    SELECT DISTINCT ON (w.component_code) w.*
    FROM ops.readiness_weight AS w
    WHERE w.valid_from <= current_date
    ORDER BY w.component_code, w.valid_from DESC
),
-- What a load tells of no RES in particular counts for each of them.
sums AS (
    SELECT
        l.res_code, count(*) FILTER (WHERE c.status = 'equal') AS equal_count,
        count(*) FILTER (WHERE c.status IN ('equal', 'differs')) AS sum_count
    FROM readiness_load AS l
    INNER JOIN migration.check_result AS c ON c.load_id = l.load_id
    WHERE c.unit = l.res_code OR NOT EXISTS (
        SELECT 1 FROM readiness_load AS o WHERE o.load_id = l.load_id AND o.res_code = c.unit
    )
    GROUP BY l.res_code
),
row_of_file AS (
    SELECT
        l.res_code, sum(c.read_count) AS read_count, sum(c.rejected_count) AS rejected_count
    FROM readiness_load AS l
    INNER JOIN migration.verdict_count AS c ON c.load_id = l.load_id
    INNER JOIN landing.file AS f ON f.file_id = c.file_id
    WHERE f.folder_value = l.res_code OR NOT EXISTS (
        SELECT 1 FROM readiness_load AS o WHERE o.load_id = l.load_id AND o.res_code = f.folder_value
    )
    GROUP BY l.res_code
),
money AS (
    SELECT
        m.res_code, sum(m.amount_minor) AS amount_minor,
        coalesce(sum(m.amount_minor) FILTER (WHERE m.is_orphan), 0) AS orphan_minor
    FROM readiness_money AS m
    GROUP BY m.res_code
),
bill AS (
    SELECT
        b.res_code, sum(b.bill_count) AS bill_count,
        coalesce(sum(b.bill_count) FILTER (WHERE b.class IN ('equal', 'rounding')), 0) AS equal_count,
        coalesce(sum(b.bill_count) FILTER (WHERE b.class = 'unexplained'), 0) AS unexplained_count,
        coalesce(sum(b.bill_count) FILTER (WHERE b.class = 'not re-rated'), 0) AS unrated_count,
        count(DISTINCT b.service_month) FILTER (WHERE b.class <> 'not re-rated') AS month_count
    FROM readiness_bill AS b
    GROUP BY b.res_code
),
request AS (
    SELECT DISTINCT ON (q.request_no) q.request_no, q.unit_id, q.closed_on
    FROM migration.pilot_request AS q
    ORDER BY q.request_no, q.version_no DESC
),
asked AS (
    SELECT r.res_code, count(*) AS request_count, count(q.closed_on) AS closed_count
    FROM res AS r
    CROSS JOIN LATERAL ops.unit_ancestry(r.res_id, current_date) AS a
    INNER JOIN request AS q ON q.unit_id = a.unit_id
    GROUP BY r.res_code
),
figure AS (
    SELECT
        r.res_id, r.res_code, r.protocol_ids, n.component_code, n.done::numeric AS done, n.whole::numeric AS whole,
        n.sentence
    FROM res AS r
    LEFT JOIN sums AS s ON s.res_code = r.res_code
    LEFT JOIN row_of_file AS f ON f.res_code = r.res_code
    LEFT JOIN money AS m ON m.res_code = r.res_code
    LEFT JOIN bill AS b ON b.res_code = r.res_code
    LEFT JOIN asked AS q ON q.res_code = r.res_code
    LEFT JOIN weight AS w ON w.component_code = 'parallel_months'
    CROSS JOIN LATERAL (
        VALUES
        (
            'control_sums', s.equal_count, s.sum_count,
            CASE WHEN s.equal_count < s.sum_count
                THEN format(
                    '%s of %s control sums differ; see `wattbook protocol %s`.', s.sum_count - s.equal_count,
                    s.sum_count, r.protocols_told
                )
                ELSE format('All %s control sums are equal.', s.sum_count) END
        ),
        (
            'protocol_signed', r.signed_count, r.protocol_count,
            CASE WHEN r.signed_count < r.protocol_count
                THEN format('Protocol %s is not signed; `wattbook accept` signs it.', r.unsigned_told)
                ELSE format('Signed: protocol %s.', r.protocols_told) END
        ),
        (
            'money_placed', m.amount_minor - m.orphan_minor, m.amount_minor,
            CASE WHEN m.orphan_minor > 0
                THEN format(
                    '%s of %s stand on no account of their own; correct the dump, or bind them with '
                    '`wattbook payments bind`.',
                    round(m.orphan_minor / :minor_per_major.0, :money_digits),
                    round(m.amount_minor / :minor_per_major.0, :money_digits)
                )
                ELSE format(
                    'All %s stand on accounts of their own.', round(m.amount_minor / :minor_per_major.0, :money_digits)
                ) END
        ),
        (
            'bills_explained', b.bill_count - b.unexplained_count - b.unrated_count, b.bill_count,
            CASE
                WHEN b.unrated_count > 0 THEN format(
                    '%s of %s bills were not re-rated; run `wattbook shadow`.', b.unrated_count, b.bill_count
                )
                WHEN b.unexplained_count > 0 THEN format(
                    '%s of %s bills differ without an explanation; see `wattbook shadow --class unexplained --res %s`.',
                    b.unexplained_count, b.bill_count, r.res_code
                )
                ELSE format('All %s bills are equal to ours or explained.', b.bill_count)
            END
        ),
        (
            'bills_equal', b.equal_count, b.bill_count,
            format('%s of %s bills are equal to ours but for rounding.', b.equal_count, b.bill_count)
        ),
        (
            'rows_loaded', f.read_count - f.rejected_count, f.read_count,
            format('%s of %s rows were rejected.', f.rejected_count, f.read_count)
        ),
        (
            'parallel_months', b.month_count, w.target,
            format('%s of %s months ran in parallel and were re-rated.', b.month_count, w.target)
        ),
        (
            'pilot_closed', q.closed_count, q.request_count,
            format('%s of %s requests of the pilot are open.', q.request_count - q.closed_count, q.request_count)
        )
    ) AS n (component_code, done, whole, sentence)
)
SELECT
    f.res_id, f.res_code, f.protocol_ids, f.component_code, w.sort_order, w.weight, coalesce(f.done, 0) AS done,
    coalesce(f.whole, 0) AS whole,
    -- Cut off, not rounded: one bill of a million that differs is not 100 %.
    CASE WHEN f.whole > 0 THEN trunc(least(coalesce(f.done, 0) / f.whole, 1), 6) END AS share,
    w.is_hard_stop AND coalesce(f.done, 0) < coalesce(f.whole, 0) AS is_stopping,
    CASE WHEN coalesce(f.whole, 0) = 0 THEN format('%s: nothing is there to tell.', w.meaning) ELSE f.sentence END
        AS sentence
FROM figure AS f
INNER JOIN weight AS w ON w.component_code = f.component_code;
