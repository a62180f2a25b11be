-- One source per file that brings a row, so that every row of the book leads back to its file and row.
INSERT INTO ops.source (kind, name, fingerprint, arguments, user_id)
SELECT 'legacy_file', f.path, f.sha256, jsonb_build_object('load_id', :load_id, 'file_id', f.file_id), :user_id
FROM landing.file AS f
WHERE f.load_id = :load_id AND f.described_as IS NOT NULL
ORDER BY f.file_id;

CREATE TEMPORARY TABLE file_source ON COMMIT DROP AS
SELECT (s.arguments ->> 'file_id')::bigint AS file_id, max(s.source_id) AS source_id
FROM ops.source AS s
WHERE s.kind = 'legacy_file' AND (s.arguments ->> 'load_id')::bigint = :load_id
GROUP BY 1;
ANALYZE file_source;
