"""The assets, checks, jobs and schedules of the graph, a module per stage of the business.

The resource lives alone in `resources.py`: a module that holds both assets and a `@dg.definitions` function would lose
its assets without a word.
"""
