"""What is in an unknown dump? Files, columns, keys, relations and doubts, and a profile drafted from them.

`recognition` names the format of a file, `samples` reads its rows as text, `sibling_files` puts files of one shape
together; `columns`, `keys`, `relations` and `doubts` look at the rows in DuckDB, `trade_words` and `facts` guess what
they mean; `dump` is the order of these steps, `draft` and `report` are what comes of it. Nothing here touches the book.
"""
