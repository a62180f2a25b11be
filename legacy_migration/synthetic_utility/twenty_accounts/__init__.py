"""Twenty accounts, three months, two feeders: a utility small enough to check by hand
(docs/twenty_accounts.md).

`dump.twenty_accounts` writes it in the layouts of every other dump, with a few faults, and the truth beside
it.
"""
