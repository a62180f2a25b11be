"""The pages of the screens, one file per question, and the parts that pages share.

Figures come from `queries`, pictures from `figures`, words from `words`; a page only puts them together.
"""
