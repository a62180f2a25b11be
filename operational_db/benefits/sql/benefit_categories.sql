-- The directory of categories: what each gives from a day on, closed, made valid again.

CREATE OR REPLACE FUNCTION ops.require_benefit_category(of_category_code text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM c.category_code FROM ops.benefit_category AS c WHERE c.category_code = of_category_code FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ops.refuse(
            'There is no category of benefit "%s"; see `wattbook benefits categories`.', of_category_code
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_benefit_directory()
RETURNS void
LANGUAGE sql
AS $$
    SELECT ops.require_right(
        current_setting('wattbook.user_login', true), 'administer',
        (SELECT ops.find_unit(p.value) FROM ops.parameter AS p WHERE p.parameter_code = 'root_unit')
    );
$$;

-- A category has holders in any RES. Before its own row, as a grant takes them in this order too.
CREATE OR REPLACE FUNCTION ops.lock_facts_everywhere()
RETURNS void
LANGUAGE sql
AS $$
    SELECT ops.lock_facts(array(SELECT DISTINCT p.res_id FROM ops.billing_period AS p), false);
$$;

-- Adds a category, or says what an existing one gives from a day on; what it gave before that day stays.
CREATE OR REPLACE FUNCTION ops.set_benefit_category(
    of_category_code text, new_name text, new_share numeric, new_norm_kind text, new_fixed_kwh numeric,
    new_financing text, new_row text, from_day date, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.benefit_category_version;
    without_norm bigint;
BEGIN
    PERFORM ops.require_benefit_directory();
    IF new_share <= 0 OR new_share > 1 THEN
        PERFORM ops.refuse('A share of %s is not possible; give more than 0 and at most 1.', new_share::text);
    END IF;
    IF new_norm_kind NOT IN ('dwelling', 'fixed', 'none') THEN
        PERFORM ops.refuse('There is no kind of norm "%s"; known are dwelling, fixed, none.', new_norm_kind);
    END IF;
    IF (new_norm_kind = 'fixed') <> (new_fixed_kwh IS NOT NULL) THEN
        PERFORM ops.refuse(
            'A norm of kind "%s" does not go with this figure in kWh; only a fixed norm has one.', new_norm_kind
        );
    END IF;
    PERFORM ops.lock_facts_everywhere();
    INSERT INTO ops.benefit_category (category_code, source_id) VALUES (of_category_code, of_source_id)
    ON CONFLICT (category_code) DO NOTHING;
    PERFORM ops.require_benefit_category(of_category_code);
    SELECT v.* INTO held FROM ops.benefit_category_version AS v
    WHERE v.category_code = of_category_code AND v.known_to IS NULL
    ORDER BY v.valid_from DESC LIMIT 1;
    IF held.valid_from >= from_day THEN
        PERFORM ops.refuse(
            'Category "%s" has a version from %s; a new one must begin after it, not on %s.', of_category_code,
            held.valid_from::text, from_day::text
        );
    END IF;
    SELECT g.grant_no INTO without_norm FROM ops.benefit_grant AS g
    WHERE new_norm_kind = 'dwelling' AND g.category_code = of_category_code AND g.known_to IS NULL
        AND coalesce(g.valid_to > greatest(g.valid_from, from_day), true)
        AND NOT EXISTS (
            SELECT 1 FROM ops.benefit_norm AS n
            WHERE n.dwelling_code = g.dwelling_code AND n.valid_from <= greatest(g.valid_from, from_day)
        )
    ORDER BY g.grant_no LIMIT 1;
    IF without_norm IS NOT NULL THEN
        PERFORM ops.refuse(
            'Category "%s" cannot have a norm by dwelling from %s, as grant %s names no dwelling that has one; end it '
            'on that day first, and grant it anew with a dwelling.',
            of_category_code, from_day::text, without_norm::text
        );
    END IF;
    IF held.category_code IS NOT NULL THEN
        UPDATE ops.benefit_category_version AS v SET known_to = now()
        WHERE v.benefit_category_version_id = held.benefit_category_version_id;
        INSERT INTO ops.benefit_category_version (
            category_code, category_name, share, norm_kind, fixed_norm_kwh, financing_source, report_row,
            valid_from, valid_to, source_id
        )
        VALUES (
            held.category_code, held.category_name, held.share, held.norm_kind, held.fixed_norm_kwh,
            held.financing_source, held.report_row, held.valid_from, from_day, of_source_id
        );
    END IF;
    INSERT INTO ops.benefit_category_version (
        category_code, category_name, share, norm_kind, fixed_norm_kwh, financing_source, report_row, valid_from,
        source_id
    )
    VALUES (
        of_category_code, new_name, new_share, new_norm_kind, new_fixed_kwh, new_financing, new_row, from_day,
        of_source_id
    );
    IF held.category_code IS NOT NULL THEN
        PERFORM ops.amend_bills_of_benefit(
            g.metering_point_id, greatest(g.valid_from, from_day), g.valid_to,
            format('category "%s" gives something else from %s.', of_category_code, from_day), of_source_id
        )
        FROM ops.benefit_grant AS g
        WHERE g.category_code = of_category_code AND g.known_to IS NULL
            AND coalesce(g.valid_to > greatest(g.valid_from, from_day), true);
    END IF;
END
$$;

-- Closes a category; its holders get the closing day as their end, those who begin later are cancelled.
CREATE OR REPLACE FUNCTION ops.close_benefit_category(of_category_code text, on_day date, of_source_id bigint)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held record;
    changed_count integer := 0;
BEGIN
    PERFORM ops.require_benefit_directory();
    PERFORM ops.lock_facts_everywhere();
    PERFORM ops.require_benefit_category(of_category_code);
    INSERT INTO ops.benefit_category_closing (category_code, closed_on, source_id)
    SELECT of_category_code, on_day, of_source_id
    WHERE NOT EXISTS (
        SELECT 1 FROM ops.benefit_category_closing AS c
        WHERE c.category_code = of_category_code AND c.known_to IS NULL
    );
    IF NOT FOUND THEN
        PERFORM ops.refuse('Category "%s" is closed already; make it valid again first.', of_category_code);
    END IF;
    FOR held IN
        SELECT g.grant_no, g.valid_from FROM ops.benefit_grant AS g
        WHERE
            g.category_code = of_category_code AND g.known_to IS NULL
            AND coalesce(g.valid_to > greatest(g.valid_from, on_day), true)
        ORDER BY g.grant_no
    LOOP
        PERFORM ops.put_benefit_end(held.grant_no, greatest(held.valid_from, on_day), of_source_id);
        changed_count := changed_count + 1;
    END LOOP;
    RETURN changed_count;
END
$$;

-- Clears the closing; former holders get nothing back.
CREATE OR REPLACE FUNCTION ops.reopen_benefit_category(of_category_code text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_benefit_directory();
    PERFORM ops.require_benefit_category(of_category_code);
    UPDATE ops.benefit_category_closing AS c SET known_to = now()
    WHERE c.category_code = of_category_code AND c.known_to IS NULL;
    IF NOT FOUND THEN
        PERFORM ops.refuse('Category "%s" is valid; there is no closing to clear.', of_category_code);
    END IF;
END
$$;
