"""Which RES a question about readings is asked for: those under a unit, or all that the user may see."""

import psycopg


def res_ids_of(session: psycopg.Connection, unit_code: str | None) -> list[int]:
    """The RES under the unit, or every one that the signed-in user sees where none is named.

    Raises:
        psycopg.Error: with the sentence of ops.refuse where there is no such unit; wrap in `refusals`.
    """
    if unit_code is None:
        return session.execute("SELECT ops.visible_res_ids()").fetchone()[0]
    rows = session.execute("SELECT res_id FROM ops.res_under(ops.find_unit(%s), current_date)", [unit_code])
    return [row[0] for row in rows]
