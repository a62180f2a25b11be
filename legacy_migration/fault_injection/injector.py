"""How does a clean dump come to be spoiled? Kind after kind at consumers that no other fault has touched.

Belongs here: choosing consumers, the list of what was done, the order of work. Does not belong here: what each kind
does to the files (`spoiling`), looking for it (`judging`).
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from legacy_migration.fault_injection.dump_tables import DumpTable, Row
from legacy_migration.fault_injection.kinds import CONFUSED_COLUMN, catalogue
from legacy_migration.synthetic_utility import layouts

_KWH_MIN: Final = 100
_KWH_STEP_MIN: Final = 5


@dataclass(frozen=True)
class InjectedFault:
    """One fault: where it stands, the old keys that must be named, what was written, what would have been right.

    `touched` are other keys that the fault may make doubtful too: whoever complains of them complains of the fault.
    `row` is None where a row is missing.
    """

    kind: str
    file: str
    row: int | None
    keys: tuple[str, ...]
    written: str
    truth: str
    touched: frozenset[str] = frozenset()


@dataclass
class Consumer:
    """A household whose rows are plain: one account, one meter, a reading and a charge for every month."""

    key: str
    res: str
    number: str
    account: Row
    meters: list[Row] = field(default_factory=list)
    readings: list[Row] = field(default_factory=list)
    charges: list[Row] = field(default_factory=list)
    openings: list[Row] = field(default_factory=list)
    payments: list[tuple[DumpTable, Row]] = field(default_factory=list)


class Dump:
    """The tables of a dump and its plain consumers, each given out once."""

    def __init__(self, root: Path, random_choice: random.Random) -> None:
        self.root, self.random = root, random_choice
        self._tables: dict[str, DumpTable] = {}
        self._noted: list[tuple[InjectedFault, DumpTable | None, Row | None]] = []
        everybody = dict(self._consumers())
        for table in self._registers():
            for row in table.rows:
                payer = everybody.get(f"{row['OS_RAH_B']}/{row['OS_RAH_N']}")
                if payer:
                    payer.payments.append((table, row))
        self.free = [consumer for consumer in everybody.values() if self._is_plain(consumer)]
        self.random.shuffle(self.free)
        self.numbers = {consumer.key for consumer in everybody.values()}

    def table(self, name: str, encoding: str = layouts.HOUSEHOLD_ENCODING) -> DumpTable:
        """A file of the dump, read once."""
        if name not in self._tables:
            self._tables[name] = DumpTable(self.root, name, encoding)
        return self._tables[name]

    def of(self, consumer: Consumer, name: str) -> DumpTable:
        """A file of the consumer's RES."""
        return self.table(f"household/{consumer.res}/{name}.DBF")

    def _registers(self) -> Iterable[DumpTable]:
        for path in sorted((self.root / "payments").glob("*.DBF")):
            yield self.table(f"payments/{path.name}", layouts.PAYMENT_ENCODING)

    def _consumers(self) -> Iterable[tuple[str, Consumer]]:
        for folder in sorted((self.root / "household").iterdir()):
            res, of_number = folder.name, defaultdict(list)
            for row in self.table(f"household/{res}/ABON.DBF").rows:
                of_number[number_of(row)].append(row)
            here = {
                number: Consumer(f"{res}/{number}", res, number, rows[0])
                for number, rows in of_number.items()
                if len(rows) == 1
            }
            for name, rows_of in (
                ("LICH", "meters"),
                ("POKAZ", "readings"),
                ("NARAH", "charges"),
                ("SALDO", "openings"),
            ):
                path = f"household/{res}/{name}.DBF"
                if (self.root / path).is_file():
                    for row in self.table(path).rows:
                        getattr(here[number_of(row)], rows_of).append(row)
            yield from ((consumer.key, consumer) for consumer in here.values())

    @staticmethod
    def _is_plain(consumer: Consumer) -> bool:
        kwh = [int(row["KWH"]) for row in consumer.charges]
        return (
            len(consumer.meters) == 1
            and not consumer.meters[0]["DZN"].strip()
            and len(consumer.readings) == len(consumer.charges) + 1
            and len(kwh) > 1
            and min(kwh) >= _KWH_MIN
            # Months that are nearly alike could be exchanged without anybody's loss.
            and all(abs(one - next_one) >= _KWH_STEP_MIN for one, next_one in pairwise(kwh))
            and int(consumer.readings[-1]["POKAZ"]) > int(consumer.readings[0]["POKAZ"])
        )

    def take(self, consumer: Consumer) -> None:
        """Nobody else may touch the consumer."""
        self.free.remove(consumer)

    def note(
        self,
        kind: str,
        table: DumpTable,
        row: Row | None,
        keys: Iterable[str],
        written: str,
        truth: str,
        touched: Iterable[str] = (),
    ) -> None:
        """Put down a fault; its row number is known when all is done."""
        fault = InjectedFault(kind, table.name, None, tuple(keys), written, truth, frozenset(touched))
        self._noted.append((fault, table, row))

    def save(self) -> list[InjectedFault]:
        """Write the changed files; the faults with their rows as they stand now."""
        for table in self._tables.values():
            table.save()
        return [
            replace(fault, row=table.row_no(row)) if table is not None and row is not None else fault
            for fault, table, row in self._noted
        ]


def number_of(row: Row) -> str:
    """The account number of a row as book/code, whatever the habit of the RES."""
    return row["RAH"] if "RAH" in row else f"{int(row['BOOK'])}/{int(row['CODE'])}"


def numbered(row: Row, number: str) -> dict[str, str]:
    """The cells that give a row another account number, written as the row writes its own."""
    if "RAH" in row:
        return {"RAH": number}
    book, code = number.split("/")
    return {"BOOK": book.zfill(len(row["BOOK"])), "CODE": code.zfill(len(row["CODE"]))}


def inject(root: Path, seed: int, count: int, kinds: Iterable[str] | None = None) -> list[InjectedFault]:
    """Put so many faults of each kind into the files of a clean dump; the same seed gives the same faults."""
    from legacy_migration.fault_injection.spoiling import SPOILERS, cut_memos  # noqa: PLC0415 - they need `Dump`

    wanted = [kind for kind in (kinds or catalogue()) if kind != CONFUSED_COLUMN]
    dump = Dump(root, random.Random(f"faults of {seed}"))  # noqa: S311 - to be repeated, not to be secret
    for kind in wanted:
        if kind == "truncated_memo":
            cut_memos(dump, count)
            continue
        left = count
        for consumer in list(dump.free):
            if not left:
                break
            if consumer in dump.free and SPOILERS[kind](dump, consumer):
                left -= 1
        if left:
            raise ValueError(f"{root}: no consumer is left for {left} faults of kind {kind}; take a larger dump")
    return dump.save()
