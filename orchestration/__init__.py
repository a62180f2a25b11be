"""What calls all the rooms: the `wattbook` command line, the Dagster graph, the demonstration.

Only calls, order and what is shown of them belong here. A rule, a number or a file format never does. Import the
submodules directly: this package imports nothing, so that `wattbook price` need not wait for Dagster.
"""
