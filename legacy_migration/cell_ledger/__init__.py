"""What became of every cell: carried, transformed, rejected or not used; per column the classes make the file's rows.

Belongs here: signs and patterns of cells as rows are read, counting them once the rows have their verdicts.
Does not belong here: reading cells (`typed_rows`), verdicts (`verdicts`).
"""
