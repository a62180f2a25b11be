"""The protocol on paper: one page of HTML and one workbook from the same tables.

Belongs here: which figures are shown in which order, and how they look. Does not belong here: any arithmetic on them.
"""
