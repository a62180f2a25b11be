-- What an account owes (positive) or has in advance (negative), as the ledger says now.
CREATE OR REPLACE FUNCTION ops.account_balance_minor(of_account_id bigint)
RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(sum(
        CASE WHEN d.is_consumer_balance THEN g.amount_minor ELSE 0 END
        - CASE WHEN c.is_consumer_balance THEN g.amount_minor ELSE 0 END
    ), 0)::bigint
    FROM ops.ledger AS g
    INNER JOIN ops.ledger_account AS d ON d.ledger_account_code = g.debit_code
    INNER JOIN ops.ledger_account AS c ON c.ledger_account_code = g.credit_code
    WHERE g.account_id = of_account_id;
END;
