-- The candidates of one cause, rated; the first that gives what was charged is the bill's cause.
INSERT INTO shadow_cause (bill_no, class, told)
SELECT DISTINCT ON (k.bill_no) k.bill_no, ':class', k.told
FROM (
    SELECT
        c.bill_no, c.rank, min(c.told) AS told, s.charge_minor,
        CASE WHEN min(c.taken_share) IS NULL THEN sum(r.charge_minor)
            ELSE s.rated_minor - round(min(c.taken_share) * sum(r.charge_minor)) END AS candidate_minor,
        sum(r.line_count + r.uneven_count * (c.grid_minor - 1)) AS tolerance_minor
    FROM shadow_candidate AS c
    INNER JOIN shadow_suspect AS s ON s.bill_no = c.bill_no
    LEFT JOIN ops.rate_months('pg_temp.shadow_candidate') AS r ON r.volume_no = c.volume_no
    GROUP BY c.bill_no, c.rank, s.charge_minor, s.rated_minor
    HAVING count(*) = count(r.charge_minor)
) AS k
WHERE abs(k.charge_minor - k.candidate_minor) <= k.tolerance_minor
ORDER BY k.bill_no, k.rank;

TRUNCATE shadow_candidate;
