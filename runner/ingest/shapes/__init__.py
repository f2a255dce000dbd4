"""Every shape a mapping may give, by name, each after those it points to."""

from __future__ import annotations

from collections.abc import Mapping

from runner.ingest.shape import Shape
from runner.ingest.shapes import conduct, market, reference, statements
from runner.ingest.shapes.balances import BALANCE
from runner.ingest.shapes.events import EVENT
from runner.ingest.shapes.fills import FILL
from runner.ingest.shapes.lots import LOT
from runner.ingest.shapes.orders import ORDER
from runner.ingest.shapes.requests import REQUEST
from runner.ingest.shapes.signals import SIGNAL

SHAPES: Mapping[str, Shape] = {
    shape.name: shape
    for shape in (
        *reference.SHAPES,
        SIGNAL,
        REQUEST,
        ORDER,
        EVENT,
        FILL,
        LOT,
        *market.SHAPES,
        *statements.SHAPES,
        BALANCE,
        *conduct.SHAPES,
    )
}
