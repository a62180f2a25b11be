"""Pictures of the screens: pure functions from figures to Plotly or SVG, one file per picture.

What is asked of the database is in `queries`; where a picture stands on a page, in `pages`.
"""
