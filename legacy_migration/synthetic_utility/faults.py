"""What is wrong with the files, on purpose?

Belongs here: the kinds of planted faults and how often they come, the choice of their victims, the list of
those planted. Does not belong here: writing the faulty rows (each file's module does), finding them (the
migration must).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault, its number per household (or legal consumer, or payment), the accounts that one needs."""

    code: str
    rate: float
    accounts: int
    meaning: str
    is_always_planted: bool = True  # else only when asked for: no rule of a migration tells it yet


HOUSEHOLD_FAULTS: Final = (
    FaultKind("lost_letters", 0.003, 1, "ABON.FIO: letters that the code page lacks became question marks"),
    FaultKind("duplicate_account", 0.001, 1, "ABON: the same row twice"),
    FaultKind(
        "contradicting_account",
        0.0005,
        1,
        "ABON: one account number on two rows with different people and houses",
    ),
    FaultKind("deleted_account", 0.002, 1, "ABON: a former holder's row, flagged deleted"),
    FaultKind("account_without_street", 0.002, 1, "ABON.KVUL: zero, or a code that STREET.DBF does not have"),
    FaultKind("unknown_tariff", 0.0005, 1, "ABON.TAR: a code that KAT.DBF does not have"),
    FaultKind("blank_contract_date", 0.003, 1, "ABON.DOGOVOR: blank"),
    FaultKind("zero_installation_date", 0.002, 1, "LICH.DUST: eight zeros"),
    FaultKind("orphan_meter", 0.001, 1, "LICH: a meter of an account that ABON does not have"),
    FaultKind("orphan_reading", 0.001, 1, "POKAZ: a reading of an account that ABON does not have"),
    FaultKind("duplicate_serial", 0.0005, 2, "LICH and POKAZ: two accounts with one serial number"),
    FaultKind("reading_slip", 0.001, 1, "POKAZ.POKAZ: lower than the reading before, by a slip of the pen"),
    FaultKind(
        "register_rollover",
        0.001,
        1,
        "POKAZ.POKAZ: lower than the reading before, rightly: the register went over",
    ),
    FaultKind("deleted_reading", 0.002, 1, "POKAZ: a wrong reading, flagged deleted"),
    FaultKind("unreadable_reading", 0.0005, 1, "POKAZ.POKAZ: asterisks instead of a number"),
    FaultKind("charge_with_comma", 0.0005, 1, "NARAH.SUMA: a comma instead of the point"),
    FaultKind("consumption_overflow", 0.0005, 1, "NARAH.KWH: asterisks instead of a number"),
    FaultKind("swapped_charges", 0.0005, 2, "NARAH.SUMA: the amounts of two accounts of one month exchanged"),
    FaultKind("swapped_openings", 0.0005, 2, "SALDO.DEB: the debts of two accounts of one year exchanged"),
)
LEGAL_FAULTS: Final = (
    FaultKind("legal_unreadable_reading", 0.002, 1, "LEGAL_POKAZ.POKAZ: asterisks instead of a number"),
    FaultKind("legal_orphan_reading", 0.002, 1, "LEGAL_POKAZ: a reading of a contract that LEGAL.CSV does not have"),
)
PAYMENT_TO_UNKNOWN_ACCOUNT: Final = FaultKind(
    "payment_to_unknown_account", 0.005, 1, "payments: RES or account number that no database has"
)
PAYMENT_SENT_TWICE: Final = FaultKind("payment_sent_twice", 0.001, 1, "payments: the row of one receipt twice")

TRUNCATED_MEMO: Final = FaultKind("truncated_memo", 0, 1, "DOGOVOR.PRIM: the memo file ends inside the last memo")
LOST_OPENING: Final = FaultKind(
    "lost_opening", 0, 1, "SALDO.XLSX: a row that the total counts is not there; the row named is that of the total"
)
LATE_FAULTS: Final = (
    FaultKind("charge_sign", 0.0005, 1, "NARAH.SUMA: with a minus in front"),
    FaultKind("charge_thousandfold", 0.0005, 1, "NARAH.SUMA: a thousand times what it is"),
    FaultKind("energy_in_mwh", 0.0005, 1, "NARAH.KWH: in MWh"),
    FaultKind("charge_month_shifted", 0.0005, 1, "NARAH.MES: the row of the second month carries the first"),
    FaultKind("charge_columns_swapped", 0.0005, 1, "NARAH: SUMA holds the balance, SALDO the charge"),
    FaultKind("homoglyph_name", 0.001, 1, "ABON.FIO: a Latin letter that looks like the Cyrillic one"),
    FaultKind("misread_name", 0.0005, 1, "ABON.FIO: bytes of cp1251 among those of cp866"),
    FaultKind("glued_address", 0.0005, 1, "ABON.FLAT: house and flat in one, HOUSE 0", is_always_planted=False),
    FaultKind(
        "wrong_tariff_code", 0.0005, 1, "ABON.TAR: a code of KAT.DBF that is not theirs", is_always_planted=False
    ),
    FaultKind("leading_zero_account", 0.0005, 1, "NARAH.RAH: the number with leading zeros", is_always_planted=False),
)
"""Cells of one RES spoiled in its finished files (`late_faults`)."""
NEGATIVE_PAYMENT: Final = FaultKind(
    "negative_payment", 0, 1, "payments: the amount with a minus in front, its package as if without", False
)
ENCODING_CONFUSION: Final = FaultKind(
    "encoding_confusion", 0, 1, "ABON.FIO of the last RES: the whole column in cp1251, the others in cp866", False
)

ALL_KINDS: Final = (
    *HOUSEHOLD_FAULTS,
    *LEGAL_FAULTS,
    PAYMENT_TO_UNKNOWN_ACCOUNT,
    PAYMENT_SENT_TWICE,
    TRUNCATED_MEMO,
    LOST_OPENING,
    *LATE_FAULTS,
    NEGATIVE_PAYMENT,
    ENCODING_CONFUSION,
)


class Fault(NamedTuple):
    """One planted fault: where it stands, what was written and what would have been right."""

    kind: str
    file: str
    row: int
    key: str
    field: str
    written: str
    truth: str


@dataclass
class FaultList:
    """Every fault planted so far."""

    faults: list[Fault] = field(default_factory=list)
    are_planted: bool = True

    def add(
        self,
        kind: str,
        file: str,
        row: int,
        key: str,
        field_name: str = "",
        written: object = "",
        truth: object = "",
    ) -> None:
        """Put down one fault of a kind in the catalogue."""
        self.faults.append(Fault(kind, file, int(row), key, field_name, str(written), str(truth)))

    def count_by_kind(self) -> dict[str, int]:
        """How many of each kind, in the order of the catalogue."""
        counts = Counter(fault.kind for fault in self.faults)
        return {kind.code: counts[kind.code] for kind in ALL_KINDS}


def choose_victims(
    kinds: tuple[FaultKind, ...],
    candidates: np.ndarray,
    population: int,
    district_ordinal: int,
    districts: int,
    rng: np.random.Generator,
    *,
    are_planted: bool = True,
) -> Mapping[str, np.ndarray]:
    """Different accounts for every fault, so that none hides another; each kind occurs at least once in the company.

    In a clean utility (`are_planted` false) nobody is a victim.
    """
    shuffled = rng.permutation(candidates)
    victims: dict[str, np.ndarray] = {}
    taken = 0
    for index, kind in enumerate(kinds):
        wanted = int(kind.rate * population + rng.random())
        if index % districts == district_ordinal:
            wanted = max(wanted, 1)
        if not are_planted:
            wanted = 0
        size = min(wanted * kind.accounts, (len(shuffled) - taken) // kind.accounts * kind.accounts)
        victims[kind.code] = shuffled[taken : taken + size]
        taken += size
    victims["untouched"] = shuffled[taken:]
    return victims
