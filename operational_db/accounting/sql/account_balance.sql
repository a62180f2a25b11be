-- What an account owes (positive) or has in advance (negative), as the ledger says now.
CREATE OR REPLACE FUNCTION ops.account_balance_minor(of_account_id bigint)
RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(sum(v.movement_minor), 0)::bigint
    FROM ops.ledger_movement AS v
    WHERE v.account_id = of_account_id;
END;
