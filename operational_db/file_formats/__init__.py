"""File formats: bytes to rows and back.

Belongs here: layouts (DBF, delimited text, XML layout 80020), code pages, sentences about broken files.
Does not belong here: what a column means, which rows are good, the database; nothing of ours is imported.
"""
