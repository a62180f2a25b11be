"""The demonstration: the whole main job on made-up files, through the same graph that `dagster dev` shows.

`run.run_demo` does it, `summary` tells what came out. What each step does is in the graph's assets.
"""
