-- How the usual use of a span is told.
CREATE OR REPLACE FUNCTION ops.usual_in_words(usual_basis text, usual_kwh text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE usual_basis
    WHEN 'season' THEN format('where the same season a year ago used %s', usual_kwh)
    WHEN 'year' THEN format('where its use of 12 months would make %s', usual_kwh)
    WHEN 'contract' THEN format('where the contract foresees %s', usual_kwh)
    ELSE 'and nothing tells what is usual there'
END;

-- The reading that a sentence is about; its scale is told where the meter has more than one.
CREATE OR REPLACE FUNCTION ops.reading_in_words(
    value_kwh numeric, point_code text, serial_no text, zone_code text, read_on date
)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format(
    '%s of %s (meter "%s"%s) on %s', trim_scale(value_kwh), point_code, serial_no,
    CASE WHEN zone_code <> 'all' THEN ', scale ' || zone_code ELSE '' END, read_on
);

-- Who vouched for a value that the judge would have held, and how it was checked.
CREATE OR REPLACE FUNCTION ops.confirmed_in_words(login text, note text)
RETURNS text
LANGUAGE sql IMMUTABLE
RETURN format('Confirmed by %s when entered: %s', login, note);

-- Vouching needs a note.
CREATE OR REPLACE FUNCTION ops.require_note_of_confirmation(is_confirmed boolean, note text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF is_confirmed AND btrim(coalesce(note, '')) = '' THEN
        PERFORM ops.refuse('Confirming a reading needs a note on how it was checked; add one.');
    END IF;
END
$$;

-- What the judge of readings says to the clerk: the value, the rule with its figures, and what to do next.
CREATE OR REPLACE FUNCTION ops.sentence_about_reading(of_rule text, what text, of_figures jsonb)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE of_rule
        WHEN 'kind' THEN format(
            'The reading %s is of kind "%s"; kinds that can be told are %s.', what,
            coalesce(f.kind, ''),
            (SELECT string_agg(k.kind, ', ' ORDER BY k.kind) FROM ops.reading_kind AS k WHERE k.made_by = 'entry')
        )
        WHEN 'number' THEN format('The reading %s has no number as its value; tell what the register shows.', what)
        WHEN 'range' THEN format(
            'The value %s cannot stand on this register: it has %s whole digits and shows nothing below zero; check '
            'the value and the meter.', what, f.digits
        )
        WHEN 'decimals' THEN format(
            'The value %s has more than 6 digits after the point; tell what the register shows.', what
        )
        WHEN 'future' THEN format('The reading %s is of a day that has not come yet; check the day.', what)
        WHEN 'told_twice' THEN format(
            'The reading %s is told with different values for one day in this batch; keep the right one.', what
        )
        WHEN 'repeated' THEN format('The reading %s is told more than once in this batch; it enters once.', what)
        WHEN 'entered' THEN format(
            'The reading %s is entered already%s; nothing was done.', what,
            CASE WHEN f.in_doubt THEN ' and stands in quarantine' ELSE '' END
        )
        WHEN 'other_value' THEN format(
            'The reading %s contradicts the value %s that is entered for that day%s; cancel that one first '
            '(`wattbook readings cancel`), or check the day.', what, f.entered_kwh,
            CASE WHEN f.in_doubt THEN ' and stands in quarantine' ELSE '' END
        )
        WHEN 'before_opening' THEN format(
            'The reading %s is not after the first value of this meter here, so nothing can be counted up to it; check '
            'the day.', what
        )
        WHEN 'month' THEN format(
            'The reading %s cannot be booked: month %s is not open for %s; close the months before it, or name an '
            'earlier day.', what, to_char(f.not_before, 'YYYY-MM'),
            (SELECT u.code FROM ops.unit AS u WHERE u.unit_id = f.res_id)
        )
        WHEN 'scales_missing' THEN format(
            'The reading %s tells only part of the meter: its scale %s is missing for that day; tell all scales '
            'together.', what, f.zones_missing
        )
        WHEN 'scales_refused' THEN format(
            'The reading %s waits for another scale of the same meter, which is refused; a meter is read as a whole.',
            what
        )
        WHEN 'scales_in_doubt' THEN format(
            'The reading %s is in quarantine with another scale of the same meter; a meter is read as a whole.', what
        )
        WHEN 'between' THEN format(
            'The reading %s does not lie between its neighbours, %s on %s and %s on %s; check all three, then release '
            'or cancel it.', what, f.opening_kwh, f.opening_on, f.following_kwh, f.following_on
        )
        WHEN 'decrease' THEN format(
            'The reading %s is below the last one, %s on %s. A passage through zero would be %s kWh, %s: that looks '
            'like a slip. Check the value; cancel it, or release it if the register did pass zero.', what,
            f.opening_kwh, f.opening_on, f.energy_kwh, b.usual
        )
        WHEN 'first' THEN format(
            'The reading %s is the first value of this scale here: energy is counted from it, and what was used before '
            'is not measured.', what
        )
        WHEN 'rollover' THEN format(
            'The register passed zero: %s follows %s on %s, which is %s kWh, %s.', what, f.opening_kwh, f.opening_on,
            f.energy_kwh, b.usual
        )
        WHEN 'zone_sum' THEN format(
            'The reading %s does not fit the other scales of the meter: since %s its zones counted %s together and its '
            'scale of all hours %s; check all scales, then release or cancel it.', what, f.opening_on, f.parts_kwh,
            f.whole_kwh
        )
        WHEN 'load' THEN format(
            'The reading %s tells %s kWh since %s; the connected load can draw at most %s in that time. Check the '
            'value, then release or cancel it.', what, f.meter_kwh, f.opening_on, f.load_kwh
        )
        WHEN 'jump' THEN format(
            'The reading %s tells %s kWh since %s (%s on the register), %s; more than %s is not believed unseen. Check '
            'the value, then release or cancel it.', what, f.meter_kwh, f.opening_on, f.opening_kwh, b.usual,
            f.believed_kwh
        )
    END
    FROM jsonb_to_record(of_figures) AS f (
        kind text, digits smallint, entered_kwh text, in_doubt boolean, not_before date, res_id integer,
        zones_missing text, opening_kwh text, opening_on date, following_kwh text, following_on date, energy_kwh text,
        meter_kwh text, usual_kwh text, usual_basis text, believed_kwh text, load_kwh text, parts_kwh text,
        whole_kwh text
    )
    CROSS JOIN ops.usual_in_words(f.usual_basis, f.usual_kwh) AS b (usual);
END;
