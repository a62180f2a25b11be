-- Work orders at metering points: issued, assigned, executed; an operation on a meter rests on one.

CREATE OR REPLACE FUNCTION ops.issue_work_order(
    of_order_no text, order_kind text, point_code text, on_day date, due date, of_inspection text, what text,
    to_executor text, of_source_id bigint
)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    point record;
    new_id bigint;
    new_no text;
BEGIN
    SELECT * INTO point FROM ops.hold_point(point_code);
    IF NOT EXISTS (SELECT 1 FROM ops.work_order_kind AS k WHERE k.kind = order_kind) THEN
        PERFORM ops.refuse(
            'There is no kind of work order "%s"; known are %s.', order_kind,
            (SELECT string_agg(k.kind, ', ' ORDER BY k.kind) FROM ops.work_order_kind AS k)
        );
    END IF;
    PERFORM ops.require_inspection_type(of_inspection);
    IF due < on_day THEN
        PERFORM ops.refuse(
            'A work order issued on %s cannot be due on %s before that; check the days.', on_day::text, due::text
        );
    END IF;
    new_id := nextval(pg_get_serial_sequence('ops.work_order', 'work_order_id'));
    new_no := coalesce(btrim(of_order_no), format('%s-%s', to_char(on_day, 'YYYY'), new_id));
    INSERT INTO ops.work_order (
        work_order_id, order_no, kind, metering_point_id, issued_on, due_on, inspection_type_code, task, source_id
    )
    VALUES (
        new_id, new_no, order_kind, point.metering_point_id, on_day, due, coalesce(of_inspection, 'round'), what,
        of_source_id
    )
    ON CONFLICT (order_no) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ops.refuse('Work order "%s" is issued already; give another number, or none for the next one.', new_no);
    END IF;
    IF to_executor IS NOT NULL THEN
        INSERT INTO ops.work_order_event (work_order_id, event, happened_on, executor, source_id)
        VALUES (new_id, 'assigned', on_day, to_executor, of_source_id);
    END IF;
    RETURN new_no;
END
$$;

-- A work order at a point of the user's, held until the end of the operation.
CREATE OR REPLACE FUNCTION ops.hold_work_order(of_order_no text)
RETURNS ops.work_order
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.work_order;
    res_id integer;
BEGIN
    SELECT * INTO held FROM ops.work_order AS o WHERE o.order_no = of_order_no FOR UPDATE;
    SELECT a.res_id INTO res_id
    FROM ops.metering_point AS p
    INNER JOIN ops.account AS a ON a.account_id = p.account_id
    WHERE p.metering_point_id = held.metering_point_id;
    IF res_id IS NULL OR res_id <> ALL (ops.visible_res_ids()) THEN
        PERFORM ops.refuse(
            'There is no work order "%s" among those you may see; check its number with `wattbook meters order list`.',
            of_order_no
        );
    END IF;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'operate_meters', res_id);
    RETURN held;
END
$$;

-- Adds an event to an order that is still open: assigned, executed, not_executed or cancelled.
CREATE OR REPLACE FUNCTION ops.note_work_order(
    of_order_no text, new_event text, on_day date, by_executor text, with_result text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.work_order := ops.hold_work_order(of_order_no);
    now_at ops.work_order_state;
BEGIN
    SELECT * INTO now_at FROM ops.work_order_state AS s WHERE s.work_order_id = held.work_order_id;
    IF now_at.state NOT IN ('issued', 'assigned') THEN
        PERFORM ops.refuse(
            'Work order "%s" is %s since %s already; issue a new one.', of_order_no, replace(now_at.state, '_', ' '),
            now_at.since::text
        );
    END IF;
    IF on_day < held.issued_on THEN
        PERFORM ops.refuse(
            'Work order "%s" was issued only on %s; %s is before that, so check the day.', of_order_no,
            held.issued_on::text, on_day::text
        );
    END IF;
    INSERT INTO ops.work_order_event (work_order_id, event, happened_on, executor, result, source_id)
    VALUES (
        held.work_order_id, new_event, on_day, coalesce(by_executor, now_at.executor), with_result, of_source_id
    );
END
$$;

-- The order that an operation at a point rests on; an open one is executed by it. An order to replace or relocate may
-- carry a removal and an installation on different days as well.
CREATE OR REPLACE FUNCTION ops.use_work_order(
    of_order_no text, for_kind text, at_metering_point_id bigint, on_day date
)
RETURNS ops.work_order
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.work_order;
    now_at ops.work_order_state;
    used_by record;
BEGIN
    IF of_order_no IS NULL THEN
        IF for_kind IN ('remove', 'replace', 'relocate') THEN
            PERFORM ops.refuse(
                'To %s a meter a work order is needed; issue one (`wattbook meters order issue`) and name its number.',
                for_kind
            );
        END IF;
        RETURN NULL;
    END IF;
    held := ops.hold_work_order(of_order_no);
    IF held.metering_point_id <> at_metering_point_id THEN
        PERFORM ops.refuse(
            'Work order "%s" is for %s; name one for this point.', of_order_no,
            (SELECT p.code FROM ops.metering_point AS p WHERE p.metering_point_id = held.metering_point_id)
        );
    END IF;
    IF held.kind <> for_kind
        AND NOT (held.kind IN ('replace', 'relocate') AND for_kind IN ('remove', 'install')) THEN
        PERFORM ops.refuse(
            'Work order "%s" is to %s, not to %s; name one of the right kind.', of_order_no, held.kind, for_kind
        );
    END IF;
    SELECT * INTO now_at FROM ops.work_order_state AS s WHERE s.work_order_id = held.work_order_id;
    IF now_at.state IN ('not_executed', 'cancelled') THEN
        PERFORM ops.refuse(
            'Work order "%s" is %s since %s; issue a new one.', of_order_no, replace(now_at.state, '_', ' '),
            now_at.since::text
        );
    END IF;
    IF on_day < held.issued_on THEN
        PERFORM ops.refuse(
            'Work order "%s" was issued only on %s, after %s; check the day.', of_order_no, held.issued_on::text,
            on_day::text
        );
    END IF;
    SELECT o.meter_operation_id, o.kind, o.performed_on INTO used_by
    FROM ops.meter_operation_standing AS o
    WHERE o.work_order_id = held.work_order_id AND (o.kind = for_kind OR held.kind IN (o.kind, for_kind))
    LIMIT 1;
    IF FOUND THEN
        PERFORM ops.refuse(
            'Work order "%s" was used on %s already (%s); issue a new one.', of_order_no, used_by.performed_on::text,
            used_by.kind
        );
    END IF;
    RETURN held;
END
$$;

-- After the operation is recorded: an open order is executed by it.
CREATE OR REPLACE FUNCTION ops.execute_work_order(
    held ops.work_order, by_operation_id bigint, on_day date, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO ops.work_order_event (
        work_order_id, event, happened_on, executor, result, meter_operation_id, source_id
    )
    SELECT
        s.work_order_id, 'executed', on_day, s.executor, 'By the operation on the meter.', by_operation_id, of_source_id
    FROM ops.work_order_state AS s
    WHERE s.work_order_id = held.work_order_id AND s.state IN ('issued', 'assigned');
END
$$;
