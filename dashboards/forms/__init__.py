"""Regulated forms: a specification that is data, a matrix computed once from the marts, thin writers.

Belongs here: specifications, the matrix, control rules, the writers of each file kind, the right to issue.
Does not belong here: any number of the business (the marts have it) and any one form's rows (its YAML has them).
A new form, or a new version of one, is a file in `specifications/`; `issue.list_forms` finds it there.
"""
