-- How old a debt that was taken over is.

-- The month that a balance taken over counts from: the last of its year, not later than it was taken over. Where the
-- old program did not keep the year (0), the month before it was taken over: nobody can say that it is older.
CREATE OR REPLACE FUNCTION ops.origin_of_balance(year_of_origin bigint, booked_month date)
RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN year_of_origin > 0 THEN least(make_date(year_of_origin::integer, 12, 1), booked_month)
    ELSE (booked_month - interval '1 month')::date
END;
