"""From the files of a legacy system to rows that the operational database accepts, with the proof that
nothing was lost.

Belongs here: source profiles, landing, verdicts, the protocol, and the synthetic utility whose files they
are tried on. Does not belong here: rules of billing (`operational_db`), derived numbers (`dbt_project`).
Import submodules directly.
"""
