-- How the directory of categories is kept: a new one is told whole, of one that is there what changes from a day on.

CREATE OR REPLACE FUNCTION ops.require_words_of_category(new_name text, new_financing text, new_row text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF '' IN (btrim(coalesce(new_name, '')), btrim(coalesce(new_financing, '')), btrim(coalesce(new_row, ''))) THEN
        PERFORM ops.refuse('A category has a name, a financing source and a row of the report; give all three.');
    END IF;
END
$$;

-- Adds a category that is not there yet.
CREATE OR REPLACE FUNCTION ops.add_benefit_category(
    of_category_code text, new_name text, new_share numeric, new_norm_kind text, new_fixed_kwh numeric,
    new_financing text, new_row text, from_day date, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    code text := btrim(coalesce(of_category_code, ''));
BEGIN
    PERFORM ops.require_benefit_directory();
    IF code = '' THEN
        PERFORM ops.refuse('A category has a code; give one.');
    END IF;
    PERFORM ops.require_words_of_category(new_name, new_financing, new_row);
    IF EXISTS (SELECT 1 FROM ops.benefit_category AS c WHERE c.category_code = code) THEN
        PERFORM ops.refuse(
            'There is a category of benefit "%s" already; say what it gives from a later day by `wattbook benefits '
            'category change`.', code
        );
    END IF;
    PERFORM ops.set_benefit_category(
        code, btrim(new_name), new_share, new_norm_kind, new_fixed_kwh, btrim(new_financing), btrim(new_row), from_day,
        of_source_id
    );
END
$$;

-- Says what a category gives from a day on; what is told as NULL stays as it is in its last version.
CREATE OR REPLACE FUNCTION ops.change_benefit_category(
    of_category_code text, new_name text, new_share numeric, new_norm_kind text, new_fixed_kwh numeric,
    new_financing text, new_row text, from_day date, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.benefit_category_version;
    told ops.benefit_category_version;
BEGIN
    PERFORM ops.require_benefit_directory();
    PERFORM ops.require_benefit_category(of_category_code);
    SELECT v.* INTO held FROM ops.benefit_category_version AS v
    WHERE v.category_code = of_category_code AND v.known_to IS NULL
    ORDER BY v.valid_from DESC LIMIT 1;
    told := held;
    told.category_name := coalesce(btrim(new_name), held.category_name);
    told.share := coalesce(new_share, held.share);
    told.norm_kind := coalesce(new_norm_kind, held.norm_kind);
    told.fixed_norm_kwh := coalesce(
        new_fixed_kwh, CASE WHEN told.norm_kind = held.norm_kind THEN held.fixed_norm_kwh END
    );
    told.financing_source := coalesce(btrim(new_financing), held.financing_source);
    told.report_row := coalesce(btrim(new_row), held.report_row);
    IF told IS NOT DISTINCT FROM held THEN
        PERFORM ops.refuse(
            'Category "%s" gives that since %s already; say what changes on %s.', of_category_code,
            held.valid_from::text, from_day::text
        );
    END IF;
    PERFORM ops.require_words_of_category(told.category_name, told.financing_source, told.report_row);
    PERFORM ops.set_benefit_category(
        of_category_code, told.category_name, told.share, told.norm_kind, told.fixed_norm_kwh, told.financing_source,
        told.report_row, from_day, of_source_id
    );
END
$$;
