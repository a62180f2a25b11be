-- Who holds benefits: one row for a person at an account, whatever the number of his grants; and the list of holders.

-- The person at an account, known by the tax number or by the paper: one who is there already, or a new one. What was
-- not known of a person before is filled in; a tax number or paper under another name is refused.
CREATE OR REPLACE FUNCTION ops.benefit_holder_of(
    of_account_id bigint, holder_name text, holder_tax_id text, holder_document text, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    told_name text := regexp_replace(btrim(coalesce(holder_name, '')), '\s+', ' ', 'g');
    told_tax_id text := nullif(btrim(holder_tax_id), '');
    told_document text := nullif(btrim(holder_document), '');
    held ops.benefit_holder;
BEGIN
    IF told_name = '' THEN
        PERFORM ops.refuse('A benefit has a holder; give the name.');
    END IF;
    -- Two at once would write the same person twice.
    PERFORM 1 FROM ops.account AS a WHERE a.account_id = of_account_id FOR NO KEY UPDATE;
    SELECT h.* INTO held
    FROM ops.benefit_holder AS h
    WHERE h.account_id = of_account_id
        AND (
            h.tax_id = told_tax_id
            OR h.document = told_document AND (h.tax_id IS NULL OR told_tax_id IS NULL)
            OR h.full_name = told_name AND h.tax_id IS NOT DISTINCT FROM told_tax_id
            AND h.document IS NOT DISTINCT FROM told_document
        )
    ORDER BY (h.tax_id = told_tax_id) DESC NULLS LAST, h.benefit_holder_id
    LIMIT 1;
    IF held.benefit_holder_id IS NULL THEN
        INSERT INTO ops.benefit_holder (account_id, full_name, tax_id, document, source_id)
        VALUES (of_account_id, told_name, told_tax_id, told_document, of_source_id)
        RETURNING * INTO held;
        RETURN held.benefit_holder_id;
    END IF;
    IF lower(held.full_name) <> lower(told_name) THEN
        PERFORM ops.refuse(
            '%s is that of "%s" at this account, not of "%s"; correct the name, the number or the paper.',
            CASE WHEN held.tax_id = told_tax_id THEN format('Tax number %s', told_tax_id)
                ELSE format('Paper "%s"', told_document) END,
            held.full_name, told_name
        );
    END IF;
    UPDATE ops.benefit_holder AS h
    SET tax_id = coalesce(h.tax_id, told_tax_id), document = coalesce(h.document, told_document)
    WHERE h.benefit_holder_id = held.benefit_holder_id
        AND (h.tax_id IS NULL AND told_tax_id IS NOT NULL OR h.document IS NULL AND told_document IS NOT NULL);
    RETURN held.benefit_holder_id;
END
$$;

-- Grants that hold on a day, with their holders and where they live: one row per grant. Any of category, RES, locality
-- and street may be NULL for all. Read with the rights of the asking user.
CREATE OR REPLACE FUNCTION ops.benefit_holders_on(
    on_day date, of_category_code text, of_res_ids integer[], of_locality text, of_street text
)
RETURNS TABLE (
    res_code text, locality text, street_name text, house text, house_letter text, building text, flat text,
    account_no text, point_code text, category_code text, category_name text, full_name text, tax_id text,
    document text, entitled_persons integer, dwelling_code text, norm_kwh numeric, share numeric,
    financing_source text, report_row text, grant_no bigint, valid_from date, valid_to date
)
LANGUAGE sql STABLE
AS $$
    WITH holding AS (
        SELECT
            u.code AS res_code, d.locality, d.street_name, d.house, d.house_letter, d.building, d.flat, a.account_no,
            p.code AS point_code, g.category_code, v.category_name, h.full_name, h.tax_id,
            coalesce(g.document, h.document) AS document, g.entitled_persons, g.dwelling_code,
            ops.benefit_norm_kwh(g.category_code, g.dwelling_code, g.entitled_persons, on_day) AS norm_kwh, v.share,
            v.financing_source, v.report_row, g.grant_no, g.valid_from, g.valid_to
        FROM ops.benefit_grant AS g
        INNER JOIN ops.metering_point AS p ON p.metering_point_id = g.metering_point_id
        INNER JOIN ops.account AS a ON a.account_id = p.account_id
        INNER JOIN ops.unit AS u ON u.unit_id = a.res_id
        INNER JOIN ops.benefit_holder AS h ON h.benefit_holder_id = g.benefit_holder_id
        LEFT JOIN ops.benefit_category_version AS v
            ON v.category_code = g.category_code AND v.known_to IS NULL
            AND daterange(v.valid_from, v.valid_to) @> on_day
        CROSS JOIN LATERAL ops.addressee(a.account_id, on_day, now()) AS d
        WHERE g.known_to IS NULL AND daterange(g.valid_from, g.valid_to) @> on_day
            AND (of_category_code IS NULL OR g.category_code = of_category_code)
            AND (of_res_ids IS NULL OR a.res_id = ANY (of_res_ids))
    )
    SELECT h.*
    FROM holding AS h
    WHERE (of_locality IS NULL OR lower(h.locality) = lower(btrim(of_locality)))
        AND (of_street IS NULL OR lower(h.street_name) = lower(btrim(of_street)))
    ORDER BY
        h.category_code, h.res_code, h.locality, h.street_name, length(h.house), h.house, h.house_letter, h.building,
        length(h.flat), h.flat, h.account_no, h.full_name, h.grant_no
$$;
