"""The small columns in a tile: the last thirteen months of one number, without axes.

Drawn as an SVG mask, so that the page's own text colour fills it, on screen, in the dark and on paper.
"""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import quote

_WIDTH, _HEIGHT, _GAP = 104, 24, 2


def spark_mask(values: Sequence[Decimal | None], provisional: Sequence[bool]) -> str:
    """A CSS `url(...)` of columns on a common base; unknown months stay empty, provisional ones are lighter."""
    known = [value for value in values if value is not None]
    top, bottom = max([*known, Decimal(0)]), min([*known, Decimal(0)])
    span = float(top - bottom) or 1.0
    step = _WIDTH / len(values)
    columns = []
    for position, (value, is_provisional) in enumerate(zip(values, provisional, strict=True)):
        if value is None:
            continue
        upper = (float(top) - max(float(value), 0.0)) / span * (_HEIGHT - 1)
        height = max(abs(float(value)) / span * (_HEIGHT - 1), 1.0)
        columns.append(
            f'<rect x="{position * step:.1f}" y="{upper:.1f}" width="{step - _GAP:.1f}" height="{height:.1f}"'
            f' opacity="{0.4 if is_provisional else 1}"/>'
        )
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">'
        f"{''.join(columns)}</svg>"
    )
    return f'url("data:image/svg+xml,{quote(drawing)}")'
