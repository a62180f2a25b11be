-- Who is asking, what may they do, which RES may they see. The readers among these functions are safe for parallel
-- plans: policies call them, and one that were not would keep every plan over a guarded table on one core.
CREATE OR REPLACE FUNCTION ops.current_user_id()
RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    SELECT u.user_id FROM ops.app_user AS u
    WHERE u.login = nullif(current_setting('wattbook.user_login', true), '') AND u.is_active;
END;

-- The RES under a unit as hung on a day.
CREATE OR REPLACE FUNCTION ops.res_under(root_unit_id integer, on_day date)
RETURNS TABLE (res_id integer)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    WITH RECURSIVE subtree AS (
        SELECT u.unit_id, u.level FROM ops.unit AS u WHERE u.unit_id = root_unit_id
        UNION ALL
        SELECT u.unit_id, u.level
        FROM ops.unit_placement AS p
        INNER JOIN subtree AS s ON s.unit_id = p.parent_unit_id
        INNER JOIN ops.unit AS u ON u.unit_id = p.unit_id
        WHERE s.level <> 'res' AND p.known_to IS NULL AND daterange(p.valid_from, p.valid_to) @> on_day
    )
    SELECT s.unit_id FROM subtree AS s WHERE s.level = 'res';
END;

-- A unit and all above it as hung on a day.
CREATE OR REPLACE FUNCTION ops.unit_ancestry(leaf_unit_id integer, on_day date)
RETURNS TABLE (unit_id integer)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    WITH RECURSIVE ancestry AS (
        SELECT leaf_unit_id AS unit_id
        UNION ALL
        SELECT p.parent_unit_id
        FROM ops.unit_placement AS p
        INNER JOIN ancestry AS a ON a.unit_id = p.unit_id
        WHERE p.known_to IS NULL AND daterange(p.valid_from, p.valid_to) @> on_day
    )
    SELECT a.unit_id FROM ancestry AS a;
END;

-- RES whose rows the signed-in user may see; evaluated once a statement by the policies.
CREATE OR REPLACE FUNCTION ops.visible_res_ids()
RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, ops
BEGIN ATOMIC
    SELECT coalesce(array_agg(DISTINCT r.res_id), '{}')
    FROM ops.membership AS m
    INNER JOIN ops.group_right AS g ON g.group_code = m.group_code AND g.right_code = 'see'
    CROSS JOIN LATERAL ops.res_under(m.unit_id, current_date) AS r
    WHERE m.user_id = ops.current_user_id() AND daterange(m.valid_from, m.valid_to) @> current_date;
END;

-- Does the user hold the right for the unit (or one above it)?
CREATE OR REPLACE FUNCTION ops.holds_right(user_login text, wanted_right text, wanted_unit_id integer)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1
        FROM ops.app_user AS u
        INNER JOIN ops.membership AS m ON m.user_id = u.user_id
        INNER JOIN ops.group_right AS g ON g.group_code = m.group_code AND g.right_code = wanted_right
        WHERE u.login = user_login AND u.is_active AND daterange(m.valid_from, m.valid_to) @> current_date
            AND m.unit_id IN (SELECT a.unit_id FROM ops.unit_ancestry(wanted_unit_id, current_date) AS a)
    );
END
$$;

-- Refuses in one sentence unless the user holds the right for the unit (or one above it).
CREATE OR REPLACE FUNCTION ops.require_right(user_login text, wanted_right text, wanted_unit_id integer)
RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    found_user_id bigint;
    unit_code text := (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = wanted_unit_id);
BEGIN
    SELECT u.user_id INTO found_user_id FROM ops.app_user AS u WHERE u.login = user_login AND u.is_active;
    IF found_user_id IS NULL THEN
        PERFORM ops.refuse('There is no active user "%s"; name one with --by.', coalesce(user_login, ''));
    END IF;
    IF NOT ops.holds_right(user_login, wanted_right, wanted_unit_id) THEN
        PERFORM ops.refuse(
            'User "%s" does not hold the right "%s" for %s; ask an administrator to grant it or let another user do it.',
            user_login, wanted_right, coalesce(unit_code, 'this unit')
        );
    END IF;
    RETURN found_user_id;
END
$$;
