"""Rejected rows go out to the old system's people in their own layout, come back corrected, and are judged again.

Belongs here: files of rejects, matching what returns, what of the book a returned row may rest on.
Does not belong here: judging rows (`verdicts`), signing (`signing`).
"""
