-- Packages of payments while they are drafts: opened, filled, mended, thrown away. What stops one from being posted,
-- and posting itself, is in package_posting.sql.

-- A draft that the user of the session may mend, held until the end of the operation.
CREATE OR REPLACE FUNCTION ops.hold_package(of_package_no text)
RETURNS ops.payment_package_draft
LANGUAGE plpgsql
AS $$
DECLARE
    held ops.payment_package_draft;
    posted_on date;
BEGIN
    SELECT * INTO held FROM ops.payment_package_draft AS d WHERE d.package_no = btrim(of_package_no) FOR UPDATE;
    IF held.payment_package_draft_id IS NULL THEN
        SELECT s.recorded_at::date INTO posted_on
        FROM ops.payment_package AS p
        INNER JOIN ops.source AS s ON s.source_id = p.source_id
        WHERE p.package_no = btrim(of_package_no);
        IF posted_on IS NOT NULL THEN
            PERFORM ops.refuse(
                'Package "%s" was posted on %s, and what is posted is not changed; take a wrong payment back '
                '(`wattbook payments reverse`) or move it (`wattbook payments transfer`).', of_package_no, posted_on::text
            );
        END IF;
        PERFORM ops.refuse(
            'There is no package "%s"; see `wattbook payments package list`, or open it.', coalesce(of_package_no, '')
        );
    END IF;
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'post_payments', held.unit_id);
    RETURN held;
END
$$;

-- Refuses totals that no register can have.
CREATE OR REPLACE FUNCTION ops.require_declared(of_package_no text, of_count integer, of_sum_minor bigint)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF of_count <= 0 OR of_sum_minor <= 0 THEN
        PERFORM ops.refuse(
            'Package "%s" cannot declare %s payments of %s; both are above zero, so look at its cover sheet.',
            of_package_no, of_count::text, ops.money_text(of_sum_minor)
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_channel(of_channel_code text)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ops.payment_channel AS c WHERE c.channel_code = of_channel_code) THEN
        PERFORM ops.refuse(
            'There is no channel "%s"; known are %s.', of_channel_code,
            (SELECT string_agg(c.channel_code, ', ' ORDER BY c.channel_code) FROM ops.payment_channel AS c)
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_article(of_article_code text)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ops.article AS a WHERE a.article_code = of_article_code) THEN
        PERFORM ops.refuse(
            'There is no article "%s"; known are %s, and none means the oldest debt.', of_article_code,
            (SELECT string_agg(a.article_code, ', ' ORDER BY a.sort_order) FROM ops.article AS a)
        );
    END IF;
END
$$;

-- The RES of this code that lies in the unit of a package; refuses another one.
CREATE OR REPLACE FUNCTION ops.pool_res_of(held ops.payment_package_draft, res_code text)
RETURNS integer
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    pool_res_id integer := ops.find_unit(res_code);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ops.res_under(held.unit_id, current_date) AS r WHERE r.res_id = pool_res_id) THEN
        PERFORM ops.refuse(
            'Unrecognised money of package "%s" stands in a RES of %s; "%s" is none, so name one.', held.package_no,
            (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = held.unit_id), res_code
        );
    END IF;
    RETURN pool_res_id;
END
$$;

CREATE OR REPLACE FUNCTION ops.open_package(
    of_package_no text, of_channel_code text, of_paid_on date, of_month date, unit_code text, of_count integer,
    of_sum_minor bigint, of_source_id bigint
)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    number text := btrim(of_package_no);
    of_unit_id integer := ops.find_unit(unit_code);
    new_id bigint;
BEGIN
    PERFORM ops.require_right(current_setting('wattbook.user_login', true), 'post_payments', of_unit_id);
    PERFORM ops.require_channel(of_channel_code);
    PERFORM ops.require_declared(number, of_count, of_sum_minor);
    IF coalesce(number, '') = '' THEN
        PERFORM ops.refuse('A package needs a number; give the one on its cover sheet.');
    END IF;
    IF EXISTS (SELECT 1 FROM ops.payment_package AS p WHERE p.package_no = number) THEN
        PERFORM ops.refuse('Package "%s" is posted already; look whether the register came twice.', number);
    END IF;
    INSERT INTO ops.payment_package_draft (
        package_no, channel_code, paid_on, booked_month, unit_id, declared_count, declared_minor, source_id
    )
    VALUES (
        number, of_channel_code, of_paid_on, date_trunc('month', coalesce(of_month, of_paid_on))::date, of_unit_id,
        of_count, of_sum_minor, of_source_id
    )
    ON CONFLICT (package_no) DO NOTHING
    RETURNING payment_package_draft_id INTO new_id;
    IF new_id IS NULL THEN
        PERFORM ops.refuse('Package "%s" is open already; add to it, or throw it away first.', number);
    END IF;
    RETURN new_id;
END
$$;

-- Puts right what stands on the cover of a draft; what is not told stays.
CREATE OR REPLACE FUNCTION ops.declare_package(
    of_package_no text, of_channel_code text, of_paid_on date, of_month date, of_count integer, of_sum_minor bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
BEGIN
    PERFORM ops.require_channel(coalesce(of_channel_code, held.channel_code));
    PERFORM ops.require_declared(
        held.package_no, coalesce(of_count, held.declared_count), coalesce(of_sum_minor, held.declared_minor)
    );
    UPDATE ops.payment_package_draft AS d
    SET
        channel_code = coalesce(of_channel_code, d.channel_code), paid_on = coalesce(of_paid_on, d.paid_on),
        booked_month = coalesce(date_trunc('month', of_month)::date, d.booked_month),
        declared_count = coalesce(of_count, d.declared_count), declared_minor = coalesce(of_sum_minor, d.declared_minor)
    WHERE d.payment_package_draft_id = held.payment_package_draft_id;
END
$$;

-- Adds payments, each at the same place of every array; returns the numbers of their rows. A payment without a day is
-- of the package's day, one without a channel id gets the number of the package and of its row.
CREATE OR REPLACE FUNCTION ops.add_draft_payments(
    of_package_no text, external_ids text[], account_texts text[], days date[], amounts_minor bigint[],
    article_codes text[], payer_texts text[], source_rows integer[], of_source_id bigint
)
RETURNS integer[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
    last_no integer := (
        SELECT coalesce(max(p.row_no), 0) FROM ops.payment_draft AS p
        WHERE p.payment_package_draft_id = held.payment_package_draft_id
    );
    named_article text;
    row_nos integer[];
BEGIN
    FOR named_article IN SELECT DISTINCT a FROM unnest(article_codes) AS a WHERE a <> '' LOOP
        PERFORM ops.require_article(named_article);
    END LOOP;
    WITH told AS (
        SELECT last_no + g.n::integer AS row_no, g.*
        FROM unnest(external_ids, account_texts, days, amounts_minor, article_codes, payer_texts, source_rows)
            WITH ORDINALITY AS g (
                external_id, account_text, paid_on, amount_minor, article_code, payer_text, source_row, n
            )
    ),
    added AS (
        INSERT INTO ops.payment_draft (
            payment_package_draft_id, row_no, external_id, account_text, paid_on, amount_minor, article_code, payer_text,
            source_id, source_row
        )
        SELECT
            held.payment_package_draft_id, t.row_no,
            coalesce(nullif(btrim(t.external_id), ''), held.package_no || '/' || t.row_no),
            nullif(btrim(t.account_text), ''), coalesce(t.paid_on, held.paid_on), t.amount_minor,
            nullif(t.article_code, ''), nullif(btrim(t.payer_text), ''), of_source_id, t.source_row
        FROM told AS t
        RETURNING row_no
    )
    SELECT array_agg(a.row_no ORDER BY a.row_no) INTO row_nos FROM added AS a;
    RETURN row_nos;
END
$$;

CREATE OR REPLACE FUNCTION ops.require_draft_row(held ops.payment_package_draft, of_row_no integer)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM ops.payment_draft AS p
        WHERE p.payment_package_draft_id = held.payment_package_draft_id AND p.row_no = of_row_no
    ) THEN
        PERFORM ops.refuse(
            'Package "%s" has no row %s; see its rows with `wattbook payments package show`.', held.package_no,
            of_row_no::text
        );
    END IF;
END
$$;

-- Changes one payment of a draft. What is NULL stays; an empty article or payer is taken out. An account named anew is
-- looked for again, and a RES makes the payment unrecognised money of that RES.
CREATE OR REPLACE FUNCTION ops.change_draft_payment(
    of_package_no text, of_row_no integer, of_external_id text, of_account_text text, of_paid_on date,
    of_amount_minor bigint, of_article_code text, of_payer_text text, pool_res_code text, of_source_id bigint
)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
BEGIN
    PERFORM ops.require_draft_row(held, of_row_no);
    IF of_article_code <> '' THEN
        PERFORM ops.require_article(of_article_code);
    END IF;
    UPDATE ops.payment_draft AS p
    SET
        external_id = coalesce(nullif(btrim(of_external_id), ''), p.external_id),
        account_text = coalesce(nullif(btrim(of_account_text), ''), p.account_text),
        paid_on = coalesce(of_paid_on, p.paid_on),
        amount_minor = coalesce(of_amount_minor, p.amount_minor),
        article_code = nullif(coalesce(of_article_code, p.article_code), ''),
        payer_text = nullif(btrim(coalesce(of_payer_text, p.payer_text)), ''),
        pool_res_id = CASE
            WHEN pool_res_code IS NOT NULL THEN ops.pool_res_of(held, pool_res_code)
            WHEN of_account_text IS NULL THEN p.pool_res_id
        END,
        source_id = of_source_id,
        source_row = 0
    WHERE p.payment_package_draft_id = held.payment_package_draft_id AND p.row_no = of_row_no;
END
$$;

CREATE OR REPLACE FUNCTION ops.remove_draft_payment(of_package_no text, of_row_no integer)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
BEGIN
    PERFORM ops.require_draft_row(held, of_row_no);
    DELETE FROM ops.payment_draft AS p
    WHERE p.payment_package_draft_id = held.payment_package_draft_id AND p.row_no = of_row_no;
END
$$;

CREATE OR REPLACE FUNCTION ops.discard_package(of_package_no text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops
AS $$
DECLARE
    held ops.payment_package_draft := ops.hold_package(of_package_no);
BEGIN
    DELETE FROM ops.payment_draft AS p WHERE p.payment_package_draft_id = held.payment_package_draft_id;
    DELETE FROM ops.payment_package_draft AS d WHERE d.payment_package_draft_id = held.payment_package_draft_id;
END
$$;
