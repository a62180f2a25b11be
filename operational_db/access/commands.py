"""Operations on users and rights. Each is one transaction; each is refused in one sentence."""

from datetime import date

from operational_db.connections import Role, connect
from operational_db.refusal import Refusal
from operational_db.refused import refusals
from operational_db.settings import Settings


def create_user(settings: Settings, *, login: str, full_name: str, group_code: str, unit_code: str, by: str) -> int:
    """Add a person to a group with rights over a unit and all under it; returns the user's id.

    Adding the same person to the same group and unit again changes nothing.

    Raises:
        Refusal: unknown group or unit, or `by` may not administer that unit.
    """
    with connect(settings, Role.APP, user=by) as session, refusals():
        unit_id = session.execute("SELECT ops.find_unit(%s)", [unit_code]).fetchone()[0]
        session.execute("SELECT ops.require_right(%s, 'administer', %s)", [by, unit_id])
        if not session.execute("SELECT 1 FROM ops.user_group WHERE group_code = %s", [group_code]).fetchone():
            known = session.execute("SELECT string_agg(group_code, ', ' ORDER BY 1) FROM ops.user_group").fetchone()[0]
            raise Refusal(f'There is no group "{group_code}"; known groups are {known}.')
        session.execute(
            "INSERT INTO ops.app_user (login, full_name) VALUES (%s, %s) ON CONFLICT (login) DO NOTHING",
            [login, full_name],
        )
        user_id = session.execute("SELECT user_id FROM ops.app_user WHERE login = %s", [login]).fetchone()[0]
        session.execute(
            "INSERT INTO ops.membership (user_id, group_code, unit_id, valid_from) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT ON CONSTRAINT membership_overlap_ex DO NOTHING",
            [user_id, group_code, unit_id, date(2000, 1, 1)],
        )
    return user_id
