"""Measurements of `make bench`: ours and others' ways of the same work, side by side in one run.

Each module measures one question and says the size, both figures, the ratio and a hash of the result. What is measured
here is never asserted in a test.
"""
