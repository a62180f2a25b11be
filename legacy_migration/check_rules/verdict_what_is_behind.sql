-- What the figures of a difference show by themselves: two that changed places, a sign, a power of ten, a month that is
-- not its own; and what is at stake. Runs after the checks that name the differences.
UPDATE migration.difference AS d
SET
    amount_minor = CASE WHEN d.measure LIKE '%_minor' THEN abs(d.stated - d.expected)::bigint ELSE d.amount_minor END,
    energy_kwh = CASE
        WHEN d.measure = 'energy_kwh' THEN abs(d.stated - d.expected) ELSE coalesce(c.energy_kwh, d.energy_kwh)
    END
FROM migration.difference AS k
LEFT JOIN migration.charge AS c
    ON c.load_id = k.load_id AND c.file_id = k.file_id AND c.row_no = k.row_no AND k.check_code = 'CHARGE_MISMATCH'
WHERE d.load_id = :load_id AND k.difference_id = d.difference_id AND d.stated IS NOT NULL AND d.expected IS NOT NULL;

-- Pairs of which each states what is expected of the other, to the whole coin: the old program may round otherwise.
CREATE TEMPORARY TABLE swapped_pair ON COMMIT DROP AS
SELECT DISTINCT ON (a.difference_id) a.difference_id, b.legacy_key AS other_key
FROM migration.difference AS a
INNER JOIN migration.difference AS b
    ON b.load_id = a.load_id AND b.check_code = a.check_code AND b.measure = a.measure
    AND round(b.expected / 100) = round(a.stated / 100) AND round(b.stated / 100) = round(a.expected / 100)
    AND b.difference_id <> a.difference_id
WHERE a.load_id = :load_id
    AND a.check_code IN ('CHARGE_MISMATCH', 'BALANCE_MISMATCH', 'ENERGY_MISMATCH', 'PAID_MISMATCH', 'PACKAGE_MISMATCH')
    -- kWh are compared whole, and 0.07 is not a hundred.
    AND (a.measure <> 'energy_kwh' OR b.expected = a.stated AND b.stated = a.expected)
-- Of several, the one of the same month.
ORDER BY
    a.difference_id, split_part(b.legacy_key, ' ', 2) = split_part(a.legacy_key, ' ', 2) DESC,
    abs(b.difference_id - a.difference_id);

UPDATE migration.difference AS d
SET
    cause = 'swapped', other_key = p.other_key,
    sentence = d.sentence || format(' It is what %s should have, and the other way round: the two are swapped.', p.other_key)
FROM swapped_pair AS p
WHERE p.difference_id = d.difference_id;
DROP TABLE swapped_pair;

UPDATE migration.difference AS d
SET
    cause = CASE WHEN d.stated = -d.expected THEN 'sign' ELSE 'scale' END,
    sentence = d.sentence || CASE
        WHEN d.stated = -d.expected THEN ' Only the sign is wrong.'
        WHEN abs(d.stated) > abs(d.expected) THEN format(' It is %s times too much: a wrong unit.', n.ratio)
        ELSE format(' It is %s times too little: a wrong unit.', n.ratio)
    END
FROM (
    SELECT
        k.difference_id,
        (
            SELECT r.ratio FROM unnest(ARRAY[1000, 100, 10]) AS r (ratio)
            -- Cut to whole coins once on the way.
            WHERE abs(greatest(abs(k.stated), abs(k.expected)) - r.ratio * least(abs(k.stated), abs(k.expected)))
                <= r.ratio AND least(abs(k.stated), abs(k.expected)) >= 100
            LIMIT 1
        ) AS ratio
    FROM migration.difference AS k
    WHERE k.load_id = :load_id AND k.cause IS NULL AND k.stated <> 0 AND k.expected <> 0
) AS n
WHERE d.difference_id = n.difference_id AND (d.stated = -d.expected OR n.ratio IS NOT NULL);

-- The figure is that of the month before or after of the same account.
UPDATE migration.difference AS d
SET
    cause = 'month_shift', other_key = o.legacy_key,
    sentence = d.sentence || format(' It is the figure of %s: the months are shifted.', split_part(o.legacy_key, ' ', 2))
FROM migration.difference AS o
WHERE d.load_id = :load_id AND d.cause IS NULL AND o.load_id = d.load_id AND o.check_code = d.check_code
    AND o.measure = d.measure AND d.stated <> 0 AND o.expected = d.stated
    AND d.check_code IN ('CHARGE_MISMATCH', 'ENERGY_MISMATCH', 'PAID_MISMATCH')
    AND split_part(o.legacy_key, ' ', 1) = split_part(d.legacy_key, ' ', 1)
    AND abs(
        to_date(split_part(o.legacy_key, ' ', 2), 'YYYY-MM') - to_date(split_part(d.legacy_key, ' ', 2), 'YYYY-MM')
    ) BETWEEN 28 AND 31;
