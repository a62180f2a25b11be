-- To whom and where a bill goes: holder and address of an account on a day, as the book knew them at an instant. Always
-- one row; what is not known is empty. Read with the rights of the asking user.
CREATE OR REPLACE FUNCTION ops.addressee(of_account_id bigint, on_day date, known_at timestamptz)
RETURNS TABLE (
    holder_name text, locality text, street_name text, house text, house_letter text, building text, flat text
)
LANGUAGE sql STABLE
AS $$
    SELECT h.full_name, p.locality, p.street_name, p.house, p.house_letter, p.building, p.flat
    FROM (SELECT 1) AS always
    LEFT JOIN LATERAL (
        SELECT o.full_name
        FROM ops.account_subscriber AS k
        INNER JOIN ops.subscriber AS o ON o.subscriber_id = k.subscriber_id
        WHERE k.account_id = of_account_id AND daterange(k.valid_from, k.valid_to) @> on_day
            AND tstzrange(k.known_from, k.known_to) @> known_at
        ORDER BY k.valid_from DESC
        LIMIT 1
    ) AS h ON true
    LEFT JOIN LATERAL (
        SELECT t.locality, t.street_name, e.house, e.house_letter, e.building, e.flat
        FROM ops.account_premises AS k
        INNER JOIN ops.premises AS q ON q.premises_id = k.premises_id
        INNER JOIN ops.address AS e ON e.address_id = q.address_id
        LEFT JOIN ops.street AS t ON t.street_id = e.street_id
        WHERE k.account_id = of_account_id AND daterange(k.valid_from, k.valid_to) @> on_day
            AND tstzrange(k.known_from, k.known_to) @> known_at
        ORDER BY k.valid_from, k.premises_id
        LIMIT 1
    ) AS p ON true
$$;
