-- Targets of collection: set for a unit from a month on, ended. A unit without a target of its own has that of the unit
-- above it; dbt looks that up for the month that it shows.

-- The right to set a unit's targets is held at the unit above it: nobody sets their own.
CREATE OR REPLACE FUNCTION ops.require_right_to_set_target(of_unit_id integer)
RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    of_unit ops.unit := (SELECT u FROM ops.unit AS u WHERE u.unit_id = of_unit_id);
BEGIN
    IF of_unit.level NOT IN ('republic', 'region', 'ptpp', 'res') THEN
        PERFORM ops.refuse(
            'Unit "%s" is a %s, and money is kept by RES and above; set the target of its RES.', of_unit.code,
            replace(of_unit.level, '_', ' ')
        );
    END IF;
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'set_targets',
        coalesce(
            (
                SELECT p.parent_unit_id FROM ops.unit_placement AS p
                WHERE p.unit_id = of_unit_id AND p.known_to IS NULL
                    AND daterange(p.valid_from, p.valid_to) @> current_date
            ),
            of_unit_id
        )
    );
END
$$;

-- Ends what stands for a unit in a month and goes on to the next target that begins later, if any. Returns that month.
CREATE OR REPLACE FUNCTION ops.end_standing_target(of_unit_id integer, from_month date, of_source_id bigint)
RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.collection_target;
BEGIN
    -- Two who set targets of one unit at once do it one after the other.
    PERFORM u.unit_id FROM ops.unit AS u WHERE u.unit_id = of_unit_id FOR NO KEY UPDATE;
    UPDATE ops.collection_target AS t SET known_to = now()
    WHERE t.unit_id = of_unit_id AND t.known_to IS NULL AND daterange(t.valid_from, t.valid_to) @> from_month
    RETURNING t.* INTO held;
    IF held.valid_from < from_month THEN
        INSERT INTO ops.collection_target (unit_id, target_share, document, valid_from, valid_to, source_id)
        VALUES (of_unit_id, held.target_share, held.document, held.valid_from, from_month, of_source_id);
    END IF;
    RETURN (
        SELECT min(t.valid_from) FROM ops.collection_target AS t
        WHERE t.unit_id = of_unit_id AND t.known_to IS NULL AND t.valid_from > from_month
    );
END
$$;

-- Sets the target of a unit from a month on, until the next one that was set for a later month; what held before stays.
CREATE OR REPLACE FUNCTION ops.set_collection_target(
    of_unit_id integer, new_share numeric, from_month date, of_document text, of_source_id bigint
)
RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    next_month date;
BEGIN
    PERFORM ops.require_right_to_set_target(of_unit_id);
    IF new_share <= 0 OR new_share > 2 THEN
        PERFORM ops.refuse(
            'A target of %s %% is not possible; give more than 0 and at most 200, such as 95.',
            trim_scale(new_share * 100)::text
        );
    END IF;
    IF trim(of_document) = '' THEN
        PERFORM ops.refuse('A target needs the paper that sets it; name it with --document.');
    END IF;
    next_month := ops.end_standing_target(of_unit_id, from_month, of_source_id);
    INSERT INTO ops.collection_target (unit_id, target_share, document, valid_from, valid_to, source_id)
    VALUES (of_unit_id, new_share, trim(of_document), from_month, next_month, of_source_id);
    RETURN next_month;
END
$$;

-- Ends the target of a unit with a month: from then on the unit above it tells, until a later one of its own begins.
CREATE OR REPLACE FUNCTION ops.end_collection_target(of_unit_id integer, from_month date, of_source_id bigint)
RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    PERFORM ops.require_right_to_set_target(of_unit_id);
    IF NOT EXISTS (
        SELECT 1 FROM ops.collection_target AS t
        WHERE t.unit_id = of_unit_id AND t.known_to IS NULL AND daterange(t.valid_from, t.valid_to) @> from_month
    ) THEN
        PERFORM ops.refuse(
            'Unit "%s" has no target of its own in %s; see `wattbook targets list`.',
            (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = of_unit_id), to_char(from_month, 'YYYY-MM')
        );
    END IF;
    RETURN ops.end_standing_target(of_unit_id, from_month, of_source_id);
END
$$;
