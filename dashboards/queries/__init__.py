"""What the screens ask of the marts, one file per subject; every business number is computed in SQL.

Levels of the hierarchy come into SQL only from the fixed list in `places`, everything else as a parameter.
"""
