"""Which facts a number too large may come of: the database says only what it was making."""

from __future__ import annotations

from decimal import Decimal

from runner.engines.base import Engine
from runner.errors import EngineError
from runner.money import TOO_LARGE, plain

_FILLS = "order_fills"
_AMOUNTS = ("quantity", "price", "abs(fee_amount)")


def with_largest_fills(error: EngineError, engine: Engine) -> EngineError:
    """The error, and the fills of the largest quantity, price and fee, where it is about such."""
    if error.mend != TOO_LARGE or not engine.has_relation(_FILLS):
        return error
    found: dict[str, None] = {}
    for amount in _AMOUNTS:
        answer = engine.query(
            "select fill_id, account_id, instrument_id, quantity, price, fee_amount "
            f"from {_FILLS} order by {amount} desc, quantity desc, fill_id limit 1"
        )
        for fill_id, account, instrument, quantity, price, fee in answer.rows:
            size, at, cost = (plain(Decimal(str(a))) for a in (quantity, price, fee))
            named = f"{fill_id} of {account} in {instrument} ({size} at {at}, fee {cost})"
            found[named] = None
    if found:
        largest = f"the largest fills are {', '.join(found)}"
        error.why = f"{error.why}; {largest}" if error.why else largest
        error.mend = f"`runner trace order ID` of one tells the file it came in; {TOO_LARGE}"
    return error
