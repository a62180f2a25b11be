"""The day from which Wattbook bills, and what must be done before.

Belongs here: fixing and moving the day, the checklist of a RES, its signatures. Does not belong here: how ready a RES
is (`readiness`), the items themselves (`operational_db/reference/cutover_item.csv`).
"""
