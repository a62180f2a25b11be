-- Bills by the route of the controller who hands them out: which routes there are, their bills in walking order, and
-- who has none and why. Read with the rights of the asking user.

-- The book that an account is kept in, which is a route: its number without the last part. Without a book: NULL.
CREATE OR REPLACE FUNCTION ops.book_of(account_no text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN substring(account_no FROM '^(.+)/[^/]+$');

-- Routes of these RES, perhaps of one book alone, with what is billed on them in a month; a route may have no bill.
CREATE OR REPLACE FUNCTION ops.bill_routes(of_res_ids integer[], month date, of_book text DEFAULT NULL)
RETURNS TABLE (
    res_id integer, res_code text, book text, account_count bigint, bill_count bigint, energy_kwh numeric,
    charge_minor bigint, vat_minor bigint
)
LANGUAGE sql STABLE
AS $$
    SELECT
        a.res_id, u.code, ops.book_of(a.account_no), count(DISTINCT b.account_id), count(b.bill_no),
        coalesce(sum(b.energy_kwh), 0), coalesce(sum(b.charge_minor), 0)::bigint, coalesce(sum(b.vat_minor), 0)::bigint
    FROM ops.account AS a
    INNER JOIN ops.unit AS u ON u.unit_id = a.res_id
    LEFT JOIN ops.bill AS b ON b.account_id = a.account_id AND b.booked_month = month
    WHERE a.res_id = ANY (of_res_ids)
        AND (of_book IS NULL OR starts_with(a.account_no, of_book || '/'))
    GROUP BY a.res_id, u.code, ops.book_of(a.account_no)
    ORDER BY u.code, length(ops.book_of(a.account_no)), ops.book_of(a.account_no)
$$;

-- The bills of one route as ops.explained_bills tells them, in walking order; bills of one account stand together.
CREATE OR REPLACE FUNCTION ops.bills_of_route(of_res_id integer, of_book text, month date)
RETURNS TABLE (
    account_id bigint, bill_no integer, account_no text, account_kind text, holder_name text,
    locality text, street_name text, house text, house_letter text, building text, flat text, res_id integer,
    leaf_unit_id integer, kind text, energy_kwh numeric, charge_minor bigint, vat_minor bigint, reverses_month date,
    reverses_bill_no integer, bill_run_id bigint, posted_at timestamptz, posted_by text, is_closed boolean
)
LANGUAGE sql STABLE
AS $$
    SELECT b.*
    FROM ops.explained_bills(
        array(
            SELECT a.account_id FROM ops.account AS a
            WHERE a.res_id = of_res_id AND ops.book_of(a.account_no) IS NOT DISTINCT FROM of_book
        ), month
    ) AS b
    ORDER BY
        -- The bills of an account may know different addresses; the last one decides where all of them lie.
        max(
            ops.walking_order(b.locality, b.street_name, b.house, b.house_letter, b.building, b.flat) COLLATE "C"
        ) OVER (PARTITION BY b.account_id),
        length(b.account_no), b.account_no, b.bill_no
$$;

-- Points of a RES without a line on any bill of a month, route by route in walking order, each with the reason; where
-- ops.left_unbilled knows none, nothing was told. has_bill: another point of the account is billed.
CREATE OR REPLACE FUNCTION ops.left_out_of_routes(of_res_id integer, month date)
RETURNS TABLE (
    book text, account_no text, holder_name text, locality text, street_name text, house text, house_letter text,
    building text, flat text, point_code text, has_bill boolean, reasons text[]
)
LANGUAGE sql STABLE
AS $$
    WITH left_over AS MATERIALIZED (
        SELECT n.point_code, array_agg(DISTINCT n.reason ORDER BY n.reason) AS reasons
        FROM ops.left_unbilled(month, of_res_id) AS n
        GROUP BY n.point_code
    ),
    wanting AS (
        SELECT
            p.account_id, p.account_no, p.point_code,
            coalesce(
                n.reasons,
                ARRAY[
                    CASE WHEN EXISTS (
                        SELECT 1 FROM ops.meter_installation AS m
                        WHERE m.metering_point_id = p.metering_point_id AND m.known_to IS NULL
                            AND m.valid_from < (month + interval '1 month')::date
                            AND (m.valid_to IS NULL OR m.valid_to > month)
                    ) THEN 'No reading of the month is entered; enter it, or estimate it.'
                    ELSE 'No meter hangs there and no energy is told; hang a meter, or estimate the month.'
                    END
                ]
            ) AS reasons
        FROM ops.points_of_month(ARRAY[of_res_id], month) AS p
        LEFT JOIN left_over AS n ON n.point_code = p.point_code
        WHERE NOT EXISTS (
            SELECT 1 FROM ops.bill_line AS l
            WHERE l.account_id = p.account_id AND l.booked_month = month
                AND l.metering_point_id = p.metering_point_id
        )
    )
    SELECT
        ops.book_of(w.account_no), w.account_no, h.holder_name, h.locality, h.street_name, h.house, h.house_letter,
        h.building, h.flat, w.point_code,
        EXISTS (SELECT 1 FROM ops.bill AS b WHERE b.account_id = w.account_id AND b.booked_month = month), w.reasons
    FROM wanting AS w
    CROSS JOIN LATERAL ops.addressee(
        w.account_id, (month + interval '1 month - 1 day')::date, now()
    ) AS h
    ORDER BY
        length(ops.book_of(w.account_no)), ops.book_of(w.account_no),
        ops.walking_order(h.locality, h.street_name, h.house, h.house_letter, h.building, h.flat) COLLATE "C",
        length(w.account_no), w.account_no, w.point_code
$$;
