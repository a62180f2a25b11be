-- What is left unexplained is told with what it looks like, where it looks like something: a hint, never an excuse.
INSERT INTO shadow_cause (bill_no, class, told)
SELECT DISTINCT ON (h.bill_no) h.bill_no, 'unexplained', h.told
FROM (
    SELECT s.bill_no, 1 AS kind_no, format('the amount is %s times as much as its kWh cost', k.factor) AS told
    FROM shadow_suspect AS s
    INNER JOIN (
        VALUES ('-1', -1.0), ('10', 10), ('100', 100), ('1000', 1000), ('0.1', 0.1), ('0.01', 0.01), ('0.001', 0.001)
    ) AS k (factor, times)
        ON s.charge_minor = s.rated_minor * k.times
    WHERE s.rated_minor <> 0
    UNION ALL
    SELECT s.bill_no, 2, format('the amount is what the kWh of %s cost', to_char(o.service_month, 'YYYY-MM'))
    FROM shadow_suspect AS s
    INNER JOIN shadow_state AS o
        ON o.account_no = s.account_no AND o.rated_minor = s.charge_minor AND o.rated_minor <> 0
        AND o.service_month IN (s.service_month - interval '1 month', s.service_month + interval '1 month')
) AS h
WHERE NOT EXISTS (SELECT 1 FROM shadow_cause AS c WHERE c.bill_no = h.bill_no)
ORDER BY h.bill_no, h.kind_no, h.told;
