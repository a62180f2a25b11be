"""Forms of a month for the supplier and each of its regions."""

from collections.abc import Iterator

import dagster as dg

from orchestration.monthly_forms import issue_for_units, marts_by_form
from orchestration.months import MONTHS, month_of_partition
from orchestration.workplace import REASON, Workplace


def _form(form_code: str, marts: list[str]) -> dg.AssetsDefinition:
    key = dg.AssetKey(["forms", form_code])

    @dg.multi_asset(
        name=f"form_{form_code}",
        specs=[dg.AssetSpec(key, deps=[["marts", mart] for mart in marts], kinds={"excel"})],
        check_specs=[
            dg.AssetCheckSpec("control_rules_hold", asset=key, blocking=True),
            dg.AssetCheckSpec("expectations_that_stop_are_met", asset=key, blocking=True),
        ],
        partitions_def=MONTHS,
        group_name="forms",
    )
    def issued(
        context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """The form as a workbook for the supplier and each region."""
        forms = issue_for_units(workplace, form_code, month_of_partition(context.partition_key))
        yield dg.MaterializeResult(asset_key=key, metadata={"workbooks": len(forms.paths)})
        yield dg.AssetCheckResult(
            check_name="control_rules_hold",
            asset_key=key,
            passed=not forms.refused,
            metadata={REASON: " ".join(forms.refused)},
        )
        yield dg.AssetCheckResult(
            check_name="expectations_that_stop_are_met",
            asset_key=key,
            passed=not forms.unexpected,
            metadata={REASON: " ".join(forms.unexpected)},
        )

    return issued


forms = [_form(form_code, marts) for form_code, marts in marts_by_form().items()]
