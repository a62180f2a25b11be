"""Is the book what was loaded, and is this dump what the one before was? Full comparisons by key and row hash.

Belongs here: comparing, naming each difference by its old key. Does not belong here: judging rows (`verdicts`),
writing the book (`publishing`).
"""
