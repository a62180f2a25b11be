"""How well does a migration name what is wrong? Faults put into clean dumps on purpose, and a judge that looks for
them.

Kinds and the reasons that count for each are data (`kinds.csv`); `injector.inject` spoils the files of a dump and lists
what it did; `judging` migrates and asks for each fault whether it was named. Nothing of this runs in a real migration.
"""
