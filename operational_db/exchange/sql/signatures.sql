-- Who may sign a protocol, and how its pages hold together. Installed here so that no program, and no hand at the
-- database, gets past it.

-- Refuses unless the user holds the right for every RES that the load tells of, or for the top where a RES is new.
CREATE OR REPLACE FUNCTION ops.require_right_for_load(user_login text, wanted_right text, wanted_load_id bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    top_id integer := ops.find_unit((SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'root_unit'));
    wanted_unit_id integer;
    found_user_id bigint;
BEGIN
    FOR wanted_unit_id IN
        -- A load of corrected rows touches the RES of the load that it corrects, whatever its own rows tell.
        WITH RECURSIVE corrected AS (
            SELECT l.load_id, l.corrects_load_id FROM landing.load AS l WHERE l.load_id = wanted_load_id
            UNION ALL
            SELECT l.load_id, l.corrects_load_id
            FROM landing.load AS l
            INNER JOIN corrected AS c ON c.corrects_load_id = l.load_id
        ),
        told AS (
            SELECT DISTINCT a.res_code
            FROM migration.account AS a
            INNER JOIN corrected AS c ON c.load_id = a.load_id
            WHERE a.res_code IS NOT NULL
        )
        SELECT DISTINCT coalesce(u.unit_id, top_id)
        FROM told AS t
        LEFT JOIN ops.unit AS u ON u.code = t.res_code AND u.level = 'res'
        ORDER BY 1
    LOOP
        found_user_id := ops.require_right(user_login, wanted_right, wanted_unit_id);
    END LOOP;
    RETURN coalesce(found_user_id, ops.require_right(user_login, wanted_right, top_id));
END
$$;

-- Who landed or judged the rows does not approve them: two persons stand behind every load.
CREATE OR REPLACE FUNCTION ops.require_second_person(signed_protocol_id bigint, signing_user_id bigint)
RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    preparing text := (
        SELECT u.login
        FROM migration.protocol AS p
        INNER JOIN landing.load AS l ON l.load_id = p.load_id
        INNER JOIN ops.app_user AS u ON u.user_id = signing_user_id
        WHERE p.protocol_id = signed_protocol_id AND signing_user_id IN (p.prepared_by, l.user_id)
    );
BEGIN
    IF preparing IS NOT NULL THEN
        PERFORM ops.refuse(
            'Protocol %s was prepared by "%s", who cannot accept it too; let a second person who holds the right '
            '"accept_load" accept it.',
            signed_protocol_id::text, preparing
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.check_signature()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_right_for_load(
        (SELECT u.login FROM ops.app_user AS u WHERE u.user_id = NEW.user_id), 'accept_load',
        (SELECT p.load_id FROM migration.protocol AS p WHERE p.protocol_id = NEW.protocol_id)
    );
    IF NEW.event = 'accepted' THEN
        PERFORM ops.require_second_person(NEW.protocol_id, NEW.user_id);
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER check_signature BEFORE INSERT ON migration.protocol_event
FOR EACH ROW EXECUTE FUNCTION ops.check_signature();

-- A page follows the one before, by number and by hash, and carries its own hash.
CREATE OR REPLACE FUNCTION ops.check_page()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    last_no integer;
    last_sha256 text;
BEGIN
    SELECT g.page_no, g.page_sha256 INTO last_no, last_sha256
    FROM migration.protocol_page AS g
    WHERE g.protocol_id = NEW.protocol_id
    ORDER BY g.page_no DESC
    LIMIT 1;
    IF NEW.page_no <> coalesce(last_no, 0) + 1
        OR NEW.previous_sha256 <> coalesce(last_sha256, repeat('0', 64))
        OR NEW.page_sha256 <> encode(sha256(convert_to(NEW.body, 'UTF8')), 'hex')
        OR (NEW.body::json ->> 'number')::integer <> NEW.page_no
        OR NEW.body::json ->> 'previous' <> NEW.previous_sha256
    THEN
        PERFORM ops.refuse(
            'Page %s of protocol %s does not follow the page before it by number and hash; pages are only added by '
            '`wattbook migrate`, `accept` and `withdraw`.',
            NEW.page_no::text, NEW.protocol_id::text
        );
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER check_page BEFORE INSERT ON migration.protocol_page
FOR EACH ROW EXECUTE FUNCTION ops.check_page();

-- What was signed is not changed or removed by anybody, the owner included.
CREATE OR REPLACE FUNCTION ops.refuse_change_of_signed_row()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM ops.refuse(
        'Rows of %s belong to signed protocols and cannot be changed or removed (%s); withdraw the load and migrate the '
        'corrected files, which makes a new protocol.',
        TG_TABLE_NAME, TG_OP
    );
    RETURN NULL;
END
$$;

DO $$
DECLARE
    signed text;
BEGIN
    FOREACH signed IN ARRAY ARRAY['protocol', 'protocol_event', 'protocol_page', 'returned_row', 'returned_cell'] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON migration.%I '
            'FOR EACH ROW EXECUTE FUNCTION ops.refuse_change_of_signed_row()', signed
        );
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON migration.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change_of_signed_row()', signed
        );
    END LOOP;
END
$$;
