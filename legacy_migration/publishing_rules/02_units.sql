-- The hierarchy below (or, for a foreign utility, from) what the book knows already.
INSERT INTO ops.unit (code, level, source_id, source_row)
SELECT t.code, t.level, s.source_id, t.row_no
FROM standing_unit AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN ops.unit_level AS l ON l.level = t.level
ORDER BY l.depth, t.code
ON CONFLICT (code) DO NOTHING;

CREATE TEMPORARY TABLE new_unit ON COMMIT DROP AS
SELECT u.unit_id, t.*, s.source_id
FROM standing_unit AS t
INNER JOIN file_source AS s ON s.file_id = t.file_id
INNER JOIN ops.unit AS u ON u.code = t.code AND u.source_id = s.source_id AND u.source_row = t.row_no;
ANALYZE new_unit;

-- A proper name in the legacy file is the name in every language until somebody translates it.
INSERT INTO ops.unit_name (unit_id, locale, name, valid_from)
SELECT n.unit_id, l.locale, coalesce(n.name, n.code), :first_day
FROM new_unit AS n
CROSS JOIN (VALUES ('en'), ('ru'), ('uk'), ('uz')) AS l (locale);

INSERT INTO ops.unit_placement (unit_id, parent_unit_id, valid_from, source_id, source_row)
SELECT n.unit_id, p.unit_id, :first_day, n.source_id, n.row_no
FROM new_unit AS n
INNER JOIN ops.unit AS p ON p.code = n.parent_code;

-- Who holds rights over the whole book holds them over a top that a load brings.
INSERT INTO ops.membership (user_id, group_code, unit_id, valid_from, valid_to)
SELECT m.user_id, m.group_code, n.unit_id, m.valid_from, m.valid_to
FROM new_unit AS n
INNER JOIN ops.membership AS m ON m.unit_id = (
    SELECT u.unit_id FROM ops.unit AS u
    INNER JOIN ops.parameter AS p ON p.parameter_code = 'root_unit' AND p.value = u.code
)
WHERE n.parent_code IS NULL;

INSERT INTO ops.grid_unit (unit_id, voltage_kv, busbar_node, source_id, source_row)
SELECT n.unit_id, n.voltage_kv, n.busbar_node, n.source_id, n.row_no
FROM new_unit AS n
WHERE n.level IN ('substation', 'feeder', 'transformer_point');

CREATE TEMPORARY TABLE unit_of_code ON COMMIT DROP AS SELECT u.code, u.unit_id, u.level FROM ops.unit AS u;
CREATE UNIQUE INDEX ON unit_of_code (code);
ANALYZE unit_of_code;
