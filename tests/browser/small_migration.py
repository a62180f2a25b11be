"""Three loads to look at: one accepted, one without a reject that nobody judged yet, one large that is blocked.

Counts of load 1: 120 rows = 110 loaded + 3 merged + 5 rejected + 2 out of scope. Only its single rows are in the tables
of `landing` and `migration`, which the functions of the database read.
"""

import psycopg

SHAPE = """
CREATE TABLE marts.fct_migration_quality (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, profile text NOT NULL, directory text NOT NULL,
    status text NOT NULL, prepared_at timestamptz NOT NULL, file_id bigint NOT NULL, file_name text NOT NULL,
    entity text NOT NULL, read_count bigint NOT NULL, loaded_count bigint NOT NULL, merged_count bigint NOT NULL,
    rejected_count bigint NOT NULL, out_of_scope_count bigint NOT NULL, energy_kwh numeric(18, 6) NOT NULL,
    rejected_kwh numeric(18, 6) NOT NULL, amount_minor bigint NOT NULL, rejected_minor bigint NOT NULL
);
CREATE TABLE marts.fct_migration_reason (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, file_id bigint NOT NULL, file_name text NOT NULL,
    entity text NOT NULL, verdict text NOT NULL, reason_code text NOT NULL, row_count bigint NOT NULL,
    energy_kwh numeric(18, 6) NOT NULL, amount_minor bigint NOT NULL
);
CREATE TABLE marts.fct_migration_load (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, profile text NOT NULL, directory text NOT NULL,
    started_at timestamptz NOT NULL, prepared_at timestamptz NOT NULL, status text NOT NULL,
    file_count bigint NOT NULL, unknown_file_count bigint NOT NULL, row_count bigint NOT NULL,
    account_count bigint NOT NULL, loaded_account_count bigint NOT NULL, unequal_count bigint NOT NULL,
    contradiction_count bigint NOT NULL, contradicted_minor bigint NOT NULL, expectation_count bigint,
    unmet_count bigint, stopping_count bigint
);
CREATE TABLE marts.fct_migration_cell (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, file_id bigint NOT NULL, file_name text NOT NULL,
    column_name text NOT NULL, class text NOT NULL, rule text, cell_count bigint NOT NULL
);
CREATE TABLE marts.fct_migration_contradiction (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, check_code text NOT NULL, row_count bigint NOT NULL,
    energy_kwh numeric(18, 6) NOT NULL, amount_minor bigint NOT NULL
);
CREATE TABLE marts.fct_migration_expectation (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, expectation_code text NOT NULL, entity text NOT NULL,
    column_name text NOT NULL, severity text NOT NULL, sentence_en text NOT NULL, sentence_ru text NOT NULL,
    failed_file_count bigint NOT NULL, checked_count bigint NOT NULL, failed_count bigint NOT NULL,
    is_met boolean NOT NULL, energy_kwh numeric(18, 6) NOT NULL, amount_minor bigint NOT NULL, waived_for text,
    waived_by bigint, is_stopping boolean NOT NULL
);
CREATE TABLE marts.fct_migration_signature (
    load_id bigint NOT NULL, protocol_id bigint NOT NULL, place bigint NOT NULL, event text NOT NULL,
    user_id bigint NOT NULL, happened_at timestamptz NOT NULL
);
"""

LONG_FILE = "household/Самаркандские районные электрические сети имени Мирзо Улугбека/ABON_2026_01_ПОЛНАЯ_ВЫГРУЗКА.DBF"

_MARTS = """
INSERT INTO marts.fct_migration_load VALUES
(1, 1, 'merged_utility', '/data/выгрузка РЭС', '2026-03-02 10:00+05', '2026-03-02 10:05+05', 'accepted',
 2, 0, 120, 100, 93, 0, 2, 250000000, 2, 1, 0),
(2, 2, 'merged_utility', '/data/чистая выгрузка', '2026-03-03 10:00+05', '2026-03-03 10:05+05', 'prepared',
 1, 0, 50, 50, 50, 0, 0, 0, NULL, NULL, NULL),
(3, 3, 'merged_utility', '/data/вся область', '2026-03-04 10:00+05', '2026-03-04 12:05+05', 'prepared',
 31, 1, 4000000, 2000000, 1998000, 1, 0, 0, 2, 1, 1);

INSERT INTO marts.fct_migration_quality VALUES
(1, 1, 'merged_utility', '/data/выгрузка РЭС', 'accepted', now(), 1, 'SA01/ABON.DBF', 'account',
 100, 93, 3, 2, 2, 0, 0, 5000000000, 120000000),
(1, 1, 'merged_utility', '/data/выгрузка РЭС', 'accepted', now(), 2, 'SA01/POKAZ.DBF', 'reading',
 20, 17, 0, 3, 0, 9000, 1234.5, 0, 0),
(2, 2, 'merged_utility', '/data/чистая выгрузка', 'prepared', now(), 3, 'SA01/ABON.DBF', 'account',
 50, 50, 0, 0, 0, 0, 0, 0, 0),
(3, 3, 'merged_utility', '/data/вся область', 'prepared', now(), 4, %(long_file)s, 'account',
 2000000, 1998000, 500, 1500, 0, 0, 0, 0, 0),
(3, 3, 'merged_utility', '/data/вся область', 'prepared', now(), 5, 'SA01/NARAH.DBF', 'charge',
 1500000, 1499000, 0, 1000, 0, 450000000, 310000.25, 27000000000000, 18600000000),
(3, 3, 'merged_utility', '/data/вся область', 'prepared', now(), 6, 'payments/bank_01.DBF', 'payment',
 500000, 499900, 100, 0, 0, 0, 0, 9000000000000, 0);

INSERT INTO marts.fct_migration_reason VALUES
(1, 1, 1, 'SA01/ABON.DBF', 'account', 'merged', 'EXACT_REPEAT', 3, 0, 150000000),
(1, 1, 1, 'SA01/ABON.DBF', 'account', 'rejected', 'DUP_ACCOUNT', 2, 0, 120000000),
(1, 1, 1, 'SA01/ABON.DBF', 'account', 'out_of_scope', 'ROW_DELETED', 2, 0, 0),
(1, 1, 2, 'SA01/POKAZ.DBF', 'reading', 'rejected', 'READING_DECREASE', 450, 1234.5, 0),
(3, 3, 4, %(long_file)s, 'account', 'rejected', 'DUP_ACCOUNT', 1500, 0, 0),
(3, 3, 4, %(long_file)s, 'account', 'merged', 'EXACT_REPEAT', 500, 0, 0),
(3, 3, 5, 'SA01/NARAH.DBF', 'charge', 'rejected', 'ACCOUNT_REJECTED', 1000, 310000.25, 18600000000),
(3, 3, 6, 'payments/bank_01.DBF', 'payment', 'merged', 'SENT_TWICE', 100, 0, 90000000);

INSERT INTO marts.fct_migration_contradiction VALUES
(1, 1, 'CHARGE_MISMATCH', 1, 0, 50000000), (1, 1, 'BALANCE_MISMATCH', 1, 0, 200000000);

INSERT INTO marts.fct_migration_expectation VALUES
(1, 1, 'residents_are_plausible', 'account', 'residents', 'note', 'At most 20 people are registered at a household.',
 'В домохозяйстве прописано не больше 20 человек.', 1, 93, 2, false, 700, 42000000, NULL, NULL, false),
(1, 1, 'half_hours_add_up_to_their_day', 'half_hours', 'half_hours_kwh', 'stop',
 'The 48 half-hours of a day add up to the day''s total.', '48 получасов суток в сумме дают итог суток.',
 1, 30, 1, false, 7, 0, 'the collector rounds',
 (SELECT user_id FROM ops.app_user WHERE login = 'administrator'), false),
(3, 3, 'names_are_in_one_encoding', 'account', 'full_name', 'stop',
 'Names are read in the encoding in which they were written; in a file at most 2 % look as if they were not.',
 'Имена прочитаны в той кодировке, в которой записаны; иначе выглядят не больше 2 % имён файла.',
 1, 1998000, 61234, false, 18500000, 1110000000000, NULL, NULL, true),
(3, 3, 'payments_are_of_the_company_s_life', 'payment', 'paid_on', 'note',
 'A payment was made since 1990 and before the day of the load.',
 'Платёж сделан не раньше 1990 года и не позже дня загрузки.', 0, 499900, 0, true, 0, 0, NULL, NULL, false);

INSERT INTO marts.fct_migration_signature
SELECT s.load_id, s.load_id, s.place, s.event, u.user_id, s.happened_at
FROM (VALUES
    (1, 0, 'prepared', '2026-03-02 10:05+05'::timestamptz), (1, 1, 'accepted', '2026-03-02 15:30+05'),
    (2, 0, 'prepared', '2026-03-03 10:05+05'), (3, 0, 'prepared', '2026-03-04 12:05+05')
) AS s (load_id, place, event, happened_at), ops.app_user AS u
WHERE u.login = 'administrator';

-- SA01/ABON.DBF: 300 cells = 280 carried + 12 transformed + 3 rejected + 5 declared unused.
INSERT INTO marts.fct_migration_cell VALUES
(1, 1, 1, 'SA01/ABON.DBF', 'FIO', 'carried', NULL, 97), (1, 1, 1, 'SA01/ABON.DBF', 'FIO', 'rejected', 'DUP_ACCOUNT', 3),
(1, 1, 1, 'SA01/ABON.DBF', 'DOGOVOR', 'carried', NULL, 88),
(1, 1, 1, 'SA01/ABON.DBF', 'DOGOVOR', 'transformed', 'date', 12),
(1, 1, 1, 'SA01/ABON.DBF', 'PRIM', 'carried', NULL, 95), (1, 1, 1, 'SA01/ABON.DBF', 'PRIM', 'unused', 'not asked', 5),
(1, 1, 2, 'SA01/POKAZ.DBF', 'POKAZ', 'carried', NULL, 17), (1, 1, 2, 'SA01/POKAZ.DBF', 'POKAZ', 'rejected', '', 3);
INSERT INTO marts.fct_migration_cell
SELECT 3, 3, 100 + n, format('household/RES%s/ABON.DBF', n), 'FIO', c.class, NULL, c.cell_count
FROM generate_series(1, 30) AS n,
    (VALUES ('carried', 60000), ('transformed', 9000), ('unused', 4000), ('rejected', 40)) AS c (class, cell_count);
"""

_ROWS = """
INSERT INTO landing.load (load_id, profile, profile_sha256, directory, dump_sha256, attempt, user_id)
OVERRIDING SYSTEM VALUE
SELECT 1, 'merged_utility', 'p', '/data/выгрузка РЭС', 'd', 1, u.user_id FROM ops.app_user AS u
WHERE u.login = 'administrator';
INSERT INTO landing.file (file_id, load_id, path, sha256, byte_count, row_count, deleted_count, columns)
OVERRIDING SYSTEM VALUE VALUES
(1, 1, 'SA01/ABON.DBF', 'a', 1, 100, 2, '{FIO}'), (2, 1, 'SA01/POKAZ.DBF', 'b', 1, 20, 0, '{POKAZ}');
INSERT INTO migration.reason VALUES ('READING_DECREASE', ''), ('DUP_ACCOUNT', '') ON CONFLICT DO NOTHING;
-- More readings than the counts above say, to be paged: 450, the first worth most, 450, 449 ... kWh.
INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value,
    legacy_key, energy_kwh, amount_minor, sentence)
SELECT 1, 'reading', 2, n, 0, 'rejected', 'READING_DECREASE', 'POKAZ', (1000 + n)::text, 'SA01/1/' || n || ' 77001',
    451 - n, 0, format('SA01/POKAZ.DBF, row %s: the reading is lower than the one before; find out which is right.', n)
FROM generate_series(1, 450) AS n;
INSERT INTO migration.verdict (load_id, entity, file_id, row_no, part_no, verdict, reason_code, field, value,
    legacy_key, energy_kwh, amount_minor, sentence) VALUES
(1, 'account', 1, 7, 0, 'rejected', 'DUP_ACCOUNT', NULL, NULL, '=SA01/1/7', 0, 90000000, 'Каримова Раъно: two rows.'),
(1, 'account', 1, 8, 0, 'rejected', 'DUP_ACCOUNT', NULL, NULL, NULL, 0, 30000000, 'Каримова Раъно: two rows.');
INSERT INTO migration.difference (load_id, check_code, file_id, row_no, legacy_key, measure, stated, expected, sentence)
VALUES (1, 'BALANCE_MISMATCH', 1, 9, 'SA01/1/9 2026-01', 'balance_minor', 300000000, 100000000, 'The balance differs.');
INSERT INTO migration.expectation_failure (load_id, expectation_code, entity, file_id, row_no, part_no, legacy_key,
    field, value, energy_kwh, amount_minor) VALUES
(1, 'residents_are_plausible', 'account', 1, 11, 0, 'SA01/1/11', 'residents', '40', 500, 30000000),
(1, 'residents_are_plausible', 'account', 1, 12, 0, 'SA01/1/12', 'residents', '41', 200, 12000000);
"""


def insert_migration(session: psycopg.Connection) -> None:
    session.execute(_MARTS.replace("%(long_file)s", f"'{LONG_FILE}'"))
    session.execute(_ROWS)
