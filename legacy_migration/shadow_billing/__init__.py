"""Shadow billing: what would our bills have been, and what explains the difference to the old program's?

Belongs here: re-rating the legacy bills of a load and classifying the differences. Does not belong here: what a kWh
costs (`ops.rate_months`, the statement that bills), posting: nothing of this reaches the book.
"""
