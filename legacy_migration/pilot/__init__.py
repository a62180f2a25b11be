"""The pilot before the cut-over: its branches, their requests, its reviews, what was entered.

Belongs here: entering these facts and reporting on them. Does not belong here: what stops a cut-over (`readiness`).
"""
