"""A third way to every bill: plain Python with Decimal, slow and easy to read, for tests alone.

It is written from the rules, not from the SQL of the bill run, and shares nothing with it but the reference CSV files.
The rules are those of docs/tariffs.md; where they leave a choice open, the choice is the one of docs/decisions.md and
stands here once more, so that both can be read side by side:

* Energy between two readings of a register is (new - old) mod 10^digits x ratio, rounded to a millionth of a kWh. The
  ratio is that of the day on which the span ends. Of two readings on one day the one entered first counts; the other,
  and one without a reading before it, is a span of unknown energy: left out and counted.
* Energy is spread evenly over the days of its span; the energy up to a day is rounded to a millionth of a kWh, a part
  is the difference of two such values ("Energy of a span is rounded up to each day"). Half-hours are known day by day,
  so they need no spreading.
* A part has one calendar month, one row of the point's tariff, one tariff version, one rate of VAT and, where steps are
  counted by residents, one row of the family. A span with a day that lacks one of them, or with energy that no price is
  known for, is left out whole and uses no step ("Days without a rate of VAT are not billed").
* The steps of a calendar month belong to one metering point. Its parts stand one after the other by their first day,
  after everything that was billed of the month before, whatever the order in which they are billed and whichever price
  lists they fall under ("The steps of a month are used once").
* The zones of one span share the month's volume in proportion to their use. By what the bounds of the steps are
  multiplied (residents, days, contract, zone's share) is kept to twelve decimals, bounds and volumes to six ("What a
  line was computed from is kept rounded, and counts as it is kept").
* Steps by days begin anew with each part. Under `whole` the step is that in which the month, as far as it is known to
  the run, ends. A dwelling with nobody counts one resident; without a contract there is no bound.
* Money is rounded once a line, half away from zero. VAT within a price is round(charge x rate / (1 + rate)); on top of
  a net price it is what the charge exceeds round(energy x net price) by.
* Ordered power costs a twelfth of its yearly price a month, in proportion to the days of the month on which it is
  ordered and has a price. A span without use is one line of zero in the first step.
"""
