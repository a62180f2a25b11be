-- Figures that rules rest on and that others publish: rates of central banks, price indices. A clerk enters them.

-- Each day has its rate: from a row's day to the next row's, and none before the first.
CREATE OR REPLACE VIEW ops.reference_rate_in_force WITH (security_invoker = true) AS
SELECT
    r.reference_rate_code, r.valid_from,
    lead(r.valid_from) OVER (PARTITION BY r.reference_rate_code ORDER BY r.valid_from) AS valid_to, r.rate
FROM ops.reference_rate AS r
WHERE r.known_to IS NULL
UNION ALL
SELECT p.reference_rate_code, NULL, min(r.valid_from), NULL
FROM (SELECT DISTINCT u.reference_rate_code FROM ops.penalty_rule AS u WHERE u.reference_rate_code IS NOT NULL) AS p
LEFT JOIN ops.reference_rate AS r ON r.reference_rate_code = p.reference_rate_code AND r.known_to IS NULL
GROUP BY p.reference_rate_code;

-- Asks for the right to change what holds for the whole book.
CREATE OR REPLACE FUNCTION ops.require_right_over_book(wanted_right text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), wanted_right,
        (SELECT ops.find_unit(p.value) FROM ops.parameter AS p WHERE p.parameter_code = 'root_unit')
    );
END
$$;

-- Enters a rate from a day on; one that was entered for that day before stays known and holds no longer.
CREATE OR REPLACE FUNCTION ops.enter_reference_rate(
    of_code text, from_day date, new_rate numeric, where_published text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_right_over_book('administer');
    IF NOT EXISTS (SELECT 1 FROM ops.penalty_rule AS r WHERE r.reference_rate_code = of_code) THEN
        PERFORM ops.refuse(
            'No rule asks for a rate "%s"; known are %s.', of_code,
            (SELECT coalesce(string_agg(DISTINCT r.reference_rate_code, ', '), 'none') FROM ops.penalty_rule AS r)
        );
    END IF;
    IF new_rate NOT BETWEEN 0 AND 1 THEN
        PERFORM ops.refuse('A rate of %s is no share of one; write 15 %% as 0.15.', new_rate::text);
    END IF;
    UPDATE ops.reference_rate AS r SET known_to = now()
    WHERE r.reference_rate_code = of_code AND r.valid_from = from_day AND r.known_to IS NULL;
    INSERT INTO ops.reference_rate (reference_rate_code, valid_from, rate, published_in, source_id)
    VALUES (of_code, from_day, new_rate, where_published, of_source_id);
END
$$;

-- Enters the index of a month; one that was entered before stays known and holds no longer.
CREATE OR REPLACE FUNCTION ops.enter_price_index(
    of_code text, of_month date, new_value numeric, where_published text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    month date := date_trunc('month', of_month)::date;
BEGIN
    PERFORM ops.require_right_over_book('administer');
    IF NOT EXISTS (SELECT 1 FROM ops.penalty_rule AS r WHERE r.price_index_code = of_code) THEN
        PERFORM ops.refuse(
            'No rule asks for a price index "%s"; known are %s.', of_code,
            (SELECT coalesce(string_agg(DISTINCT r.price_index_code, ', '), 'none') FROM ops.penalty_rule AS r)
        );
    END IF;
    IF new_value NOT BETWEEN 0.5 AND 2 THEN
        PERFORM ops.refuse(
            'An index of %s is not believed: it tells prices beside those of the month before, so 0.8 %% dearer is 1.008.',
            new_value::text
        );
    END IF;
    UPDATE ops.price_index AS i SET known_to = now()
    WHERE i.price_index_code = of_code AND i.index_month = month AND i.known_to IS NULL;
    INSERT INTO ops.price_index (price_index_code, index_month, index_value, published_in, source_id)
    VALUES (of_code, month, new_value, where_published, of_source_id);
END
$$;
