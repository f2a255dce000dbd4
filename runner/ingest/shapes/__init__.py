"""Every shape a mapping may give, by name."""

from __future__ import annotations

from collections.abc import Mapping

from runner.ingest.shape import Shape
from runner.ingest.shapes import conduct, market, orders, reference, statements

SHAPES: Mapping[str, Shape] = {
    shape.name: shape
    for shape in (
        *reference.SHAPES,
        *orders.SHAPES,
        *market.SHAPES,
        *statements.SHAPES,
        *conduct.SHAPES,
    )
}
