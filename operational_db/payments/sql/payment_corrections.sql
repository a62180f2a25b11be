-- Posted payments that are wrong: taken back, or moved to the account they belong to. Nothing is deleted: a payment
-- that reverses the wrong one is posted in the open month, with its day, and the right one beside it.

-- Payments that count: neither taken back nor taking one back.
CREATE OR REPLACE VIEW ops.standing_payment WITH (security_invoker = true) AS
SELECT
    p.account_id, p.booked_month, p.payment_no, p.channel_code, p.external_id, p.payment_package_id, p.paid_on,
    p.amount_minor, p.article_code, p.payer_text, p.res_id, p.source_id, p.source_row
FROM ops.payment AS p
WHERE NOT EXISTS (
    SELECT 1 FROM ops.payment_reversal AS r
    WHERE r.account_id = p.account_id
        AND (
            (r.booked_month = p.booked_month AND r.payment_no = p.payment_no)
            OR (r.reversing_month = p.booked_month AND r.reversing_payment_no = p.payment_no)
        )
);

-- The first open month of a RES from a month on.
CREATE OR REPLACE FUNCTION ops.open_month_from(of_res_id integer, not_before date)
RETURNS date
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    month date := (
        SELECT min(o.booked_month) FROM ops.open_period AS o
        WHERE o.res_id = of_res_id AND o.booked_month >= date_trunc('month', not_before)::date
    );
BEGIN
    IF month IS NULL THEN
        PERFORM ops.refuse(
            'No month from %s on is open for %s; close the month before it first, which opens the next.',
            to_char(not_before, 'YYYY-MM'), (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = of_res_id)
        );
    END IF;
    RETURN month;
END
$$;

-- A payment that stands and that the user of the session may correct, held until the end of the operation.
CREATE OR REPLACE FUNCTION ops.hold_payment(of_channel_code text, of_external_id text)
RETURNS ops.payment
LANGUAGE plpgsql
AS $$
DECLARE
    held_key ops.payment_key;
    held ops.payment;
    before record;
BEGIN
    SELECT * INTO held_key
    FROM ops.payment_key AS k
    WHERE k.channel_code = of_channel_code AND k.external_id = btrim(of_external_id)
    FOR UPDATE;
    SELECT * INTO held
    FROM ops.payment AS p
    WHERE p.account_id = held_key.account_id AND p.booked_month = held_key.booked_month
        AND p.payment_no = held_key.payment_no;
    IF held.account_id IS NULL OR held.res_id <> ALL (ops.visible_res_ids()) THEN
        PERFORM ops.refuse(
            'There is no posted payment "%s" of channel %s among those you may see; check the channel and its id.',
            coalesce(of_external_id, ''), coalesce(of_channel_code, '')
        );
    END IF;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'post_payments', held.res_id);
    SELECT r.reason, s.recorded_at::date AS done_on, a.account_no AS right_account_no INTO before
    FROM ops.payment_reversal AS r
    INNER JOIN ops.source AS s ON s.source_id = r.source_id
    LEFT JOIN ops.account AS a ON a.account_id = r.right_account_id
    WHERE r.account_id = held.account_id AND r.booked_month = held.booked_month AND r.payment_no = held.payment_no;
    IF FOUND THEN
        PERFORM ops.refuse(
            'Payment %s %s was %s on %s already (%s); a payment is taken back once.', held.channel_code,
            held.external_id,
            CASE WHEN before.right_account_no IS NULL THEN 'taken back'
                ELSE format('moved to account %s', before.right_account_no) END,
            before.done_on::text, before.reason
        );
    END IF;
    IF EXISTS (
        SELECT 1 FROM ops.payment_reversal AS r
        WHERE r.account_id = held.account_id AND r.reversing_month = held.booked_month
            AND r.reversing_payment_no = held.payment_no
    ) THEN
        PERFORM ops.refuse(
            'Payment %s %s takes another one back and is not taken back itself; enter the right payment in a package.',
            held.channel_code, held.external_id
        );
    END IF;
    RETURN held;
END
$$;

-- Posts the payment that reverses a held one, entry by entry, with its day; returns its number.
CREATE OR REPLACE FUNCTION ops.post_reversing_payment(held ops.payment, month date, of_source_id bigint)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    new_no bigint := nextval('ops.payment_no_seq');
    numbered text := format('work.%I', 'reversing_' || pg_backend_pid());
    entries text := format('work.%I', 'reversing_entries_' || pg_backend_pid());
BEGIN
    EXECUTE format(
        'CREATE TABLE %s AS SELECT p.channel_code, p.external_id || ''~reversed'' AS external_id, p.account_id, '
        '   %L::date AS booked_month, NULL::bigint AS payment_package_id, p.paid_on, -p.amount_minor AS amount_minor, '
        '   p.article_code, p.payer_text, p.res_id, %s::bigint AS source_id, 0 AS source_row, %s::bigint AS payment_no '
        'FROM ops.payment AS p WHERE p.account_id = %s AND p.booked_month = %L AND p.payment_no = %s',
        numbered, month, of_source_id, new_no, held.account_id, held.booked_month, held.payment_no
    );
    PERFORM ops.post_payment_rows(numbered);
    EXECUTE format(
        'CREATE TABLE %s AS SELECT g.account_id, %L::date AS booked_month, %s::bigint AS payment_no, g.entry_no, '
        '   g.article_code, -g.amount_minor AS amount_minor, g.posted_on AS paid_on, g.res_id, '
        '   %s::bigint AS source_id, 0 AS source_row '
        'FROM ops.ledger AS g WHERE g.account_id = %s AND g.booked_month = %L AND g.document_kind = ''payment'' '
        '   AND g.document_no = %s',
        entries, month, new_no, of_source_id, held.account_id, held.booked_month, held.payment_no
    );
    PERFORM ops.post_payment_entries(entries);
    EXECUTE format('DROP TABLE %s, %s', numbered, entries);
    RETURN new_no;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_reason(reason text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF btrim(coalesce(reason, '')) = '' THEN
        PERFORM ops.refuse('What is posted is corrected for a reason; give it in a few words.');
    END IF;
END
$$;

-- Takes a payment back; returns the month in which that is booked.
CREATE OR REPLACE FUNCTION ops.reverse_payment(
    of_channel_code text, of_external_id text, of_reason text, of_source_id bigint,
    OUT account_no text, OUT paid_on date, OUT amount_minor bigint, OUT booked_month date
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment := ops.hold_payment(of_channel_code, of_external_id);
BEGIN
    PERFORM ops.require_reason(of_reason);
    booked_month := ops.open_month_from(held.res_id, held.booked_month);
    PERFORM ops.lock_open_month(ARRAY[held.res_id], booked_month);
    PERFORM ops.lock_payments(ARRAY[held.res_id]);
    INSERT INTO ops.payment_reversal (
        account_id, booked_month, payment_no, reversing_month, reversing_payment_no, reason, source_id
    )
    VALUES (
        held.account_id, held.booked_month, held.payment_no, booked_month,
        ops.post_reversing_payment(held, booked_month, of_source_id), btrim(of_reason), of_source_id
    );
    account_no := (SELECT a.account_no FROM ops.account AS a WHERE a.account_id = held.account_id);
    paid_on := held.paid_on;
    amount_minor := held.amount_minor;
END
$$;

-- Moves a payment to the account it belongs to: reversed where it stands, posted where it is right, with the day on
-- which it was paid. Where no article is named it goes to the one it named before, else to the oldest debt. Binding is
-- moving from unrecognised money.
CREATE OR REPLACE FUNCTION ops.move_payment(
    of_channel_code text, of_external_id text, to_account_text text, of_article_code text, of_reason text,
    is_binding boolean, of_source_id bigint,
    OUT account_no text, OUT right_account_no text, OUT paid_on date, OUT amount_minor bigint, OUT booked_month date,
    OUT right_month date
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment := ops.hold_payment(of_channel_code, of_external_id);
    wrong ops.account;
    meant ops.account := ops.account_named(to_account_text, ops.visible_res_ids());
    right_payments text := format('work.%I', 'right_payment_' || pg_backend_pid());
    locked record;
BEGIN
    PERFORM ops.require_reason(of_reason);
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'post_payments', meant.res_id);
    IF of_article_code IS NOT NULL THEN
        PERFORM ops.require_article(of_article_code);
    END IF;
    SELECT * INTO wrong FROM ops.account AS a WHERE a.account_id = held.account_id;
    IF is_binding AND wrong.kind <> 'technical' THEN
        PERFORM ops.refuse(
            'Payment %s %s is not unrecognised, it stands on account %s; move it with `wattbook payments transfer`.',
            held.channel_code, held.external_id, wrong.account_no
        );
    END IF;
    IF meant.account_id = held.account_id THEN
        PERFORM ops.refuse(
            'Payment %s %s stands on account %s already; name another account.', held.channel_code, held.external_id,
            meant.account_no
        );
    END IF;
    booked_month := ops.open_month_from(held.res_id, held.booked_month);
    right_month := ops.open_month_from(meant.res_id, held.booked_month);
    FOR locked IN
        SELECT m.month, array_agg(m.res_id) AS res_ids
        FROM (VALUES (booked_month, held.res_id), (right_month, meant.res_id)) AS m (month, res_id)
        GROUP BY m.month
        ORDER BY m.month
    LOOP
        PERFORM ops.lock_open_month(locked.res_ids, locked.month);
    END LOOP;
    PERFORM ops.lock_payments(ARRAY[held.res_id, meant.res_id]);
    EXECUTE format(
        'CREATE TABLE %s AS SELECT %L::text AS channel_code, %L::text AS external_id, %s::bigint AS account_id, '
        '   %L::date AS booked_month, NULL::bigint AS payment_package_id, %L::date AS paid_on, '
        '   %s::bigint AS amount_minor, %L::text AS article_code, NULL::text AS payer_text, %s::integer AS res_id, '
        '   %s::bigint AS source_id, 0 AS source_row',
        right_payments, held.channel_code, held.external_id || '~moved', meant.account_id, right_month, held.paid_on,
        held.amount_minor, coalesce(of_article_code, nullif(held.article_code, 'electricity')), meant.res_id, of_source_id
    );
    PERFORM ops.post_payments(right_payments);
    EXECUTE format('DROP TABLE %s', right_payments);
    INSERT INTO ops.payment_reversal (
        account_id, booked_month, payment_no, reversing_month, reversing_payment_no,
        right_account_id, right_month, right_payment_no, reason, source_id
    )
    SELECT
        held.account_id, held.booked_month, held.payment_no, move_payment.booked_month,
        ops.post_reversing_payment(held, move_payment.booked_month, of_source_id),
        k.account_id, k.booked_month, k.payment_no, btrim(of_reason), of_source_id
    FROM ops.payment_key AS k
    WHERE k.channel_code = held.channel_code AND k.external_id = held.external_id || '~moved';
    account_no := wrong.account_no;
    right_account_no := meant.account_no;
    paid_on := held.paid_on;
    amount_minor := held.amount_minor;
END
$$;

-- Standing payments that may have come in twice, as the user may see them: certain where the channel's id is the same
-- but for case, spaces or leading zeros (from another channel only where account and amount are the same as well),
-- probable where account, day, amount and channel are.
CREATE OR REPLACE FUNCTION ops.doubled_payments(since date)
RETURNS TABLE (
    certainty text, account_no text, channel_code text, external_id text, package_no text, other_account_no text,
    other_channel_code text, other_external_id text, other_package_no text, paid_on date, amount_minor bigint
)
LANGUAGE sql STABLE
AS $$
    WITH standing AS MATERIALIZED (
        SELECT
            p.*,
            ltrim(upper(regexp_replace(p.external_id, '\s|~moved', '', 'g')), '0') AS channel_id
        FROM ops.standing_payment AS p
        WHERE p.booked_month >= date_trunc('month', since)::date AND p.amount_minor > 0
    ),
    pair AS (
        SELECT 'certain' AS certainty, f.payment_no, s.payment_no AS other_no
        FROM standing AS f
        INNER JOIN standing AS s
            ON s.channel_id = f.channel_id AND s.amount_minor = f.amount_minor AND s.payment_no > f.payment_no
        WHERE f.channel_id <> '' AND (s.channel_code = f.channel_code OR s.account_id = f.account_id)
        UNION ALL
        SELECT 'probable', f.payment_no, s.payment_no
        FROM standing AS f
        INNER JOIN standing AS s
            ON s.account_id = f.account_id AND s.paid_on = f.paid_on AND s.amount_minor = f.amount_minor
            AND s.channel_code = f.channel_code AND s.payment_no > f.payment_no
        WHERE s.channel_id <> f.channel_id AND f.account_id IN (
            SELECT a.account_id FROM ops.account AS a WHERE a.kind <> 'technical'
        )
    )
    SELECT
        d.certainty, fa.account_no, f.channel_code, f.external_id, fk.package_no, sa.account_no, s.channel_code,
        s.external_id, sk.package_no, s.paid_on, s.amount_minor
    FROM pair AS d
    INNER JOIN standing AS f ON f.payment_no = d.payment_no
    INNER JOIN standing AS s ON s.payment_no = d.other_no
    INNER JOIN ops.account AS fa ON fa.account_id = f.account_id
    INNER JOIN ops.account AS sa ON sa.account_id = s.account_id
    LEFT JOIN ops.payment_package AS fk ON fk.payment_package_id = f.payment_package_id
    LEFT JOIN ops.payment_package AS sk ON sk.payment_package_id = s.payment_package_id
    ORDER BY d.certainty, fa.account_no, s.paid_on, f.payment_no, s.payment_no
$$;
