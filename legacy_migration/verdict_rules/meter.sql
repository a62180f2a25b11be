-- Removed before it was installed.
INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value, legacy_key)
SELECT
    :load_id, 'meter', t.file_id, t.row_no, t.part_no, 'rejected', 'WRONG_DATES', 'removed_on', t.removed_on::text,
    concat_ws(' ', t.point_code, t.serial_no)
FROM standing_meter AS t
WHERE t.removed_on <= t.installed_on;

-- One serial number at two places at the same time: serials of different makers may be the same, so both are loaded.
INSERT INTO migration.remark (
    load_id, entity, file_id, row_no, reason_code, field, value, legacy_key, other_file_id, other_row_no
)
SELECT DISTINCT ON (t.file_id, t.row_no)
    :load_id, 'meter', t.file_id, t.row_no, 'DUP_SERIAL', 'serial_no', t.serial_no,
    concat_ws(' ', t.point_code, t.serial_no), o.file_id, o.row_no
FROM standing_meter AS t
INNER JOIN told_meter AS o
    ON o.serial_no = t.serial_no AND o.point_code <> t.point_code
    AND daterange(o.installed_on, o.removed_on) && daterange(t.installed_on, t.removed_on)
    AND (o.file_id, o.row_no) < (t.file_id, t.row_no)
ORDER BY t.file_id, t.row_no, o.file_id, o.row_no;
