-- A refusal is an error that a user can cause: one sentence, carried to the command line as it is (SQLSTATE WB001).
CREATE OR REPLACE FUNCTION ops.refuse(sentence text, VARIADIC parts text[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'WB001', MESSAGE = format(sentence, VARIADIC parts);
END
$$;
