"""Which rows do not meet an expectation? The one place that imports Great Expectations, and only when it judges.

Importing it costs seconds and nothing else may pay for them, so it is imported when a `Judge` is made. It sees one
batch at a time and answers with the rows that fail; shares and sums over batches are ours (`scan`).
"""

import os
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from legacy_migration.expectations.rules import Expectation, Where

EPOCH = date(1970, 1, 1)
"""Dates go to the judge as days since then: old programs hold years that other calendars cannot."""


class Judge:
    """Evaluates expectations on a frame of rows; made once for all batches of a check."""

    def __init__(self, named: Mapping[str, date | int] | None = None) -> None:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it would tell a foreign server of each use
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import great_expectations as gx  # noqa: PLC0415 - see the head of this module
            import great_expectations.expectations as asked  # noqa: PLC0415

            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
            self._batches = asset.add_batch_definition_whole_dataframe("batch")
        self._gx, self._asked = gx, asked
        self._named = named or {}

    def failing(self, frame: Any, expectations: Sequence[Expectation]) -> dict[str, list[Any]]:  # noqa: ANN401
        """By code of the expectation the index labels of the rows of the frame that do not meet it."""
        found: dict[str, list[Any]] = {}
        by_where: dict[Where | None, list[Expectation]] = defaultdict(list)
        for expectation in expectations:
            by_where[expectation.where].append(expectation)
        for where, group in by_where.items():
            part = frame if where is None else frame[chosen(frame, where)]
            if len(part):
                found |= self._failing(part, group)
        return {expectation.code: found.get(expectation.code, []) for expectation in expectations}

    def _failing(self, frame: Any, expectations: Sequence[Expectation]) -> dict[str, list[Any]]:  # noqa: ANN401
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Each call has a suite of its own; equal expectations in one suite would be taken for one.
            suite = self._gx.ExpectationSuite(name="expected")
            for expectation in expectations:
                suite.add_expectation(self._as_asked(expectation))
            told = self._batches.get_batch(batch_parameters={"dataframe": frame}).validate(
                suite,
                result_format={
                    "result_format": "COMPLETE",
                    "include_unexpected_rows": False,
                    "return_unexpected_index_query": False,
                },
            )
        found = {}
        for result in told.results:
            if result.exception_info and result.exception_info.get("raised_exception"):
                raise RuntimeError(result.exception_info.get("exception_message"))
            code = result.expectation_config.meta["code"]
            if "unexpected_count" not in result.result:
                raise RuntimeError(f"{code} could not be judged: {result.exception_info}")
            found[code] = list(result.result.get("unexpected_index_list") or [])
        return found

    def _as_asked(self, expectation: Expectation) -> Any:  # noqa: ANN401 - a class of Great Expectations
        asked, column, wanted = self._asked, expectation.column, expectation.wanted
        meta = {"code": expectation.code}
        if expectation.kind == "between":
            return asked.ExpectColumnValuesToBeBetween(
                column=column,
                min_value=self._number(wanted.get("at_least")),
                max_value=self._number(wanted.get("at_most")),
                meta=meta,
            )
        if expectation.kind == "one_of":
            return asked.ExpectColumnValuesToBeInSet(column=column, value_set=list(wanted), meta=meta)
        if expectation.kind == "matches":
            return asked.ExpectColumnValuesToMatchRegex(column=column, regex=wanted, meta=meta)
        if expectation.kind == "not_matches":
            return asked.ExpectColumnValuesToNotMatchRegex(column=column, regex=wanted, meta=meta)
        if expectation.kind == "filled":
            return asked.ExpectColumnValuesToNotBeNull(column=column, meta=meta)
        if expectation.kind == "blank":
            return asked.ExpectColumnValuesToBeNull(column=column, meta=meta)
        if expectation.kind == "equals":
            return asked.ExpectColumnPairValuesToBeEqual(
                column_A=column, column_B=wanted, ignore_row_if="either_value_is_missing", meta=meta
            )
        higher, lower = (column, wanted) if expectation.kind == "not_below" else (wanted, column)
        return asked.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=higher, column_B=lower, or_equal=True, ignore_row_if="either_value_is_missing", meta=meta
        )

    def _number(self, told: Decimal | date | str | int | None) -> float | None:
        if isinstance(told, str):
            told = self._named[told]
        if isinstance(told, date):
            return float((told - EPOCH).days)
        return None if told is None else float(told)


def chosen(frame: Any, where: Where) -> Any:  # noqa: ANN401 - a frame and a series of pandas
    """Which rows of the frame the condition is about."""
    column = frame[where.column]
    if where.one_of:
        return column.isin(where.one_of)
    if where.same_as is not None:
        return column.notna() & (column == frame[where.same_as])
    return column.notna() & (column > float(where.above or 0))


def checked(frame: Any, expectation: Expectation) -> Any:  # noqa: ANN401
    """Which rows of the frame the expectation says something about: blanks say nothing, except where they are asked."""
    mask = frame[expectation.column].notna() | (expectation.kind in ("filled", "blank"))
    if expectation.kind in ("not_below", "not_above", "equals"):
        mask &= frame[expectation.wanted].notna()
    return mask if expectation.where is None else mask & chosen(frame, expectation.where)
