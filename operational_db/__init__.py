"""The transactional truth: settings, connections, the embedded server, the schema, reference data and every
transactional rule, one folder per subsystem.

Reports, screens and orchestration do not belong here. Import the submodules directly; this package runs
nothing on import.
"""
