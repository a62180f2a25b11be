-- Credits unwound into energy: what is in advance for electricity becomes whole kWh at the price list of the day.
--
-- Belongs here: the record of prepaid energy. Not here: money, which stays in the ledger as it is; how long a price
-- holds (kept_prices.sql).

CREATE OR REPLACE VIEW ops.prepaid_energy_standing WITH (security_invoker = true) AS
SELECT
    p.account_id, p.booked_month, p.prepaid_no, p.metering_point_id, p.priced_on, p.tariff_version_id, p.variant_code,
    p.credit_minor, p.energy_kwh, p.charge_minor, p.res_id
FROM ops.prepaid_energy AS p
WHERE p.kind = 'unwound'
    AND NOT EXISTS (
        SELECT 1 FROM ops.prepaid_energy AS r
        WHERE r.account_id = p.account_id AND r.reverses_month = p.booked_month AND r.reverses_prepaid_no = p.prepaid_no
    );

-- What stands in advance for electricity in these RES on a day, with the one price list that the account goes by; why
-- not where there is not one: several points, scales of a meter, no list in force.
CREATE OR REPLACE FUNCTION ops.credits_to_unwind(of_res_ids integer[], only_account_id bigint, on_day date)
RETURNS TABLE (
    account_id bigint, res_id integer, credit_minor bigint, metering_point_id bigint, tariff_version_id integer,
    variant_code text, energy_kwh numeric, charge_minor bigint, why_not text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH credit AS (
        SELECT a.account_id, a.res_id, -sum(v.movement_minor)::bigint AS credit_minor
        FROM ops.account AS a
        INNER JOIN ops.ledger_movement AS v ON v.account_id = a.account_id AND v.article_code = 'electricity'
        WHERE a.res_id IN (SELECT r.res_id FROM unnest(of_res_ids) AS r (res_id))
            AND (only_account_id IS NULL OR a.account_id = only_account_id) AND a.kind <> 'technical'
        GROUP BY a.account_id, a.res_id
        HAVING sum(v.movement_minor) < 0
    ),
    with_scales AS (
        SELECT DISTINCT p.metering_point_id
        FROM credit AS k
        INNER JOIN ops.metering_point AS p ON p.account_id = k.account_id
        INNER JOIN ops.meter_installation AS i
            ON i.metering_point_id = p.metering_point_id AND i.known_to IS NULL
            AND daterange(i.valid_from, i.valid_to) @> on_day
        INNER JOIN ops.meter_register AS r ON r.meter_id = i.meter_id AND r.zone_code <> 'all'
    ),
    point AS (
        SELECT
            k.account_id, count(*) AS point_count, min(p.metering_point_id) AS metering_point_id,
            bool_or(z.metering_point_id IS NOT NULL) AS has_scales
        FROM credit AS k
        INNER JOIN ops.metering_point AS p ON p.account_id = k.account_id AND p.resource_code = 'electricity'
        INNER JOIN ops.metering_point_tariff AS t
            ON t.metering_point_id = p.metering_point_id AND t.known_to IS NULL
            AND daterange(t.valid_from, t.valid_to) @> on_day
        LEFT JOIN with_scales AS z ON z.metering_point_id = p.metering_point_id
        GROUP BY k.account_id
    ),
    listed AS (
        SELECT
            k.account_id, k.res_id, k.credit_minor, q.metering_point_id, f.tariff_version_id, t.variant_code,
            f.step_mode, coalesce(c.season_code, 'all') AS season_code,
            CASE WHEN f.price_includes_vat THEN 0 ELSE f.vat_rate END AS vat_on_top,
            ops.step_bound_factor(
                f.step_basis, coalesce(h.persons, 1), date_trunc('month', on_day)::date,
                (date_trunc('month', on_day) + interval '1 month')::date, t.contracted_kwh_per_month
            ) AS bound_factor,
            CASE
                WHEN q.account_id IS NULL THEN 'no metering point has a tariff'
                WHEN q.point_count > 1 THEN 'several metering points share the money'
                WHEN q.has_scales THEN 'the meter has scales by hours'
                WHEN f.tariff_version_id IS NULL THEN 'no price list is in force'
            END AS why_not
        FROM credit AS k
        LEFT JOIN point AS q ON q.account_id = k.account_id
        LEFT JOIN ops.metering_point_tariff AS t
            ON t.metering_point_id = q.metering_point_id AND t.known_to IS NULL
            AND daterange(t.valid_from, t.valid_to) @> on_day
        LEFT JOIN ops.tariff_in_force AS f
            ON f.tariff_code = t.tariff_code AND daterange(f.valid_from, f.valid_to) @> on_day
        LEFT JOIN ops.tariff_season AS c
            ON c.tariff_version_id = f.tariff_version_id AND c.month_of_year = date_part('month', on_day)
        LEFT JOIN ops.family_size AS h
            ON h.account_id = k.account_id AND daterange(h.valid_from, h.valid_to) @> on_day AND h.known_to IS NULL
    )
    SELECT
        l.account_id, l.res_id, l.credit_minor, l.metering_point_id, l.tariff_version_id, l.variant_code, e.energy_kwh,
        e.charge_minor, l.why_not
    FROM listed AS l
    LEFT JOIN LATERAL ops.whole_kwh_for(
        l.credit_minor, l.tariff_version_id, l.variant_code, l.season_code, l.bound_factor, l.step_mode = 'whole',
        l.vat_on_top
    ) AS e ON l.why_not IS NULL;
END;

-- Records what the credits of a month pay for, for all accounts of a unit or for one: what stands and no longer holds
-- is reversed, what is missing written. Before that the prices that earlier such energy keeps are posted. A second run
-- writes nothing.
CREATE OR REPLACE FUNCTION ops.unwind_credits(
    unwound_month date, of_unit_id integer, only_account_id bigint, run_source_id bigint,
    OUT account_count bigint, OUT energy_kwh numeric, OUT charge_minor bigint, OUT credit_minor bigint,
    OUT reversed_count bigint, OUT left_out_count bigint, OUT kept_count bigint, OUT kept_kwh numeric,
    OUT taken_off_minor bigint
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ops, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    month date := date_trunc('month', unwound_month)::date;
    last_day date := (date_trunc('month', unwound_month) + interval '1 month - 1 day')::date;
    res_ids integer[] := ops.res_of_run(month, of_unit_id, only_account_id);
    unwinding_res integer;
BEGIN
    PERFORM ops.require_right(
        current_setting('wattbook.user_login', true), 'bill',
        CASE WHEN only_account_id IS NULL THEN of_unit_id ELSE res_ids[1] END
    );
    PERFORM ops.lock_open_month(res_ids, month);
    IF EXISTS (
        SELECT 1
        FROM (
            SELECT p.booked_month, p.res_id, p.account_id FROM ops.prepaid_energy AS p
            UNION ALL
            SELECT k.booked_month, k.res_id, k.account_id FROM ops.kept_price AS k
        ) AS later
        WHERE later.booked_month > month AND later.res_id = ANY (res_ids)
            AND (only_account_id IS NULL OR later.account_id = only_account_id)
    ) THEN
        PERFORM ops.refuse(
            'Credits of a month after %s are unwound already; unwind that month again, it takes in all before it.',
            to_char(month, 'YYYY-MM')
        );
    END IF;
    -- One at a time: two that look at what stands would both write what is missing.
    FOR unwinding_res IN SELECT DISTINCT r FROM unnest(res_ids) AS r ORDER BY r LOOP
        PERFORM pg_advisory_xact_lock(hashtext('unwind'), unwinding_res);
    END LOOP;
    PERFORM ops.ensure_month(month);
    -- As in post_penalties.
    PERFORM set_config('enable_nestloop', CASE WHEN only_account_id IS NULL THEN 'off' ELSE 'on' END, true);
    -- What energy paid for earlier costs less is in advance as well, so it comes first.
    SELECT k.kept_count, k.kept_kwh, k.taken_off_minor INTO kept_count, kept_kwh, taken_off_minor
    FROM ops.keep_prices(res_ids, only_account_id, month, run_source_id) AS k;
    DROP TABLE IF EXISTS pg_temp.credit_now, pg_temp.prepaid_change;
    CREATE TEMPORARY TABLE credit_now ON COMMIT DROP AS
    SELECT n.* FROM ops.credits_to_unwind(res_ids, only_account_id, last_day) AS n;

    CREATE TEMPORARY TABLE prepaid_change ON COMMIT DROP AS
    WITH standing AS (
        SELECT s.*
        FROM ops.account AS a
        INNER JOIN ops.prepaid_energy_standing AS s ON s.account_id = a.account_id
        WHERE a.res_id = ANY (res_ids) AND (only_account_id IS NULL OR a.account_id = only_account_id)
    ),
    worth AS (
        SELECT c.* FROM credit_now AS c WHERE c.energy_kwh >= 1
    ),
    change AS (
        SELECT
            s.account_id, 'reversing'::text AS kind, s.metering_point_id, s.priced_on, s.tariff_version_id, s.variant_code,
            -s.credit_minor AS credit_minor, -s.energy_kwh AS energy_kwh, -s.charge_minor AS charge_minor,
            s.booked_month AS reverses_month, s.prepaid_no AS reverses_prepaid_no, s.res_id
        FROM standing AS s
        WHERE NOT EXISTS (
            SELECT 1 FROM worth AS w
            WHERE w.account_id = s.account_id AND w.credit_minor = s.credit_minor AND w.energy_kwh = s.energy_kwh
                AND w.tariff_version_id = s.tariff_version_id AND w.variant_code = s.variant_code
        )
        UNION ALL
        SELECT
            w.account_id, 'unwound', w.metering_point_id, last_day, w.tariff_version_id, w.variant_code, w.credit_minor,
            w.energy_kwh, w.charge_minor, NULL, NULL, w.res_id
        FROM worth AS w
        WHERE NOT EXISTS (
            SELECT 1 FROM standing AS s
            WHERE w.account_id = s.account_id AND w.credit_minor = s.credit_minor AND w.energy_kwh = s.energy_kwh
                AND w.tariff_version_id = s.tariff_version_id AND w.variant_code = s.variant_code
        )
    )
    SELECT
        g.*,
        coalesce((
            SELECT max(p.prepaid_no) FROM ops.prepaid_energy AS p
            WHERE p.account_id = g.account_id AND p.booked_month = month
        ), 0) + row_number() OVER (PARTITION BY g.account_id ORDER BY g.kind)::integer AS prepaid_no
    FROM change AS g;

    PERFORM set_config('enable_nestloop', 'on', true);
    INSERT INTO ops.prepaid_energy (
        account_id, booked_month, prepaid_no, kind, metering_point_id, priced_on, tariff_version_id, variant_code,
        credit_minor, energy_kwh, charge_minor, reverses_month, reverses_prepaid_no, res_id, source_id
    )
    SELECT
        c.account_id, month, c.prepaid_no, c.kind, c.metering_point_id, c.priced_on, c.tariff_version_id, c.variant_code,
        c.credit_minor, c.energy_kwh, c.charge_minor, c.reverses_month, c.reverses_prepaid_no, c.res_id, run_source_id
    FROM prepaid_change AS c;
    SELECT
        count(*) FILTER (WHERE c.kind = 'unwound'), coalesce(sum(c.energy_kwh) FILTER (WHERE c.kind = 'unwound'), 0),
        coalesce(sum(c.charge_minor) FILTER (WHERE c.kind = 'unwound'), 0)::bigint,
        coalesce(sum(c.credit_minor) FILTER (WHERE c.kind = 'unwound'), 0)::bigint,
        count(*) FILTER (WHERE c.kind = 'reversing')
    INTO account_count, energy_kwh, charge_minor, credit_minor, reversed_count
    FROM prepaid_change AS c;
    SELECT count(*) INTO left_out_count FROM credit_now AS c WHERE c.why_not IS NOT NULL;
END
$$;
