-- Grants of benefits at metering points: given, ended, cancelled. A changed grant is a new version of it.

-- A point at which the user may keep benefits, held until the end of the command.
CREATE OR REPLACE FUNCTION ops.hold_benefit_point(of_metering_point_id bigint, named text)
RETURNS ops.metering_point
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.metering_point;
    of_res_id integer;
BEGIN
    SELECT a.res_id INTO of_res_id
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = of_metering_point_id;
    IF of_res_id IS NULL OR of_res_id <> ALL (ops.visible_res_ids()) THEN
        PERFORM ops.refuse('There is no %s among those you may see; check its number.', named);
    END IF;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'keep_benefits', of_res_id);
    -- Before the point: a run that is waited for may need it.
    PERFORM ops.lock_facts(ARRAY[of_res_id], false);
    SELECT p.* INTO held FROM ops.metering_point AS p
    WHERE p.metering_point_id = of_metering_point_id FOR UPDATE;
    RETURN held;
END
$$;

CREATE OR REPLACE FUNCTION ops.grant_benefit(
    point_code text, of_category_code text, from_day date, to_day date, persons integer, of_dwelling_code text,
    holder_name text, holder_tax_id text, holder_document text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point ops.metering_point := ops.hold_benefit_point(
        (SELECT p.metering_point_id FROM ops.metering_point AS p WHERE p.code = point_code),
        format('metering point "%s"', point_code)
    );
    gives ops.benefit_category_version;
    closing date;
    standing record;
    holder_id bigint;
    new_no bigint;
BEGIN
    PERFORM ops.require_benefit_category(of_category_code);
    SELECT c.closed_on INTO closing FROM ops.benefit_category_closing AS c
    WHERE c.category_code = of_category_code AND c.known_to IS NULL;
    IF closing IS NOT NULL THEN
        PERFORM ops.refuse(
            'Category "%s" is not valid since %s and cannot be granted; grant another one.', of_category_code,
            closing::text
        );
    END IF;
    IF to_day <= from_day THEN
        PERFORM ops.refuse(
            'A benefit from %s cannot end on %s; the end is the first day without it.', from_day::text, to_day::text
        );
    END IF;
    IF persons < 1 THEN
        PERFORM ops.refuse('A benefit for %s persons is none; give 1 or more.', persons::text);
    END IF;
    SELECT v.* INTO gives FROM ops.benefit_category_version AS v
    WHERE
        v.category_code = of_category_code AND v.known_to IS NULL
        AND daterange(v.valid_from, v.valid_to) @> from_day;
    IF gives.category_code IS NULL THEN
        PERFORM ops.refuse(
            'Category "%s" gives nothing yet on %s; grant it from a later day.', of_category_code, from_day::text
        );
    END IF;
    IF gives.norm_kind = 'dwelling' AND NOT EXISTS (
        SELECT 1 FROM ops.benefit_norm AS n WHERE n.dwelling_code = of_dwelling_code AND n.valid_from <= from_day
    ) THEN
        PERFORM ops.refuse(
            'Category "%s" has a norm by dwelling and there is none for "%s" on %s; known are %s.', of_category_code,
            coalesce(of_dwelling_code, ''), from_day::text,
            (SELECT string_agg(DISTINCT n.dwelling_code, ', ') FROM ops.benefit_norm AS n)
        );
    END IF;
    SELECT g.grant_no, g.valid_from INTO standing FROM ops.benefit_grant AS g
    WHERE
        g.metering_point_id = point.metering_point_id AND g.category_code = of_category_code
        AND g.known_to IS NULL AND daterange(g.valid_from, g.valid_to) && daterange(from_day, to_day);
    IF FOUND THEN
        PERFORM ops.refuse(
            'Point "%s" has category "%s" by grant %s from %s already; end that one first.', point_code,
            of_category_code, standing.grant_no::text, standing.valid_from::text
        );
    END IF;
    holder_id := ops.benefit_holder_of(point.account_id, holder_name, holder_tax_id, holder_document, of_source_id);
    new_no := nextval(pg_get_serial_sequence('ops.benefit_grant', 'benefit_grant_version_id'));
    INSERT INTO ops.benefit_grant (
        grant_no, metering_point_id, benefit_holder_id, category_code, dwelling_code, entitled_persons, valid_from,
        valid_to, source_id, document
    )
    SELECT
        new_no, point.metering_point_id, h.benefit_holder_id, of_category_code, of_dwelling_code, persons, from_day,
        to_day, of_source_id, nullif(nullif(btrim(holder_document), ''), h.document)
    FROM ops.benefit_holder AS h
    WHERE h.benefit_holder_id = holder_id;
    PERFORM ops.amend_bills_of_benefit(
        point.metering_point_id, from_day, to_day,
        format('category "%s" holds from %s (grant %s).', of_category_code, from_day, new_no), of_source_id
    );
    RETURN new_no;
END
$$;

-- The same grant with an earlier end, as a new version; what was billed with it after that end is billed anew. Asks for
-- no right, those who call it have.
CREATE OR REPLACE FUNCTION ops.put_benefit_end(of_grant_no bigint, new_end date, of_source_id bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.benefit_grant;
BEGIN
    UPDATE ops.benefit_grant AS g SET known_to = now() WHERE g.grant_no = of_grant_no AND g.known_to IS NULL
    RETURNING g.* INTO held;
    INSERT INTO ops.benefit_grant (
        grant_no, metering_point_id, benefit_holder_id, category_code, dwelling_code, entitled_persons, valid_from,
        valid_to, source_id, document
    )
    VALUES (
        held.grant_no, held.metering_point_id, held.benefit_holder_id, held.category_code, held.dwelling_code,
        held.entitled_persons, held.valid_from, new_end, of_source_id, held.document
    );
    PERFORM ops.amend_bills_of_benefit(
        held.metering_point_id, new_end, held.valid_to,
        CASE WHEN new_end = held.valid_from
            THEN format('category "%s" is cancelled (grant %s).', held.category_code, of_grant_no)
            ELSE format('category "%s" ends on %s (grant %s).', held.category_code, new_end, of_grant_no)
        END, of_source_id
    );
END
$$;

-- Ends a grant on its first day without the benefit; the day it began cancels it wholly.
CREATE OR REPLACE FUNCTION ops.end_benefit(of_grant_no bigint, new_end date, of_source_id bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.benefit_grant;
BEGIN
    PERFORM ops.hold_benefit_point(
        (
            SELECT g.metering_point_id FROM ops.benefit_grant AS g
            WHERE g.grant_no = of_grant_no AND g.known_to IS NULL
        ),
        format('grant %s', of_grant_no)
    );
    SELECT g.* INTO held FROM ops.benefit_grant AS g WHERE g.grant_no = of_grant_no AND g.known_to IS NULL;
    IF new_end < held.valid_from THEN
        PERFORM ops.refuse(
            'Grant %s begins on %s and cannot end on %s before it; end it on its first day to cancel it.',
            of_grant_no::text, held.valid_from::text, new_end::text
        );
    END IF;
    IF new_end >= held.valid_to THEN
        PERFORM ops.refuse(
            'Grant %s ends on %s already; an end is only brought forward, grant anew for later days.',
            of_grant_no::text, held.valid_to::text
        );
    END IF;
    PERFORM ops.put_benefit_end(of_grant_no, new_end, of_source_id);
END
$$;
