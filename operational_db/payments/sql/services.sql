-- Paid services: their price list, and bills from it, each a document of the ledger; a wrong one is reversed.

-- What a service costs from a day on; what held before ends there.
CREATE OR REPLACE FUNCTION ops.set_service_price(
    of_service_code text, of_meaning text, of_price_minor bigint, of_vat_rate numeric, from_day date,
    of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    code text := btrim(of_service_code);
    words text;
    before ops.service_price;
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'administer',
        (SELECT ops.find_unit(p.value) FROM ops.parameter AS p WHERE p.parameter_code = 'root_unit')
    );
    IF of_price_minor <= 0 OR of_vat_rate < 0 OR of_vat_rate >= 1 THEN
        PERFORM ops.refuse(
            'Service "%s" cannot cost %s with a VAT of %s; a price is above zero, a VAT rate a share such as 0.12.', code,
            ops.money_text(of_price_minor), of_vat_rate::text
        );
    END IF;
    words := coalesce(nullif(btrim(of_meaning), ''), (
        SELECT p.meaning FROM ops.service_price AS p
        WHERE p.service_code = code AND p.known_to IS NULL
        ORDER BY p.valid_from DESC
        LIMIT 1
    ));
    IF coalesce(code, '') = '' OR words IS NULL THEN
        PERFORM ops.refuse('Service "%s" is new; say in words what it is (--meaning).', coalesce(code, ''));
    END IF;
    FOR before IN
        UPDATE ops.service_price AS p SET known_to = now()
        WHERE p.service_code = code AND p.known_to IS NULL AND (p.valid_to IS NULL OR p.valid_to > from_day)
        RETURNING p.*
    LOOP
        IF before.valid_from < from_day THEN
            INSERT INTO ops.service_price (
                service_code, meaning, price_minor, vat_rate, valid_from, valid_to, source_id
            )
            VALUES (
                code, before.meaning, before.price_minor, before.vat_rate, before.valid_from, from_day, of_source_id
            );
        END IF;
    END LOOP;
    INSERT INTO ops.service_price (service_code, meaning, price_minor, vat_rate, valid_from, source_id)
    VALUES (code, words, of_price_minor, of_vat_rate, from_day, of_source_id);
END
$$;

-- Writes a bill of a service with the next number of its account and month, and its ledger entries; returns the number.
CREATE OR REPLACE FUNCTION ops.post_service_bill(new_bill ops.service_bill)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
BEGIN
    PERFORM ops.lock_open_month(ARRAY[new_bill.res_id], new_bill.booked_month);
    -- Two at once would take the same number.
    PERFORM 1 FROM ops.account AS a WHERE a.account_id = new_bill.account_id FOR NO KEY UPDATE;
    new_bill.service_no := (
        SELECT coalesce(max(b.service_no), 0) + 1 FROM ops.service_bill AS b
        WHERE b.account_id = new_bill.account_id AND b.booked_month = new_bill.booked_month
    );
    INSERT INTO ops.service_bill SELECT (new_bill).*;
    INSERT INTO ops.ledger (
        account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, amount_minor,
        article_code, posted_on, res_id, source_id, source_row
    )
    SELECT
        new_bill.account_id, new_bill.booked_month, 'service', new_bill.service_no, e.entry_no, p.debit_code,
        p.credit_code, e.amount_minor, 'services', new_bill.done_on, new_bill.res_id, new_bill.source_id, 0
    FROM (
        VALUES (1, 'net', new_bill.charge_minor - new_bill.vat_minor), (2, 'vat', new_bill.vat_minor)
    ) AS e (entry_no, component, amount_minor)
    INNER JOIN ops.posting_rule AS p
        ON p.chart = run_chart AND p.document_kind = 'service' AND p.component = e.component
    WHERE e.amount_minor <> 0;
    RETURN new_bill.service_no;
END
$$;

-- Bills a service by the price of its day, in the month of that day or the first open one after it.
CREATE OR REPLACE FUNCTION ops.bill_service(
    account_text text, of_service_code text, of_day date, of_quantity numeric, of_note text, of_source_id bigint,
    OUT account_no text, OUT booked_month date, OUT service_no integer, OUT charge_minor bigint, OUT vat_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    meant ops.account := ops.account_named(account_text, ops.visible_res_ids());
    price ops.service_price;
    new_bill ops.service_bill;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'bill', meant.res_id);
    SELECT * INTO price
    FROM ops.service_price AS p
    WHERE p.service_code = of_service_code AND p.known_to IS NULL
        AND daterange(p.valid_from, p.valid_to) @> of_day;
    IF price.service_price_id IS NULL THEN
        PERFORM ops.refuse(
            'Service "%s" has no price on %s; the list of that day has %s (`wattbook services price` adds one).',
            of_service_code, of_day::text,
            coalesce((
                SELECT string_agg(p.service_code, ', ' ORDER BY p.service_code) FROM ops.service_price AS p
                WHERE p.known_to IS NULL AND daterange(p.valid_from, p.valid_to) @> of_day
            ), 'none')
        );
    END IF;
    IF of_day > current_date THEN
        PERFORM ops.refuse('The day %s has not come yet, so nothing was done on it; correct it.', of_day::text);
    END IF;
    charge_minor := round(price.price_minor * of_quantity);
    IF of_quantity <= 0 OR of_quantity <> round(of_quantity, 3) OR charge_minor = 0 THEN
        PERFORM ops.refuse(
            'A quantity of %s cannot be billed; it is above zero, with at most 3 digits after the point, so correct it.',
            of_quantity::text
        );
    END IF;
    vat_minor := round(charge_minor * price.vat_rate / (1 + price.vat_rate));
    new_bill.account_id := meant.account_id;
    new_bill.booked_month := ops.open_month_from(meant.res_id, of_day);
    new_bill.service_price_id := price.service_price_id;
    new_bill.done_on := of_day;
    new_bill.quantity := of_quantity;
    new_bill.charge_minor := charge_minor;
    new_bill.vat_minor := vat_minor;
    new_bill.note := nullif(btrim(of_note), '');
    new_bill.res_id := meant.res_id;
    new_bill.source_id := of_source_id;
    new_bill.source_row := 0;
    service_no := ops.post_service_bill(new_bill);
    account_no := meant.account_no;
    booked_month := new_bill.booked_month;
END
$$;

-- Takes a bill of a service back by one that reverses it, in the open month, once only.
CREATE OR REPLACE FUNCTION ops.reverse_service(
    account_text text, of_month date, of_service_no integer, of_reason text, of_source_id bigint,
    OUT account_no text, OUT booked_month date, OUT service_no integer, OUT charge_minor bigint, OUT vat_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    meant ops.account := ops.account_named(account_text, ops.visible_res_ids());
    wrong ops.service_bill;
    open_month date;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'bill', meant.res_id);
    PERFORM ops.require_reason(of_reason);
    SELECT * INTO wrong
    FROM ops.service_bill AS b
    WHERE b.account_id = meant.account_id AND b.booked_month = date_trunc('month', of_month)::date
        AND b.service_no = of_service_no;
    IF wrong.account_id IS NULL OR wrong.reverses_no IS NOT NULL THEN
        PERFORM ops.refuse(
            'Account %s has no bill of a service %s in %s that could be taken back; see `wattbook services list`.',
            meant.account_no, of_service_no::text, to_char(of_month, 'YYYY-MM')
        );
    END IF;
    open_month := ops.open_month_from(wrong.res_id, wrong.booked_month);
    -- The month before the account, as everybody takes them; held, so that two do not take the bill back at once.
    PERFORM ops.lock_open_month(ARRAY[wrong.res_id], open_month);
    PERFORM 1 FROM ops.account AS a WHERE a.account_id = meant.account_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM ops.service_bill AS b
        WHERE b.account_id = wrong.account_id AND b.reverses_month = wrong.booked_month
            AND b.reverses_no = wrong.service_no
    ) THEN
        PERFORM ops.refuse(
            'Bill of a service %s of account %s in %s is taken back already; nothing is taken back twice.',
            of_service_no::text, meant.account_no, to_char(of_month, 'YYYY-MM')
        );
    END IF;
    wrong.reverses_month := wrong.booked_month;
    wrong.reverses_no := wrong.service_no;
    wrong.booked_month := open_month;
    wrong.quantity := -wrong.quantity;
    wrong.charge_minor := -wrong.charge_minor;
    wrong.vat_minor := -wrong.vat_minor;
    wrong.note := btrim(of_reason);
    wrong.source_id := of_source_id;
    service_no := ops.post_service_bill(wrong);
    account_no := meant.account_no;
    booked_month := wrong.booked_month;
    charge_minor := wrong.charge_minor;
    vat_minor := wrong.vat_minor;
END
$$;
