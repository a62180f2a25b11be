-- Posted rows are never changed or removed, by anybody, the owner included. The one way out is a load that was accepted
-- by mistake: its rows go while a withdrawal of that load stands, none of its accounts has a bill, and the month that
-- they are booked in is not closed.
CREATE OR REPLACE FUNCTION ops.source_is_being_withdrawn(withdrawn_source_id bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1
        FROM ops.source AS s
        INNER JOIN ops.source AS w
            ON w.kind = 'command' AND w.name = 'withdraw' AND w.arguments ->> 'load_id' = s.arguments ->> 'load_id'
        WHERE s.source_id = withdrawn_source_id AND s.kind IN ('legacy_file', 'exchange_file')
    );
END
$$;

-- Is a posted row of a month that its RES, or that of its account, has closed?
CREATE OR REPLACE FUNCTION ops.is_of_closed_month(posted_row jsonb)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1
        FROM ops.period_close AS c
        WHERE c.booked_month = (posted_row ->> 'booked_month')::date
            AND c.res_id = coalesce(
                (posted_row ->> 'res_id')::integer,
                (SELECT a.res_id FROM ops.account AS a WHERE a.account_id = (posted_row ->> 'account_id')::bigint)
            )
    );
END
$$;

CREATE OR REPLACE FUNCTION ops.refuse_change_of_posted_row()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    removed jsonb;
BEGIN
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' THEN
        removed := to_jsonb(OLD);
        IF (removed ? 'source_id') AND ops.source_is_being_withdrawn((removed ->> 'source_id')::bigint)
            AND NOT ops.is_of_closed_month(removed)
        THEN
            RETURN OLD;
        END IF;
    END IF;
    PERFORM ops.refuse(
        'Rows of %s are posted and cannot be changed or removed (%s); post a correction in the open month instead.',
        TG_TABLE_NAME, TG_OP
    );
    RETURN NULL;
END
$$;

DO $$
DECLARE
    posted text;
BEGIN
    FOREACH posted IN ARRAY ARRAY[
        'bill', 'bill_line', 'ledger', 'payment', 'reading', 'measured_energy', 'interval_energy',
        'grid_meter_reading', 'grid_interval_energy', 'grid_energy', 'period_close', 'bill_run', 'reading_event',
        'measured_energy_event', 'meter_operation', 'meter_operation_undo', 'meter_operation_reading',
        'meter_operation_gap', 'meter_test', 'meter_movement', 'meter_verification', 'meter_maintenance', 'seal',
        'seal_removal', 'work_order', 'work_order_event', 'bill_amendment', 'bill_amendment_settled',
        'bill_line_reversal', 'bill_run_preview', 'bill_run_approval', 'refused_reading', 'payment_package',
        'payment_reversal', 'service_bill', 'penalty', 'penalty_reversal', 'penalty_waiver', 'prepaid_energy',
        'benefit_line', 'subsidy_accrual', 'subsidy_use', 'consumption_adjustment', 'kept_price'
    ] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON ops.%I '
            'FOR EACH ROW EXECUTE FUNCTION ops.refuse_change_of_posted_row()', posted
        );
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON ops.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change_of_posted_row()', posted
        );
    END LOOP;
END
$$;

-- No row comes into a month that is closed or was never opened, whoever writes it; one that is about to close is waited
-- for. Attaching a partition asks the same of its whole run (ops.post_bills).
CREATE OR REPLACE FUNCTION ops.refuse_rows_outside_open_months()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    written record;
BEGIN
    FOR written IN
        SELECT d.booked_month, array_agg(d.res_id) AS res_ids
        FROM (SELECT DISTINCT e.booked_month, e.res_id FROM entered AS e) AS d
        GROUP BY d.booked_month
        ORDER BY d.booked_month
    LOOP
        PERFORM ops.lock_open_month(written.res_ids, written.booked_month);
    END LOOP;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    posted text;
BEGIN
    FOREACH posted IN ARRAY ARRAY[
        'reading', 'measured_energy', 'interval_energy', 'bill', 'bill_line', 'ledger', 'payment', 'service_bill',
        'penalty', 'prepaid_energy', 'benefit_line', 'subsidy_accrual', 'subsidy_use', 'kept_price'
    ] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER only_open_months AFTER INSERT ON ops.%I REFERENCING NEW TABLE AS entered '
            'FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_rows_outside_open_months()', posted
        );
    END LOOP;
END
$$;

-- Partitions made before these functions were installed have lost their guards with the older ones.
DO $$
DECLARE
    made_before text;
BEGIN
    FOR made_before IN
        SELECT c.relname::text
        FROM pg_class AS c
        INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'ops' AND c.relispartition AND c.relkind IN ('r', 'p')
    LOOP
        PERFORM ops.guard_partition(made_before);
    END LOOP;
END
$$;

CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.row_version
FOR EACH ROW EXECUTE FUNCTION ops.refuse_change_of_posted_row();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.row_version
FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change_of_posted_row();
