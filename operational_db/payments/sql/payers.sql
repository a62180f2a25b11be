-- Whose money is it: the account that a payer names, and the technical account for money of nobody known.

CREATE OR REPLACE FUNCTION ops.technical_account_no(res_code text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN res_code || '-UNRECOGNISED';

-- The technical account of a RES, opened where there is none yet.
CREATE OR REPLACE FUNCTION ops.ensure_technical_account(of_res_id integer, on_day date, of_source_id bigint)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    number text := (SELECT ops.technical_account_no(u.code) FROM ops.unit AS u WHERE u.unit_id = of_res_id);
BEGIN
    INSERT INTO ops.account (account_no, kind, res_id, opened_on, source_id)
    VALUES (number, 'technical', of_res_id, on_day, of_source_id)
    ON CONFLICT (account_no) DO NOTHING;
    RETURN (SELECT a.account_id FROM ops.account AS a WHERE a.account_no = number AND a.kind = 'technical');
END
$$;

-- The accounts of these RES that a number may mean: the one that bears it, else those that bore it in an old program,
-- told with the code of the RES before it or without.
CREATE OR REPLACE FUNCTION ops.accounts_named(number_text text, res_ids integer[])
RETURNS TABLE (account_id bigint, account_no text, res_id integer, is_former boolean)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    number text := btrim(number_text);
BEGIN
    IF coalesce(number, '') = '' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.account_id, a.account_no, a.res_id, false
    FROM ops.account AS a
    WHERE a.account_no = number AND a.kind <> 'technical' AND a.res_id = ANY (res_ids);
    IF NOT FOUND THEN
        RETURN QUERY
        SELECT DISTINCT a.account_id, a.account_no, a.res_id, true
        FROM ops.account_number_alias AS l
        INNER JOIN ops.account AS a ON a.account_id = l.account_id
        WHERE a.kind <> 'technical' AND a.res_id = ANY (res_ids)
            AND l.alias = ANY (
                ARRAY(
                    SELECT u.code || ':' || number FROM ops.unit AS u WHERE u.unit_id = ANY (res_ids)
                    UNION ALL
                    SELECT number
                )
            );
    END IF;
END
$$;

-- The one account that a number means; refuses where it means none or several.
CREATE OR REPLACE FUNCTION ops.account_named(number_text text, res_ids integer[])
RETURNS ops.account
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    numbers text[];
    meant ops.account;
BEGIN
    SELECT array_agg(n.account_no ORDER BY n.account_no) INTO numbers
    FROM ops.accounts_named(number_text, res_ids) AS n;
    IF numbers IS NULL THEN
        PERFORM ops.refuse(
            'There is no account "%s" among those you may see; check its number.', coalesce(number_text, '')
        );
    ELSIF cardinality(numbers) > 1 THEN
        PERFORM ops.refuse(
            'The old number "%s" is that of %s; name the account by its number now.', number_text,
            array_to_string(numbers, ', ')
        );
    END IF;
    SELECT * INTO meant FROM ops.account AS a WHERE a.account_no = numbers[1];
    RETURN meant;
END
$$;

-- An amount as a sentence tells it, such as 12345.60.
CREATE OR REPLACE FUNCTION ops.money_text(amount_minor numeric)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT round(amount_minor / p.value::numeric, length(p.value) - 1)::text
    FROM ops.parameter AS p
    WHERE p.parameter_code = 'minor_per_major';
END;
