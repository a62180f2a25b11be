"""How is a utility of any size generated? RES after RES, each from its own random stream, so that memory
holds one at a time.

Belongs here: the order of work and the summary. Does not belong here: what any file contains.
"""

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Final

import numpy as np

from operational_db.refusal import Refusal

from .account_file import write_accounts
from .charges import FIRST_MONTH_KNOWN
from .company import District, design_company
from .contract_file import write_contracts
from .dictionary_files import write_dictionaries
from .faults import ALL_KINDS, ENCODING_CONFUSION, NEGATIVE_PAYMENT
from .grid_files import FeederBook, write_grid_files
from .half_hours import MeasuredPoint, write_half_hours
from .household_database import HouseholdDatabase
from .households import Households, invent_households
from .late_faults import LateFaults, confuse_encoding, negate_payment
from .legal import LegalConsumers, invent_legal, large_consumers
from .legal_files import write_legal_files
from .meter_files import write_meters, write_readings
from .money_files import write_charges, write_openings
from .months import Months
from .network import Hanging, Losses, build_network, hang_consumers, sum_by, technical_losses
from .payments import PaymentRegister
from .settlement import settle_households
from .truth import FileTotals, Truth, truth_folder

ACCOUNTS_MIN: Final = 200
MONTHS_MAX: Final = 36
_DUMP_FOLDERS: Final = ("household", "legal", "grid", "askue", "payments")
_RES_PER_PACKAGE, _ACCOUNTS_PER_PACKAGE = 10, 25_000

Progress = Callable[[int, int], None]


class _Purpose(IntEnum):
    """Each kind of work draws from a stream of its own: adding one to a file must not shuffle the others."""

    COMPANY = 0
    HANGING = 1
    HOUSEHOLDS = 2
    LEGAL = 3
    NETWORK = 4
    MONEY = 5
    PAYMENTS = 6
    ROW_ORDER = 7
    HALF_HOURS = 8
    LEGAL_FAULTS = 9
    LATE_FAULTS = 10


@dataclass(frozen=True)
class GenerationSummary:
    """What was generated, for one screen; `paid_minor` is what consumers sent, whether or not it found its account."""

    folder: Path
    truth_folder: Path
    res: int
    households: int
    legal: int
    feeders: int
    transformer_points: int
    thieves: int
    files: int
    faults: dict[str, int]
    recorded_kwh: int
    charged_minor: int
    paid_minor: int


def generate(
    accounts: int,
    months: int,
    seed: int,
    out_dir: Path,
    first_month: date = date(2026, 1, 1),
    on_progress: Progress | None = None,
    extra_faults: Collection[str] = (),
    *,
    with_faults: bool = True,
) -> GenerationSummary:
    """Write the legacy files of an invented utility into `out_dir` and the truth beside it.

    The same arguments give the same bytes. `on_progress` is told how many accounts are done, and of how many.
    `extra_faults` names kinds of fault that are planted only when asked for. Without faults the utility is as clean as
    its programs should have left it; people still move, meters are still replaced, and some still steal.
    """
    _check(accounts, months, seed, first_month)
    _check_kinds(extra_faults, with_faults=with_faults)
    out_dir = Path(out_dir).absolute()
    make_room(out_dir)
    generation = _Generation(
        accounts, Months(first_month, months), seed, out_dir, frozenset(extra_faults), with_faults=with_faults
    )
    done = 0
    for district in generation.districts:
        generation.write_district(district)
        done += district.households + district.legal
        if on_progress:
            on_progress(done, accounts)
    return generation.finish()


def _check(accounts: int, months: int, seed: int, first_month: date) -> None:
    if accounts < ACCOUNTS_MIN:
        raise Refusal(
            f"A utility of {accounts} accounts is too small to hold every kind of fault; ask for {ACCOUNTS_MIN}"
            " or more, or take the 20-account utility."
        )
    if not 1 <= months <= MONTHS_MAX:
        raise Refusal(f"{months} months cannot be generated; ask for 1 to {MONTHS_MAX}.")
    if seed < 0:
        raise Refusal(f"Seed {seed} is negative; take a whole number from 0 on.")
    if first_month.day != 1 or first_month < FIRST_MONTH_KNOWN:
        raise Refusal(
            f"The first month {first_month} is not the first day of a month from {FIRST_MONTH_KNOWN} on, when the"
            " tariff that the old program charges by came into force; choose a later month."
        )


def _check_kinds(kinds: Collection[str], *, with_faults: bool) -> None:
    if kinds and not with_faults:
        raise Refusal(f"A utility without faults cannot have {', '.join(sorted(kinds))}; ask for one or the other.")
    known = {kind.code for kind in ALL_KINDS if not kind.is_always_planted}
    for code in kinds:
        if code not in known:
            raise Refusal(f'No fault "{code}" is planted on demand; there are {", ".join(sorted(known))}.')


def make_room(out_dir: Path) -> None:
    """Replace an earlier dump of ours; anything else in the folder is somebody's and stays."""
    truth = truth_folder(out_dir)
    try:
        if out_dir.is_dir() and any(out_dir.iterdir()) and not truth.is_dir():
            raise Refusal(
                f"{out_dir} is not empty and is no generated dump (there is no {truth.name} beside it);"
                " name another folder or empty it."
            )
        for folder in (*(out_dir / name for name in _DUMP_FOLDERS), truth):
            if folder.is_dir():
                shutil.rmtree(folder)
        truth.mkdir(parents=True)
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"{out_dir} cannot be written ({error.strerror}); check the path and the permissions.") from error


class _Generation:
    """One run: what must be kept from RES to RES."""

    def __init__(
        self,
        accounts: int,
        months: Months,
        seed: int,
        out_dir: Path,
        extra_faults: frozenset[str],
        *,
        with_faults: bool,
    ) -> None:
        self._has_faults = with_faults
        self._extra_faults = extra_faults
        self._accounts = accounts
        self._months = months
        self._seed = seed
        self._out_dir = out_dir
        self._truth = Truth(out_dir, are_planted=with_faults)
        self.districts = design_company(accounts, int(months.days.sum()), self._stream(_Purpose.COMPANY))
        self._payments = PaymentRegister(out_dir, months, self._truth)
        self._legal: list[LegalConsumers] = []
        self._feeder_books: list[FeederBook] = []
        self._legal_before = 0
        self._held_res, self._held_accounts = 0, 0
        self._thieves, self._recorded_kwh, self._charged_minor, self._paid_minor = 0, 0, 0, 0

    def _stream(self, purpose: _Purpose, ordinal: int = 0) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence((self._seed, purpose, ordinal))))

    def write_district(self, district: District) -> None:
        """Invent one RES, write its files and keep what the company's common files need."""
        months, ordinal = self._months, district.ordinal
        hanging = hang_consumers(
            district.households, large_consumers(district), self._stream(_Purpose.HANGING, ordinal)
        )
        home = invent_households(
            district,
            hanging,
            months,
            len(self.districts),
            self._stream(_Purpose.HOUSEHOLDS, ordinal),
            are_planted=self._has_faults,
        )
        legal = invent_legal(
            district,
            self._legal_before + 1,
            hanging.legal_tp,
            hanging.tp_feeder,
            months,
            self._stream(_Purpose.LEGAL, ordinal),
        )
        self._legal_before += district.legal
        self._legal.append(legal)
        money = settle_households(
            home, months, self._stream(_Purpose.MONEY, ordinal), are_planted=self._has_faults
        )

        order = self._stream(_Purpose.ROW_ORDER, ordinal)
        database = HouseholdDatabase(self._out_dir, home, months, self._truth)
        write_accounts(database, order)
        write_meters(database)
        write_readings(database, order)
        write_charges(database, money)
        write_openings(database, money)
        write_dictionaries(database)
        if self._has_faults:
            late = self._stream(_Purpose.LATE_FAULTS, ordinal)
            LateFaults(self._out_dir, district, self._truth).plant(len(self.districts), self._extra_faults, late)

        payments = self._stream(_Purpose.PAYMENTS, ordinal)
        self._payments.hold_households(home, money, payments)
        self._payments.hold_legal(legal, payments)
        self._held_res += 1
        self._held_accounts += district.households
        if self._held_res >= _RES_PER_PACKAGE or self._held_accounts >= _ACCOUNTS_PER_PACKAGE:
            self._write_packages()

        book, losses = self._feed(district, hanging, home, legal)
        self._write_half_hours(district, book, legal)
        self._tell_truth(home, legal, book, losses)
        self._recorded_kwh += int(home.energy.recorded_kwh.sum() + legal.kwh.sum())
        self._charged_minor += int(money.charge_minor.sum() + legal.settlement.charge_minor.sum())
        self._paid_minor += int(money.sent_minor.sum() + legal.settlement.sent_minor.sum())

    def _write_packages(self) -> None:
        self._payments.write_held()
        self._held_res, self._held_accounts = 0, 0

    def _feed(
        self, district: District, hanging: Hanging, home: Households, legal: LegalConsumers
    ) -> tuple[FeederBook, Losses]:
        """What must enter each feeder: true use and technical losses."""
        months = self._months
        tp_kwh = sum_by(home.energy.true_kwh, hanging.household_tp, hanging.tp_count)
        tp_kwh += sum_by(legal.kwh, hanging.legal_tp, hanging.tp_count)
        network = build_network(district, hanging, tp_kwh, months, self._stream(_Purpose.NETWORK, district.ordinal))
        losses = technical_losses(network, tp_kwh, months)
        true_use = sum_by(tp_kwh, network.tp_feeder, hanging.feeder_count)
        book = FeederBook(network, true_use + np.rint(losses.total).astype(np.int64))
        self._feeder_books.append(book)
        return book, losses

    def _write_half_hours(self, district: District, book: FeederBook, legal: LegalConsumers) -> None:
        points = [
            MeasuredPoint(book.point_code(feeder), book.network.feeder_code[feeder], False, book.intake_kwh[feeder])
            for feeder in np.flatnonzero(book.has_amr).tolist()
        ]
        points += [
            MeasuredPoint(legal.point_code(consumer), legal.contract(consumer), True, legal.kwh[consumer])
            for consumer in np.flatnonzero(legal.is_large).tolist()
        ]
        stream = self._stream(_Purpose.HALF_HOURS, district.ordinal)
        files, kwh = write_half_hours(self._out_dir, district, points, self._months, stream)
        if files:
            sums = {"files": files, "points": len(points), "kwh": kwh}
            self._truth.files.append(FileTotals(f"askue/{district.code}", files * len(points), 0, sums))

    def _tell_truth(self, home: Households, legal: LegalConsumers, book: FeederBook, losses: Losses) -> None:
        months, feeders = self._months, len(book.network.feeder_code)
        recorded = sum_by(home.energy.recorded_kwh, home.feeder, feeders) + sum_by(legal.kwh, legal.feeder, feeders)
        stolen = sum_by(home.energy.stolen_kwh, home.feeder, feeders)
        for feeder, code in enumerate(book.network.feeder_code):
            for month, label in enumerate(months.labels):
                self._truth.losses.append(
                    (
                        code, label, book.intake_kwh[feeder, month], recorded[feeder, month] + stolen[feeder, month],
                        recorded[feeder, month], stolen[feeder, month], f"{losses.no_load[feeder, month]:.3f}",
                        f"{losses.load[feeder, month]:.3f}", f"{losses.lines[feeder, month]:.3f}",
                    )
                )  # fmt: skip
        thieves = np.flatnonzero(home.energy.is_thief)
        self._thieves += len(thieves)
        for account in thieves:
            tp, feeder = (
                book.network.tp_code[home.tp[account]],
                book.network.feeder_code[home.feeder[account]],
            )
            for month, label in enumerate(months.labels):
                stolen_kwh = home.energy.stolen_kwh[account, month]
                if stolen_kwh:
                    true_kwh, recorded_kwh = (
                        home.energy.true_kwh[account, month],
                        home.energy.recorded_kwh[account, month],
                    )
                    self._truth.thefts.append(
                        (home.key(account), tp, feeder, label, true_kwh, recorded_kwh, stolen_kwh)
                    )

    def finish(self) -> GenerationSummary:
        """Write the files of the whole company and the truth."""
        if self._held_res:
            self._write_packages()
        self._payments.write_package_list()
        write_legal_files(self._out_dir, self._legal, self._months, self._truth, self._stream(_Purpose.LEGAL_FAULTS))
        write_contracts(self._out_dir, self._legal, self._months, self._truth)
        if ENCODING_CONFUSION.code in self._extra_faults:
            confuse_encoding(self._out_dir, self.districts[-1], self._truth)
        if NEGATIVE_PAYMENT.code in self._extra_faults:
            negate_payment(self._out_dir, self._truth)
        write_grid_files(self._out_dir, self._feeder_books, self._months, self._truth)
        households = sum(district.households for district in self.districts)
        counts = {
            "res": len(self.districts),
            "households": households,
            "legal": self._legal_before,
            "feeders": sum(len(book.network.feeder_code) for book in self._feeder_books),
            "transformer_points": sum(len(book.network.tp_code) for book in self._feeder_books),
            "thieves": self._thieves,
            "recorded_kwh": self._recorded_kwh,
            "charged_minor": self._charged_minor,
            "paid_minor": self._paid_minor,
        }
        parameters = {
            "accounts": self._accounts,
            "months": self._months.count,
            "seed": self._seed,
            "first_month": self._months.first.isoformat(),
        }
        self._truth.write(parameters, counts)
        return GenerationSummary(
            folder=self._out_dir,
            truth_folder=self._truth.folder,
            files=sum(totals.sums.get("files", 1) for totals in self._truth.files),
            faults=self._truth.faults.count_by_kind(),
            **counts,
        )
