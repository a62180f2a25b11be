-- Energy told as such that was taken back: one row for each row of measured_energy that no longer counts.
CREATE OR REPLACE VIEW ops.measured_energy_set_aside WITH (security_invoker = true) AS
SELECT e.account_id, e.booked_month, e.metering_point_id, e.direction, e.span_from, e.span_no
FROM ops.measured_energy_event AS e
WHERE e.event = 'cancelled'
GROUP BY e.account_id, e.booked_month, e.metering_point_id, e.direction, e.span_from, e.span_no;
