-- How many persons live at an account: dated records, added and deleted, never edited. What the book knew before stays
-- as older versions, so that bills keep the ground that they rest on.

-- The account whose family the user may keep, held until the end of the command.
CREATE OR REPLACE FUNCTION ops.hold_family(account_text text)
RETURNS ops.account
LANGUAGE plpgsql
AS $$
DECLARE
    meant ops.account := ops.account_named(account_text, ops.visible_res_ids());
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'keep_benefits', meant.res_id);
    PERFORM ops.lock_facts(ARRAY[meant.res_id], false);
    PERFORM 1 FROM ops.account AS a WHERE a.account_id = meant.account_id FOR NO KEY UPDATE;
    RETURN meant;
END
$$;

-- Asks that what stands billed in the days [from_day, to_day) at prices that go by the number of residents be billed
-- anew, which needs the right to bill; other bills do not depend on the family. Returns how many points that are.
CREATE OR REPLACE FUNCTION ops.amend_bills_of_family(
    of_account_id bigint, from_day date, to_day date, of_reason text, of_source_id bigint
)
RETURNS bigint
LANGUAGE sql
AS $$
    SELECT coalesce(sum(ops.ask_amendment(of_account_id, d.metering_point_id, d.first_day, of_reason, of_source_id)), 0)
    FROM (
        SELECT l.metering_point_id, greatest(from_day, min(l.span_from)) AS first_day
        FROM ops.standing_bill_line AS l
        INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = l.tariff_version_id
        WHERE l.account_id = of_account_id AND v.step_basis = 'resident_month' AND l.span_to > from_day
            AND (to_day IS NULL OR l.span_from < to_day)
        GROUP BY l.metering_point_id
    ) AS d
$$;

-- Says how many persons live at an account from a day on, up to the next record; the record before it ends there.
CREATE OR REPLACE FUNCTION ops.add_family_size(
    account_text text, new_persons integer, from_day date, of_source_id bigint,
    OUT account_no text, OUT to_day date, OUT amended_count bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    meant ops.account := ops.hold_family(account_text);
    held ops.family_size;
BEGIN
    IF new_persons < 0 THEN
        PERFORM ops.refuse('A family of %s persons cannot be; give 0 or more.', new_persons::text);
    END IF;
    IF from_day < meant.opened_on THEN
        PERFORM ops.refuse(
            'Account %s was opened on %s, after %s; give a later day.', meant.account_no, meant.opened_on::text,
            from_day::text
        );
    END IF;
    SELECT f.* INTO held FROM ops.family_size AS f
    WHERE f.account_id = meant.account_id AND f.known_to IS NULL AND daterange(f.valid_from, f.valid_to) @> from_day;
    IF held.valid_from = from_day THEN
        PERFORM ops.refuse(
            'Account %s has a record of %s persons from %s already; a record is not edited, so delete it first.',
            meant.account_no, held.persons::text, from_day::text
        );
    END IF;
    IF held.persons = new_persons THEN
        PERFORM ops.refuse(
            'Account %s has %s persons since %s already; nothing changes on %s.', meant.account_no, new_persons::text,
            held.valid_from::text, from_day::text
        );
    END IF;
    to_day := CASE WHEN held.account_id IS NOT NULL THEN held.valid_to ELSE (
        SELECT min(f.valid_from) FROM ops.family_size AS f
        WHERE f.account_id = meant.account_id AND f.known_to IS NULL AND f.valid_from > from_day
    ) END;
    UPDATE ops.family_size AS f SET known_to = now() WHERE f.family_size_id = held.family_size_id;
    INSERT INTO ops.family_size (account_id, persons, valid_from, valid_to, source_id)
    SELECT meant.account_id, r.persons, r.valid_from, r.valid_to, of_source_id
    FROM (VALUES (held.persons, held.valid_from, from_day), (new_persons, from_day, to_day))
    AS r (persons, valid_from, valid_to)
    WHERE r.persons IS NOT NULL;
    account_no := meant.account_no;
    amended_count := ops.amend_bills_of_family(
        meant.account_id, from_day, to_day, format('From %s %s persons live there.', from_day, new_persons),
        of_source_id
    );
END
$$;

-- Deletes the record that begins on a day: the book knew it until now. The record before it goes on in its place.
CREATE OR REPLACE FUNCTION ops.delete_family_size(
    account_text text, from_day date, of_source_id bigint,
    OUT account_no text, OUT persons integer, OUT persons_before integer, OUT amended_count bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
#variable_conflict use_column
DECLARE
    meant ops.account := ops.hold_family(account_text);
    wrong ops.family_size;
    before ops.family_size;
BEGIN
    UPDATE ops.family_size AS f SET known_to = now()
    WHERE f.account_id = meant.account_id AND f.known_to IS NULL AND f.valid_from = from_day
    RETURNING f.* INTO wrong;
    IF wrong.account_id IS NULL THEN
        PERFORM ops.refuse(
            'Account %s has no record of its family that begins on %s; see `wattbook family list`.', meant.account_no,
            from_day::text
        );
    END IF;
    UPDATE ops.family_size AS f SET known_to = now()
    WHERE f.account_id = meant.account_id AND f.known_to IS NULL AND f.valid_to = from_day
    RETURNING f.* INTO before;
    INSERT INTO ops.family_size (account_id, persons, valid_from, valid_to, source_id)
    SELECT meant.account_id, before.persons, before.valid_from, wrong.valid_to, of_source_id
    WHERE before.account_id IS NOT NULL;
    account_no := meant.account_no;
    persons := wrong.persons;
    persons_before := before.persons;
    amended_count := ops.amend_bills_of_family(
        meant.account_id, from_day, wrong.valid_to,
        format('The record of the family from %s (persons: %s) was deleted.', from_day, wrong.persons), of_source_id
    );
END
$$;
