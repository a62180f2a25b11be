-- The benefits of bills of these accounts in a month, each beside its category as it was named when the bill was
-- posted. Read with the rights of the asking user.
CREATE OR REPLACE FUNCTION ops.explained_benefits(account_ids bigint[], month date)
RETURNS TABLE (
    account_id bigint, bill_no integer, line_no smallint, metering_point_code text, service_month date,
    grant_no bigint, category_code text, category_name text, entitled_persons integer, share numeric, norm_kwh numeric,
    days_from date, days_to date, energy_kwh numeric, full_minor bigint, benefit_minor bigint
)
LANGUAGE sql STABLE
AS $$
    SELECT
        b.account_id, b.bill_no, b.line_no, p.code, b.service_month, b.grant_no, b.category_code,
        coalesce(v.category_name, b.category_code), b.entitled_persons, b.share, b.norm_kwh, b.days_from, b.days_to,
        b.energy_kwh, b.full_minor, b.benefit_minor
    FROM ops.benefit_line AS b
    INNER JOIN ops.metering_point AS p ON p.metering_point_id = b.metering_point_id
    LEFT JOIN ops.source AS s ON s.source_id = b.source_id
    LEFT JOIN LATERAL (
        SELECT x.category_name
        FROM ops.benefit_category_version AS x
        WHERE x.category_code = b.category_code AND daterange(x.valid_from, x.valid_to) @> b.days_from
            AND x.known_from <= s.recorded_at
        ORDER BY x.known_from DESC
        LIMIT 1
    ) AS v ON true
    WHERE b.booked_month = month AND b.account_id = ANY (account_ids)
    ORDER BY b.account_id, b.bill_no, b.line_no, b.days_from, b.share DESC, b.grant_no
$$;
