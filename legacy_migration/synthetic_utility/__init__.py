"""A utility that does not exist, with the legacy files it would hand over.

Belongs here: inventing consumers, network, energy, money and faults from a seed, and writing them in the
layouts of docs/legacy_layouts.md. Does not belong here: reading those files (that is the migration, which
must not know how they were made), billing rules of Wattbook: the charges here are what an old program
computed, an independent figure to compare with.

`generation.generate` makes a utility of any size, `twenty_accounts.dump.twenty_accounts` one that can be checked
by hand.
"""
