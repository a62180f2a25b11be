-- A conductor that is in no list: the line is loaded without its resistance.
INSERT INTO migration.remark (load_id, entity, file_id, row_no, reason_code, field, value, legacy_key)
SELECT :load_id, 'line_section', t.file_id, t.row_no, 'NO_CONDUCTOR', 'conductor', t.conductor, t.code
FROM standing_line_section AS t
WHERE t.resistance_ohm_per_km IS NULL AND t.conductor NOT IN (SELECT c.code FROM told_conductor AS c);
