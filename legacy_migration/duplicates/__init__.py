"""Which rows may tell of one person, one place or one meter, and what did people decide about them?

Belongs here: finding pairs with evidence, decisions, what a decision does when a load is published. Nothing is ever
merged without one. Does not belong here: equal rows of one key (`verdicts`).
"""
