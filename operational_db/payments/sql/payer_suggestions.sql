-- Who may have paid: accounts that what the payer wrote, or the sum, points to, each with the evidence in words.

-- Words of a text as names are compared: lower case, without the marks that one clerk writes and another does not.
CREATE OR REPLACE FUNCTION ops.words_of(given text)
RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN array_remove(
    regexp_split_to_array(
        translate(replace(lower(coalesce(given, '')), 'ё', 'е'), '''’‘ʻʼ`', ''), '[^[:alnum:]]+'
    ), ''
);

-- Numbers are looked for among all accounts that the user may see, names and sums among those of these RES. The score
-- orders what was found: a number weighs most, then a name, then a sum; evidence of several kinds adds up.
CREATE OR REPLACE FUNCTION ops.suggest_payers(res_ids integer[], payer_text text, amount_minor bigint)
RETURNS TABLE (account_no text, holder text, score integer, evidence text)
LANGUAGE sql STABLE
AS $$
    WITH near AS MATERIALIZED (
        SELECT a.account_id FROM ops.account AS a WHERE a.res_id = ANY (res_ids) AND a.kind <> 'technical'
    ),
    holder AS (
        SELECT h.account_id, b.full_name, b.kind
        FROM ops.account_subscriber AS h
        INNER JOIN ops.subscriber AS b ON b.subscriber_id = h.subscriber_id
        WHERE h.known_to IS NULL AND daterange(h.valid_from, h.valid_to) @> current_date
    ),
    token AS (
        SELECT DISTINCT v.number
        FROM regexp_matches(coalesce(payer_text, ''), '[[:alnum:]]*[0-9][[:alnum:]/.:_-]*', 'g') AS m (found)
        CROSS JOIN LATERAL (
            VALUES (rtrim(m.found[1], '.:-_/')), (rtrim(regexp_replace(m.found[1], '^[^0-9]+', ''), '.:-_/'))
        ) AS v (number)
    ),
    by_number AS (
        SELECT
            n.account_id, CASE WHEN n.is_former THEN 80 ELSE 100 END AS score,
            CASE WHEN n.is_former THEN format('the payer wrote %s, its number in the old program', t.number)
                ELSE format('the payer wrote its number %s', t.number) END AS evidence
        FROM token AS t
        CROSS JOIN LATERAL ops.accounts_named(t.number, ops.visible_res_ids()) AS n
    ),
    by_name AS (
        SELECT
            h.account_id, CASE WHEN c.is_whole THEN 50 ELSE 30 END AS score,
            CASE WHEN c.is_whole THEN format('the payer wrote the name of its holder, %s', h.full_name)
                ELSE format('the payer wrote the surname of its holder, %s', h.full_name) END AS evidence
        FROM near AS n
        INNER JOIN holder AS h ON h.account_id = n.account_id
        CROSS JOIN LATERAL (SELECT ops.words_of(h.full_name) AS words) AS w
        CROSS JOIN LATERAL (
            SELECT
                w.words <@ ops.words_of(payer_text) AS is_whole,
                h.kind = 'person' AND length(w.words[1]) > 2 AND w.words[1] = ANY (ops.words_of(payer_text)) AS is_surname
        ) AS c
        WHERE cardinality(w.words) > 0 AND (c.is_whole OR c.is_surname)
    ),
    by_balance AS (
        SELECT v.account_id, 30 AS score, format('it owes exactly %s', ops.money_text(suggest_payers.amount_minor)) AS evidence
        FROM ops.ledger_movement AS v
        INNER JOIN near AS n ON n.account_id = v.account_id
        WHERE suggest_payers.amount_minor > 0
        GROUP BY v.account_id
        HAVING sum(v.movement_minor) = suggest_payers.amount_minor
    ),
    by_bill AS (
        SELECT
            b.account_id, 20 AS score,
            format(
                'its last bill (%s) was exactly %s', to_char(b.booked_month, 'YYYY-MM'), ops.money_text(t.to_pay_minor)
            ) AS evidence
        FROM ops.bill AS b
        INNER JOIN near AS n ON n.account_id = b.account_id
        CROSS JOIN LATERAL (
            SELECT b.charge_minor - coalesce(sum(e.benefit_minor), 0)::bigint AS to_pay_minor
            FROM ops.benefit_line AS e
            WHERE e.account_id = b.account_id AND e.booked_month = b.booked_month AND e.bill_no = b.bill_no
        ) AS t
        WHERE t.to_pay_minor = suggest_payers.amount_minor AND suggest_payers.amount_minor > 0
            AND b.kind NOT IN ('reversing', 'benefit_reversing')
            AND NOT EXISTS (
                SELECT 1 FROM ops.bill AS l
                WHERE l.account_id = b.account_id AND l.kind NOT IN ('reversing', 'benefit_reversing')
                    AND (l.booked_month, l.bill_no) > (b.booked_month, b.bill_no)
            )
    ),
    found AS (
        SELECT * FROM by_number
        UNION ALL
        SELECT * FROM by_name
        UNION ALL
        SELECT * FROM by_balance
        UNION ALL
        SELECT * FROM by_bill
    )
    SELECT
        a.account_no, min(h.full_name), sum(f.score)::integer,
        string_agg(f.evidence, '; ' ORDER BY f.score DESC, f.evidence)
    FROM found AS f
    INNER JOIN ops.account AS a ON a.account_id = f.account_id
    LEFT JOIN holder AS h ON h.account_id = f.account_id
    GROUP BY a.account_no
    ORDER BY 3 DESC, a.account_no
$$;
