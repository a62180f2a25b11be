-- The price that prepaid energy keeps once another price list has come (domain.md 2.1): what bills of the months after
-- cost more by the new list is taken off by a document of its own. Bills stay at the price list of their days.
--
-- Belongs here: how long a price holds, which kWh keep it, posting what they cost less. Not here: what is prepaid
-- (unwinding.sql).

-- One row per credit that was unwound and after which another list came, or none yet: the price holds for some months
-- from that day, and where the new list has steps of kWh, for no more a month than its first step holds.
CREATE OR REPLACE VIEW ops.prepaid_energy_price WITH (security_invoker = true) AS
SELECT
    p.account_id, p.booked_month, p.prepaid_no, p.metering_point_id, p.tariff_version_id, p.variant_code, p.energy_kwh,
    p.res_id, n.valid_from AS price_changed_on,
    (n.valid_from + m.value::integer * interval '1 month')::date AS price_holds_to,
    CASE WHEN n.valid_from IS NOT NULL THEN f.up_to_kwh END AS kwh_a_month
FROM ops.prepaid_energy AS p
INNER JOIN ops.account AS a ON a.account_id = p.account_id
INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = p.tariff_version_id
INNER JOIN ops.parameter AS m ON m.parameter_code = 'prepaid_price_months_' || a.kind
LEFT JOIN LATERAL (
    SELECT x.tariff_version_id, x.valid_from, x.step_basis
    FROM ops.tariff_version AS x
    WHERE x.tariff_code = v.tariff_code AND x.known_to IS NULL AND x.valid_from > p.priced_on
    ORDER BY x.valid_from
    LIMIT 1
) AS n ON true
LEFT JOIN ops.tariff_season AS c
    ON c.tariff_version_id = n.tariff_version_id AND c.month_of_year = date_part('month', n.valid_from)
LEFT JOIN ops.tariff_step AS f
    ON f.tariff_version_id = n.tariff_version_id AND f.variant_code = p.variant_code AND f.step_no = 1
    AND n.step_basis = 'calendar_month'
    AND f.season_code = coalesce(c.season_code, 'all')
WHERE p.kind = 'unwound';

-- Which energy of these RES (and perhaps one account) keeps an older price, in months of use up to one: one row per
-- account and month of use, with what it costs by the bill and by the price kept. All that is used after the credit was
-- unwound draws on it, oldest first; of a month's draw the first kWh by the new list keep the price, without those that
-- have a benefit. Where the older price is not the lower one, nothing is kept.
CREATE OR REPLACE FUNCTION ops.prices_to_keep(of_res_ids integer[], only_account_id bigint, up_to_month date)
RETURNS TABLE (
    account_id bigint, res_id integer, service_month date, metering_point_id bigint, prepaid_month date,
    prepaid_no integer, energy_kwh numeric, full_minor bigint, kept_minor bigint, vat_rate numeric
)
LANGUAGE sql STABLE
AS $$
    WITH prepaid AS (
        -- What stood unwound when the other list came.
        SELECT p.*, date_trunc('month', p.price_changed_on)::date AS changed_month
        FROM ops.prepaid_energy_price AS p
        WHERE p.res_id = ANY (of_res_ids) AND (only_account_id IS NULL OR p.account_id = only_account_id)
            AND p.price_changed_on < up_to_month + interval '1 month'
            AND p.booked_month < date_trunc('month', p.price_changed_on)
            AND NOT EXISTS (
                SELECT 1 FROM ops.prepaid_energy AS r
                WHERE r.account_id = p.account_id AND r.reverses_month = p.booked_month
                    AND r.reverses_prepaid_no = p.prepaid_no AND r.booked_month < date_trunc('month', p.price_changed_on)
            )
    ),
    used AS (
        SELECT
            p.account_id, p.prepaid_month, p.prepaid_no, l.service_month, sum(l.energy_kwh) AS month_kwh,
            coalesce(sum(l.energy_kwh) FILTER (WHERE l.span_from < p.price_changed_on), 0) AS by_old_list_kwh
        FROM (SELECT q.*, q.booked_month AS prepaid_month FROM prepaid AS q) AS p
        INNER JOIN ops.standing_bill_line AS l
            ON l.account_id = p.account_id AND l.metering_point_id = p.metering_point_id AND l.component = 'energy'
            AND l.service_month > p.prepaid_month AND l.service_month < p.price_holds_to
            AND l.booked_month <= up_to_month
        GROUP BY p.account_id, p.prepaid_month, p.prepaid_no, l.service_month
    ),
    drawn AS (
        SELECT
            u.*,
            sum(u.month_kwh) OVER (
                PARTITION BY u.account_id, u.prepaid_month, u.prepaid_no ORDER BY u.service_month
                ROWS UNBOUNDED PRECEDING
            ) - u.month_kwh + u.by_old_list_kwh AS before_kwh
        FROM used AS u
    ),
    -- Lines by the new list, each with the energy of it that may keep the price: of its days, within the month's limit.
    line AS (
        SELECT
            p.account_id, p.res_id, d.service_month, p.metering_point_id, p.booked_month AS prepaid_month, p.prepaid_no,
            p.tariff_version_id AS old_version_id, p.variant_code AS old_variant, l.tariff_version_id, l.span_from, l.span_to,
            l.volume_from, l.energy_kwh, l.charge_minor, l.price_minor, p.energy_kwh - d.before_kwh AS left_kwh,
            greatest(least(
                CASE
                    WHEN l.span_to <= p.price_holds_to THEN l.energy_kwh
                    ELSE ops.energy_until_kwh(l.energy_kwh, l.span_from, l.span_to, p.price_holds_to)
                END,
                p.kwh_a_month - l.volume_from, l.energy_kwh - coalesce(b.energy_kwh, 0)
            ), 0) AS room_kwh
        FROM drawn AS d
        INNER JOIN prepaid AS p
            ON p.account_id = d.account_id AND p.booked_month = d.prepaid_month AND p.prepaid_no = d.prepaid_no
        INNER JOIN ops.standing_bill_line AS l
            ON l.account_id = d.account_id AND l.metering_point_id = p.metering_point_id AND l.component = 'energy'
            AND l.service_month = d.service_month AND l.booked_month <= up_to_month
            AND l.span_from >= p.price_changed_on AND l.span_from < p.price_holds_to
            AND l.zone_code = 'all' AND l.price_denominator IS NULL
        -- Energy with a benefit costs its consumer less already, and the budget pays the rest by the bill.
        LEFT JOIN LATERAL (
            SELECT sum(n.energy_kwh) AS energy_kwh
            FROM ops.benefit_line AS n
            WHERE n.account_id = l.account_id AND n.booked_month = l.booked_month AND n.bill_no = l.bill_no
                AND n.line_no = l.line_no
        ) AS b ON true
        WHERE p.energy_kwh > d.before_kwh
            -- While an older price holds, a later one is not kept beside it.
            AND NOT EXISTS (
                SELECT 1 FROM prepaid AS e
                WHERE e.account_id = p.account_id AND e.price_changed_on < p.price_changed_on
                    AND e.price_holds_to > l.span_from
            )
    ),
    taken AS (
        SELECT
            l.*,
            least(l.room_kwh, greatest(l.left_kwh - (sum(l.room_kwh) OVER in_order - l.room_kwh), 0)) AS kept_kwh
        FROM line AS l
        WINDOW in_order AS (
            PARTITION BY l.account_id, l.prepaid_month, l.prepaid_no, l.service_month
            ORDER BY l.span_from, l.volume_from ROWS UNBOUNDED PRECEDING
        )
    ),
    priced AS (
        SELECT
            t.*, f.vat_rate,
            CASE
                WHEN t.kept_kwh = t.energy_kwh THEN t.charge_minor
                ELSE round(t.kept_kwh * t.price_minor * CASE WHEN f.price_includes_vat THEN 1 ELSE 1 + f.vat_rate END)
            END AS full_minor,
            o.kept_minor
        FROM taken AS t
        INNER JOIN ops.tariff_in_force AS f
            ON f.tariff_version_id = t.tariff_version_id AND daterange(f.valid_from, f.valid_to) @> t.span_from
        INNER JOIN ops.tariff_version AS v ON v.tariff_version_id = t.old_version_id
        LEFT JOIN ops.family_size AS h
            ON v.step_basis = 'resident_month' AND h.account_id = t.account_id AND h.known_to IS NULL
            AND daterange(h.valid_from, h.valid_to) @> t.span_from
        LEFT JOIN ops.metering_point_tariff AS w
            ON w.metering_point_id = t.metering_point_id AND w.known_to IS NULL
            AND daterange(w.valid_from, w.valid_to) @> t.span_from
        CROSS JOIN LATERAL (
            SELECT ops.step_bound_factor(
                v.step_basis, coalesce(h.persons, 1), t.span_from, t.span_to, w.contracted_kwh_per_month
            ) AS bound_factor
        ) AS b
        CROSS JOIN LATERAL (
            SELECT sum(round(
                (least(t.volume_from + t.kept_kwh, m.up_to_kwh) - greatest(t.volume_from, m.over_kwh)) * s.price_minor
                * CASE WHEN v.price_includes_vat THEN 1 ELSE 1 + f.vat_rate END
            )) AS kept_minor
            FROM ops.tariff_step AS s
            LEFT JOIN ops.tariff_season AS c
                ON c.tariff_version_id = s.tariff_version_id AND c.month_of_year = date_part('month', t.service_month)
            CROSS JOIN LATERAL (
                SELECT
                    ops.step_bound_kwh(s.over_kwh, b.bound_factor) AS over_kwh,
                    ops.step_bound_kwh(s.up_to_kwh, b.bound_factor) AS up_to_kwh
            ) AS m
            WHERE s.tariff_version_id = t.old_version_id AND s.variant_code = t.old_variant
                AND s.season_code = coalesce(c.season_code, 'all')
                AND m.over_kwh < t.volume_from + t.kept_kwh AND (m.up_to_kwh IS NULL OR m.up_to_kwh > t.volume_from)
        ) AS o
        WHERE t.kept_kwh > 0
    )
    SELECT
        p.account_id, p.res_id, p.service_month, p.metering_point_id, p.prepaid_month, p.prepaid_no,
        sum(p.kept_kwh)::numeric(18, 6), sum(p.full_minor)::bigint, sum(p.kept_minor)::bigint, min(p.vat_rate)
    FROM priced AS p
    GROUP BY
        p.account_id, p.res_id, p.service_month, p.metering_point_id, p.prepaid_month, p.prepaid_no
    HAVING sum(p.full_minor) > sum(p.kept_minor)
$$;

-- Prices kept that count: neither reversed nor reversing.
CREATE OR REPLACE VIEW ops.kept_price_standing WITH (security_invoker = true) AS
SELECT
    k.account_id, k.booked_month, k.kept_price_no, k.service_month, k.metering_point_id, k.prepaid_month, k.prepaid_no,
    k.energy_kwh, k.full_minor, k.kept_minor, k.charge_minor, k.vat_minor, k.res_id
FROM ops.kept_price AS k
WHERE k.kind = 'kept'
    AND NOT EXISTS (
        SELECT 1 FROM ops.kept_price AS r
        WHERE r.account_id = k.account_id AND r.reverses_month = k.booked_month
            AND r.reverses_kept_price_no = k.kept_price_no
    );

-- Posts in a month what energy paid for in advance costs less than its bills say; what stands and no longer holds is
-- reversed. A second run posts nothing. The caller has asked for the right and holds the month.
CREATE OR REPLACE FUNCTION ops.keep_prices(
    of_res_ids integer[], only_account_id bigint, month date, run_source_id bigint,
    OUT kept_count bigint, OUT kept_kwh numeric, OUT taken_off_minor bigint
)
LANGUAGE plpgsql
AS $$
DECLARE
    run_chart text := (SELECT p.value FROM ops.parameter AS p WHERE p.parameter_code = 'chart_of_accounts');
BEGIN
    DROP TABLE IF EXISTS pg_temp.kept_price_change;
    CREATE TEMPORARY TABLE kept_price_change ON COMMIT DROP AS
    WITH right_now AS (
        SELECT n.* FROM ops.prices_to_keep(of_res_ids, only_account_id, month) AS n
    ),
    standing AS (
        SELECT s.*
        FROM ops.kept_price_standing AS s
        WHERE s.res_id = ANY (of_res_ids) AND (only_account_id IS NULL OR s.account_id = only_account_id)
    ),
    change AS (
        SELECT
            s.account_id, 'reversing'::text AS kind, s.service_month, s.metering_point_id, s.prepaid_month, s.prepaid_no,
            -s.energy_kwh AS energy_kwh, -s.full_minor AS full_minor, -s.kept_minor AS kept_minor,
            -s.charge_minor AS charge_minor, -s.vat_minor AS vat_minor, s.booked_month AS reverses_month,
            s.kept_price_no AS reverses_kept_price_no, s.res_id
        FROM standing AS s
        WHERE NOT EXISTS (
            SELECT 1 FROM right_now AS n
            WHERE n.account_id = s.account_id AND n.service_month = s.service_month
                AND n.prepaid_month = s.prepaid_month AND n.prepaid_no = s.prepaid_no AND n.energy_kwh = s.energy_kwh
                AND n.full_minor = s.full_minor AND n.kept_minor = s.kept_minor
        )
        UNION ALL
        SELECT
            n.account_id, 'kept', n.service_month, n.metering_point_id, n.prepaid_month, n.prepaid_no, n.energy_kwh,
            n.full_minor, n.kept_minor, n.kept_minor - n.full_minor,
            round((n.kept_minor - n.full_minor) * n.vat_rate / (1 + n.vat_rate))::bigint, NULL, NULL, n.res_id
        FROM right_now AS n
        WHERE NOT EXISTS (
            SELECT 1 FROM standing AS s
            WHERE s.account_id = n.account_id AND s.service_month = n.service_month
                AND s.prepaid_month = n.prepaid_month AND s.prepaid_no = n.prepaid_no AND s.energy_kwh = n.energy_kwh
                AND s.full_minor = n.full_minor AND s.kept_minor = n.kept_minor
        )
    )
    SELECT
        g.*,
        coalesce((
            SELECT max(k.kept_price_no) FROM ops.kept_price AS k
            WHERE k.account_id = g.account_id AND k.booked_month = month
        ), 0) + row_number() OVER (PARTITION BY g.account_id ORDER BY g.kind DESC, g.service_month)::integer
        AS kept_price_no
    FROM change AS g;

    INSERT INTO ops.kept_price (
        account_id, booked_month, kept_price_no, kind, service_month, metering_point_id, prepaid_month, prepaid_no,
        energy_kwh, full_minor, kept_minor, charge_minor, vat_minor, reverses_month, reverses_kept_price_no, res_id,
        source_id
    )
    SELECT
        c.account_id, month, c.kept_price_no, c.kind, c.service_month, c.metering_point_id, c.prepaid_month,
        c.prepaid_no, c.energy_kwh, c.full_minor, c.kept_minor, c.charge_minor, c.vat_minor, c.reverses_month,
        c.reverses_kept_price_no, c.res_id, run_source_id
    FROM kept_price_change AS c;
    INSERT INTO ops.ledger (
        account_id, booked_month, document_kind, document_no, entry_no, debit_code, credit_code, amount_minor,
        article_code, posted_on, res_id, source_id
    )
    SELECT
        c.account_id, month, 'kept_price', c.kept_price_no, e.entry_no, p.debit_code, p.credit_code, e.amount_minor,
        'electricity', (month + interval '1 month - 1 day')::date, c.res_id, run_source_id
    FROM kept_price_change AS c
    CROSS JOIN LATERAL (
        VALUES (1, 'net', c.charge_minor - c.vat_minor), (2, 'vat', c.vat_minor)
    ) AS e (entry_no, component, amount_minor)
    INNER JOIN ops.posting_rule AS p
        ON p.chart = run_chart AND p.document_kind = 'kept_price' AND p.component = e.component
    WHERE e.amount_minor <> 0;
    SELECT
        count(*) FILTER (WHERE c.kind = 'kept'), coalesce(sum(c.energy_kwh), 0), coalesce(-sum(c.charge_minor), 0)::bigint
    INTO kept_count, kept_kwh, taken_off_minor
    FROM kept_price_change AS c;
END
$$;

-- Did anybody of a RES ever prepay energy? Planned once for a session, as it is about all months (ops.has_subsidies).
CREATE OR REPLACE FUNCTION ops.has_prepaid_energy(of_res_id integer)
RETURNS boolean
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM ops.prepaid_energy AS p WHERE p.res_id = of_res_id);
END
$$;

-- How many accounts of a RES have not what their prepaid energy keeps by the bills of a month, and the first of them.
-- Only asked while a price list is young enough for anything to be kept by it.
CREATE OR REPLACE FUNCTION ops.kept_prices_missing(of_res_id integer, month date, OUT many bigint, OUT first_no text)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM ops.tariff_version AS v
        WHERE v.known_to IS NULL AND v.valid_from > month - interval '3 months'
            AND v.valid_from < month + interval '1 month'
    ) OR NOT ops.has_prepaid_energy(of_res_id) THEN
        many := 0;
        RETURN;
    END IF;
    WITH right_now AS (
        SELECT n.account_id, n.service_month, n.energy_kwh, n.full_minor, n.kept_minor
        FROM ops.prices_to_keep(ARRAY[of_res_id], NULL, month) AS n
    ),
    standing AS (
        SELECT s.account_id, s.service_month, s.energy_kwh, s.full_minor, s.kept_minor
        FROM ops.kept_price_standing AS s
        WHERE s.res_id = of_res_id
    ),
    differing AS (
        (SELECT * FROM right_now EXCEPT SELECT * FROM standing)
        UNION
        (SELECT * FROM standing EXCEPT SELECT * FROM right_now)
    )
    SELECT count(DISTINCT d.account_id), min(a.account_no) INTO many, first_no
    FROM differing AS d
    INNER JOIN ops.account AS a ON a.account_id = d.account_id;
END
$$;
