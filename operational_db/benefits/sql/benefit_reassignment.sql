-- A grant that becomes another one from a day on: the old one ends, a new one begins, in one transaction. The category
-- itself is not touched.

-- Gives what a grant gives from a day on by another category, to another person, for another number of persons or
-- another dwelling; what is told as NULL stays. The new grant ends where the old one did. Returns its number.
CREATE OR REPLACE FUNCTION ops.reassign_benefit(
    of_grant_no bigint, from_day date, new_category_code text, new_persons integer, new_dwelling_code text,
    holder_name text, holder_tax_id text, holder_document text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point ops.metering_point := ops.hold_benefit_point(
        (
            SELECT g.metering_point_id FROM ops.benefit_grant AS g
            WHERE g.grant_no = of_grant_no AND g.known_to IS NULL
        ),
        format('grant %s', of_grant_no)
    );
    held ops.benefit_grant;
    person ops.benefit_holder;
BEGIN
    SELECT g.* INTO held FROM ops.benefit_grant AS g WHERE g.grant_no = of_grant_no AND g.known_to IS NULL;
    SELECT h.* INTO person FROM ops.benefit_holder AS h WHERE h.benefit_holder_id = held.benefit_holder_id;
    IF NOT daterange(held.valid_from, held.valid_to) @> from_day THEN
        PERFORM ops.refuse(
            'Grant %s does not hold on %s (it holds from %s to %s); give a day on which it does, or grant anew.',
            of_grant_no::text, from_day::text, held.valid_from::text,
            coalesce(held.valid_to::text, 'further notice')
        );
    END IF;
    -- Another person brings papers of his own.
    IF holder_name IS NULL THEN
        person.document := coalesce(holder_document, held.document, person.document);
        person.tax_id := coalesce(holder_tax_id, person.tax_id);
    ELSE
        person.full_name := holder_name;
        person.tax_id := holder_tax_id;
        person.document := holder_document;
    END IF;
    IF coalesce(new_category_code, held.category_code) = held.category_code
        AND coalesce(new_persons, held.entitled_persons) = held.entitled_persons
        AND coalesce(new_dwelling_code, held.dwelling_code) IS NOT DISTINCT FROM held.dwelling_code
        AND holder_name IS NULL AND holder_tax_id IS NULL AND holder_document IS NULL
    THEN
        PERFORM ops.refuse(
            'Grant %s gives that already; say what changes on %s: category, persons, dwelling or holder.',
            of_grant_no::text, from_day::text
        );
    END IF;
    PERFORM ops.end_benefit(of_grant_no, from_day, of_source_id);
    RETURN ops.grant_benefit(
        point.code, coalesce(new_category_code, held.category_code), from_day, held.valid_to,
        coalesce(new_persons, held.entitled_persons), coalesce(new_dwelling_code, held.dwelling_code),
        person.full_name, person.tax_id, person.document, of_source_id
    );
END
$$;
