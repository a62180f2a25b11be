"""The PostgreSQL server under Wattbook: where it comes from, its life, its copies, its health.

What is stored in it (schema, roles, rows) does not belong here, nor how other packages connect
(`operational_db.connections`).
"""

from operational_db.server.binaries import bin_path
from operational_db.server.life_cycle import ServerInfo, ServerStatus, reset, start, status, stop

__all__ = ["ServerInfo", "ServerStatus", "bin_path", "reset", "start", "status", "stop"]
