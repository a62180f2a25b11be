-- Accounts with their holders, premises, contracts and family sizes. One legacy row brings one of each, so the rows are
-- told apart by file and row.
CREATE TEMPORARY TABLE new_account ON COMMIT DROP AS
SELECT
    t.*, s.source_id, u.unit_id AS res_id, least(coalesce(t.contract_on, :first_day), :first_day) AS opened_on
FROM standing_account AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN unit_of_code AS u ON u.code = t.res_code;
ANALYZE new_account;

INSERT INTO ops.account (account_no, kind, res_id, opened_on, closed_on, source_id, source_row)
SELECT n.account_no, n.kind, n.res_id, n.opened_on, CASE WHEN n.is_archived THEN :first_day END, n.source_id, n.row_no
FROM new_account AS n
ORDER BY n.res_id, n.file_id, n.row_no;

INSERT INTO ops.account (account_no, kind, res_id, opened_on, source_id)
SELECT ops.technical_account_no(u.code), 'technical', n.res_id, :first_day, :source_id
FROM (SELECT DISTINCT res_id FROM new_account) AS n
INNER JOIN ops.unit AS u ON u.unit_id = n.res_id
ORDER BY u.code
ON CONFLICT (account_no) DO NOTHING;

-- Just filled: without statistics the next join would be a loop.
SET LOCAL ROLE wattbook_owner;
ANALYZE ops.account;
SET LOCAL ROLE wattbook_loader;

-- Whose subscriber and premises an account shares by a decision; nothing where it has its own.
CREATE TEMPORARY TABLE published_account ON COMMIT DROP AS
SELECT a.account_id, n.*, m.keeper_no AS holder_no, h.keeper_no AS premises_no
FROM new_account AS n
INNER JOIN ops.account AS a ON a.account_no = n.account_no
LEFT JOIN migration.applied_merge AS m
    ON m.load_id = :load_id AND m.kind = 'person' AND m.account_no = n.account_no
LEFT JOIN migration.applied_merge AS h
    ON h.load_id = :load_id AND h.kind = 'premises' AND h.account_no = n.account_no;
CREATE UNIQUE INDEX ON published_account (account_no);
ANALYZE published_account;

-- Accounts that points, readings and money of this load may hang on: its own and those of earlier loads.
CREATE TEMPORARY TABLE known_account ON COMMIT DROP AS
SELECT p.account_id, p.account_no, p.res_id, p.is_archived
FROM published_account AS p
UNION ALL
SELECT a.account_id, t.account_no, a.res_id, t.is_archived
FROM earlier_account AS t
INNER JOIN ops.account AS a ON a.account_no = t.account_no;
CREATE UNIQUE INDEX ON known_account (account_no);
ANALYZE known_account;

-- The number of the old program, with the RES before it where it is not unique without.
INSERT INTO ops.account_number_alias (alias, account_id, source_id, source_row)
SELECT
    p.res_code || ':' || CASE WHEN p.account_no LIKE p.res_code || '/%'
        THEN substr(p.account_no, length(p.res_code) + 2) ELSE p.account_no END,
    p.account_id, p.source_id, p.row_no
FROM published_account AS p
ON CONFLICT (alias) DO NOTHING;

INSERT INTO ops.subscriber (kind, full_name, tax_number, passport_number, phone, source_id, source_row)
SELECT
    CASE WHEN p.kind = 'household' THEN 'person' ELSE 'organisation' END, p.full_name, p.tax_number, p.passport_number,
    p.phone, p.source_id, p.row_no
FROM published_account AS p
WHERE p.holder_no IS NULL
ORDER BY p.account_id;

-- Just filled: without statistics the next join would be a loop.
SET LOCAL ROLE wattbook_owner;
ANALYZE ops.subscriber;
SET LOCAL ROLE wattbook_loader;

INSERT INTO ops.account_subscriber (account_id, subscriber_id, valid_from, source_id, source_row)
SELECT p.account_id, h.subscriber_id, p.opened_on, p.source_id, p.row_no
FROM published_account AS p
INNER JOIN ops.subscriber AS h ON h.source_id = p.source_id AND h.source_row = p.row_no
WHERE p.holder_no IS NULL;

INSERT INTO ops.account_subscriber (account_id, subscriber_id, valid_from, source_id, source_row)
SELECT p.account_id, h.subscriber_id, p.opened_on, p.source_id, p.row_no
FROM published_account AS p
INNER JOIN known_account AS k ON k.account_no = p.holder_no
INNER JOIN ops.account_subscriber AS h
    ON h.account_id = k.account_id AND h.known_to IS NULL AND h.valid_to IS NULL;

INSERT INTO ops.street (res_id, locality, street_name, source_id, source_row)
SELECT u.unit_id, t.locality, t.street_name, s.source_id, t.row_no
FROM standing_street AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN unit_of_code AS u ON u.code = t.res_code
ORDER BY t.file_id, t.row_no
ON CONFLICT (res_id, locality, street_name) DO NOTHING;

CREATE TEMPORARY TABLE account_address ON COMMIT DROP AS
SELECT
    p.account_id, k.street_id, coalesce(p.house, '') AS house, coalesce(p.house_letter, '') AS house_letter,
    coalesce(p.building, '') AS building, coalesce(p.flat, '') AS flat, p.source_id, p.row_no
FROM published_account AS p
INNER JOIN told_street AS t ON t.res_code = p.res_code AND t.street_code = p.street_code
INNER JOIN ops.street AS k
    ON k.res_id = p.res_id AND k.locality = t.locality AND k.street_name = t.street_name;

INSERT INTO ops.address (street_id, house, house_letter, building, flat, source_id, source_row)
SELECT DISTINCT ON (a.street_id, a.house, a.house_letter, a.building, a.flat)
    a.street_id, a.house, a.house_letter, a.building, a.flat, a.source_id, a.row_no
FROM account_address AS a
ORDER BY a.street_id, a.house, a.house_letter, a.building, a.flat, a.account_id
ON CONFLICT ON CONSTRAINT address_place_uq DO NOTHING;

INSERT INTO ops.premises (address_id, kind, source_id, source_row)
SELECT
    d.address_id,
    CASE WHEN p.kind = 'legal' THEN 'business' WHEN coalesce(p.flat, '') <> '' THEN 'flat' ELSE 'house' END,
    p.source_id, p.row_no
FROM published_account AS p
LEFT JOIN account_address AS a ON a.account_id = p.account_id
LEFT JOIN ops.address AS d
    ON d.street_id = a.street_id AND d.house = a.house AND d.house_letter = a.house_letter
    AND d.building = a.building AND d.flat = a.flat
WHERE p.premises_no IS NULL
ORDER BY p.account_id;

-- Just filled: without statistics the next join would be a loop.
SET LOCAL ROLE wattbook_owner;
ANALYZE ops.premises;
SET LOCAL ROLE wattbook_loader;

CREATE TEMPORARY TABLE published_premises ON COMMIT DROP AS
SELECT p.account_id, h.premises_id
FROM published_account AS p
INNER JOIN ops.premises AS h ON h.source_id = p.source_id AND h.source_row = p.row_no
WHERE p.premises_no IS NULL;
ANALYZE published_premises;

INSERT INTO ops.account_premises (account_id, premises_id, valid_from, source_id, source_row)
SELECT p.account_id, h.premises_id, p.opened_on, p.source_id, p.row_no
FROM published_account AS p
INNER JOIN published_premises AS h ON h.account_id = p.account_id;

INSERT INTO ops.account_premises (account_id, premises_id, valid_from, source_id, source_row)
SELECT p.account_id, h.premises_id, p.opened_on, p.source_id, p.row_no
FROM published_account AS p
INNER JOIN known_account AS k ON k.account_no = p.premises_no
INNER JOIN ops.account_premises AS h
    ON h.account_id = k.account_id AND h.known_to IS NULL AND h.valid_to IS NULL;

INSERT INTO ops.family_size (account_id, persons, valid_from, source_id, source_row)
SELECT p.account_id, p.residents, :first_day, p.source_id, p.row_no
FROM published_account AS p
WHERE p.residents IS NOT NULL;

INSERT INTO ops.contract (account_id, contract_no, signed_on, source_id, source_row)
SELECT p.account_id, p.contract_no, p.contract_on, p.source_id, p.row_no
FROM published_account AS p
WHERE p.contract_no IS NOT NULL;

INSERT INTO ops.contract_status (contract_id, status, valid_from, source_id, source_row)
SELECT
    c.contract_id, CASE WHEN p.is_archived THEN 'terminated' ELSE 'signed' END,
    CASE WHEN p.is_archived THEN :first_day ELSE p.opened_on END, p.source_id, p.row_no
FROM published_account AS p
INNER JOIN ops.contract AS c ON c.account_id = p.account_id;

-- The open month into which a fact of a month is booked: its own, or the first open one after it. A first dump finds its
-- own months open; a later one, and what comes back, find some of them closed.
CREATE TEMPORARY TABLE booking_month ON COMMIT DROP AS
SELECT r.res_id, m.month::date AS month, (
    SELECT min(o.booked_month) FROM ops.open_period AS o WHERE o.res_id = r.res_id AND o.booked_month >= m.month::date
) AS booked_month
FROM (SELECT DISTINCT k.res_id FROM known_account AS k) AS r
CROSS JOIN generate_series(:first_day, :end_day - 1, interval '1 month') AS m (month);
CREATE UNIQUE INDEX ON booking_month (res_id, month);
ANALYZE booking_month;
DO $$
DECLARE
    shut text;
BEGIN
    SELECT string_agg(DISTINCT u.code, ', ' ORDER BY u.code) INTO shut
    FROM booking_month AS b
    INNER JOIN ops.unit AS u ON u.unit_id = b.res_id
    WHERE b.booked_month IS NULL;
    IF shut IS NOT NULL THEN
        PERFORM ops.refuse(
            'All months of %s that the load tells of are closed, and none after them is open; open the next month first.',
            shut
        );
    END IF;
END
$$;
