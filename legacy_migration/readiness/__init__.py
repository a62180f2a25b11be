"""How ready is a RES to be cut over? A score of components, hard stops, and what each rests on.

Belongs here: counting the components from what the database holds, scoring, keeping the history. Does not belong here:
weights (`operational_db/reference/readiness_weight.csv`), the checklist of a cut-over (`cut_over`).
"""
