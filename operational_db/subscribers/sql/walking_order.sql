-- The order in which somebody walks from door to door, for round sheets and printed bills.

-- A number of a house or flat as text that sorts as people count: 2 before 10, 12 before 12/3 before 13.
CREATE OR REPLACE FUNCTION ops.number_in_order(written text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lpad(coalesce(substring(written FROM '^\d+'), ''), 9, '0') || coalesce(written, '');

-- What to sort addresses by, with COLLATE "C": places and streets in the order of letters, houses and flats as they are
-- counted; who has no address comes last.
CREATE OR REPLACE FUNCTION ops.walking_order(
    locality text, street_name text, house text, house_letter text, building text, flat text
)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN concat_ws(
    chr(1),
    CASE WHEN coalesce(locality, street_name, house) IS NULL THEN '1' ELSE '0' END,
    coalesce(replace(lower(locality), 'ё', 'е'), ''), coalesce(replace(lower(street_name), 'ё', 'е'), ''),
    ops.number_in_order(house), coalesce(house_letter, ''), ops.number_in_order(building), ops.number_in_order(flat)
);
