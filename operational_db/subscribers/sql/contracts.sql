-- Contracts of accounts: drawn up, signed, terminated, each status from a day on. At most one contract of an account is
-- in force on a day; what the book knew before stays as older versions.

-- The account whose contracts the user may keep, held until the end of the command.
CREATE OR REPLACE FUNCTION ops.hold_contracts(account_text text)
RETURNS ops.account
LANGUAGE plpgsql
AS $$
DECLARE
    meant ops.account := ops.account_named(account_text, ops.visible_res_ids());
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'keep_contracts', meant.res_id);
    PERFORM 1 FROM ops.account AS a WHERE a.account_id = meant.account_id FOR NO KEY UPDATE;
    RETURN meant;
END
$$;

-- The contract that a number means at an account.
CREATE OR REPLACE FUNCTION ops.contract_of(meant ops.account, of_contract_no text)
RETURNS ops.contract
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    found ops.contract;
BEGIN
    SELECT c.* INTO found FROM ops.contract AS c
    WHERE c.account_id = meant.account_id AND c.contract_no = of_contract_no
    ORDER BY c.contract_id DESC
    LIMIT 1;
    IF found.contract_id IS NULL THEN
        PERFORM ops.refuse(
            'Account %s has no contract "%s"; see `wattbook contract list --account %s`.', meant.account_no,
            of_contract_no, meant.account_no
        );
    END IF;
    RETURN found;
END
$$;

-- The contract of an account that is in force on a day; empty where none is.
CREATE OR REPLACE FUNCTION ops.contract_in_force(of_account_id bigint, on_day date)
RETURNS ops.contract
LANGUAGE sql STABLE
AS $$
    SELECT c.*
    FROM ops.contract AS c
    INNER JOIN ops.contract_status AS s
        ON s.contract_id = c.contract_id AND s.known_to IS NULL AND s.status = 'signed'
        AND daterange(s.valid_from, s.valid_to) @> on_day
    WHERE c.account_id = of_account_id
    ORDER BY s.valid_from DESC, c.contract_id DESC
    LIMIT 1
$$;

-- What a contract is from a day on; what it was before ends there. A status that was to begin later is known no longer.
CREATE OR REPLACE FUNCTION ops.set_contract_status(
    of_contract_id bigint, new_status text, from_day date, of_source_id bigint
)
RETURNS void
LANGUAGE sql
AS $$
    WITH ended AS (
        UPDATE ops.contract_status AS s SET known_to = now()
        WHERE s.contract_id = of_contract_id AND s.known_to IS NULL
            AND coalesce(s.valid_to > from_day, true)
        RETURNING s.*
    )
    INSERT INTO ops.contract_status (contract_id, status, valid_from, valid_to, source_id)
    SELECT e.contract_id, e.status, e.valid_from, from_day, of_source_id
    FROM ended AS e
    WHERE e.valid_from < from_day
    UNION ALL
    SELECT of_contract_id, new_status, from_day, NULL, of_source_id
$$;

-- Draws up a contract, which is not in force before it is signed.
CREATE OR REPLACE FUNCTION ops.draw_up_contract(
    account_text text, of_contract_no text, from_day date, of_source_id bigint
)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    meant ops.account := ops.hold_contracts(account_text);
    taken text;
    new_contract_id bigint;
BEGIN
    IF coalesce(trim(of_contract_no), '') = '' THEN
        PERFORM ops.refuse('A contract of account %s needs a number; give it with --number.', meant.account_no);
    END IF;
    IF meant.closed_on IS NOT NULL THEN
        PERFORM ops.refuse(
            'Account %s was closed on %s; a contract is drawn up for an account that is open.', meant.account_no,
            meant.closed_on::text
        );
    END IF;
    -- Another account of the RES may be given the same number at this moment.
    PERFORM pg_advisory_xact_lock(hashtext('contract numbers'), meant.res_id);
    SELECT min(a.account_no) INTO taken
    FROM ops.contract AS c
    INNER JOIN ops.account AS a ON a.account_id = c.account_id AND a.res_id = meant.res_id
    WHERE c.contract_no = of_contract_no;
    IF taken IS NOT NULL THEN
        PERFORM ops.refuse(
            'The number "%s" is that of a contract of account %s already; a RES gives a number once.', of_contract_no,
            taken
        );
    END IF;
    INSERT INTO ops.contract (account_id, contract_no, source_id)
    VALUES (meant.account_id, of_contract_no, of_source_id)
    RETURNING contract_id INTO new_contract_id;
    PERFORM ops.set_contract_status(new_contract_id, 'not_signed', from_day, of_source_id);
    RETURN meant.account_no;
END
$$;

-- Signs a contract that was drawn up; it is in force from a day on, which is not before that of the signature.
CREATE OR REPLACE FUNCTION ops.sign_contract(
    account_text text, of_contract_no text, signed_day date, from_day date, of_source_id bigint
)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    meant ops.account := ops.hold_contracts(account_text);
    drawn_up ops.contract := ops.contract_of(meant, of_contract_no);
    held record;
BEGIN
    IF drawn_up.signed_on IS NOT NULL THEN
        PERFORM ops.refuse(
            'Contract %s of account %s was signed on %s already; nothing is to be signed.', of_contract_no,
            meant.account_no, drawn_up.signed_on::text
        );
    END IF;
    IF signed_day > current_date THEN
        PERFORM ops.refuse(
            'Contract %s cannot be signed on %s, a day that has not come yet; check the day.', of_contract_no,
            signed_day::text
        );
    END IF;
    IF from_day < signed_day THEN
        PERFORM ops.refuse(
            'Contract %s is signed on %s and cannot be in force from %s; give a later day with --from.',
            of_contract_no, signed_day::text, from_day::text
        );
    END IF;
    SELECT c.contract_no, s.valid_from, s.valid_to INTO held
    FROM ops.contract AS c
    INNER JOIN ops.contract_status AS s
        ON s.contract_id = c.contract_id AND s.known_to IS NULL AND s.status = 'signed'
    WHERE c.account_id = meant.account_id AND coalesce(s.valid_to > from_day, true)
    ORDER BY s.valid_from
    LIMIT 1;
    IF held.contract_no IS NOT NULL THEN
        PERFORM ops.refuse(
            'Contract %s of account %s is in force from %s; terminate it first, or let this one begin after it.',
            held.contract_no, meant.account_no, held.valid_from::text
        );
    END IF;
    UPDATE ops.contract AS c SET signed_on = signed_day WHERE c.contract_id = drawn_up.contract_id;
    PERFORM ops.set_contract_status(drawn_up.contract_id, 'signed', from_day, of_source_id);
    RETURN meant.account_no;
END
$$;

-- Terminates a contract from a day on; the first day on which it is no longer in force.
CREATE OR REPLACE FUNCTION ops.terminate_contract(
    account_text text, of_contract_no text, from_day date, of_source_id bigint
)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    meant ops.account := ops.hold_contracts(account_text);
    ending ops.contract := ops.contract_of(meant, of_contract_no);
    standing ops.contract_status;
BEGIN
    SELECT s.* INTO standing FROM ops.contract_status AS s
    WHERE s.contract_id = ending.contract_id AND s.known_to IS NULL
    ORDER BY s.valid_from DESC
    LIMIT 1;
    IF standing.status = 'terminated' THEN
        PERFORM ops.refuse(
            'Contract %s of account %s is terminated since %s already.', of_contract_no, meant.account_no,
            standing.valid_from::text
        );
    END IF;
    IF from_day < standing.valid_from THEN
        PERFORM ops.refuse(
            'Contract %s of account %s stands since %s and cannot end on %s; give a later day.', of_contract_no,
            meant.account_no, standing.valid_from::text, from_day::text
        );
    END IF;
    PERFORM ops.set_contract_status(ending.contract_id, 'terminated', from_day, of_source_id);
    RETURN meant.account_no;
END
$$;
