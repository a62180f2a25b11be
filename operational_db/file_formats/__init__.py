"""File formats: bytes to rows and back.

Belongs here: the layout of a file (DBF, delimited text, XML layout 80020), its code pages, and sentences about broken files.
Does not belong here: what a column means, which rows are good, anything of the database; nothing of ours is imported.
"""
