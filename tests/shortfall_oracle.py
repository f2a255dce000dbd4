"""Implementation shortfall in plain fractions: the money half of execution_oracle."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle import Fill, Instrument


def rounded(x: Fraction, places: int = 12) -> Decimal:
    """Half away from zero."""
    scaled = abs(x) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if x >= 0 else -whole).scaleb(-places)


def costs(i: Instrument, sign: int, row: dict[str, Any], fills: list[Fill]) -> dict[str, Any]:
    """The money columns of order_slippage, from its quantities and prices in `row`."""
    inverse = i.kind == "INVERSE"
    cost_sign = -sign if inverse else sign

    def size(quantity: Decimal) -> Fraction:
        return Fraction(rounded(Fraction(quantity) * Fraction(i.multiplier)))

    def value(quantity: Decimal, price: Decimal) -> Decimal:
        if inverse:
            return rounded(size(quantity) / Fraction(price))
        return rounded(size(quantity) * Fraction(price))

    if inverse:
        notional = sum((value(f.quantity, f.price) for f in fills), Decimal(0))
    else:
        notional = rounded(sum((size(f.quantity) * Fraction(f.price) for f in fills), Fraction(0)))
    known_fees = all(f.fee == 0 or f.fee_currency == i.settlement for f in fills)
    fees = sum((f.fee for f in fills), Decimal(0)) if known_fees else None
    s, u = row["filled_quantity"], row["unexecuted_quantity"]
    arrival, sent, end = row["arrival_mid"], row["sent_mid"], row["end_mid"]
    no_quantity = "NO_QUANTITY" if u is None else None
    no_fees = None if known_fees else "NO_RATE"
    why = {
        "delay": no_quantity or row["arrival_reason"] or row["sent_reason"],
        "trading": row["sent_reason"] if s else None,
        "opportunity": no_quantity or ((row["sent_reason"] or row["end_reason"]) if u else None),
        "fees": no_fees,
        "shortfall": no_quantity
        or row["arrival_reason"]
        or (row["end_reason"] if u else None)
        or no_fees,
        "return": no_quantity or row["arrival_reason"] or row["end_reason"] or no_fees,
    }
    found: dict[str, Any] = {f"{name}_reason": reason for name, reason in why.items()}
    found |= dict.fromkeys(
        ["trading_delay_cost", "opportunity_delay_cost", "delay_cost", "trading_cost",
         "opportunity_cost", "implementation_shortfall", "implementation_shortfall_bps",
         "market_activity_shortfall", "paper_notional", "paper_return", "actual_return"]
    )  # fmt: skip
    found["fees"] = fees
    if why["delay"] is None:
        found["trading_delay_cost"] = cost_sign * (value(s, sent) - value(s, arrival))
        found["opportunity_delay_cost"] = cost_sign * (value(u, sent) - value(u, arrival))
        found["delay_cost"] = found["trading_delay_cost"] + found["opportunity_delay_cost"]
    if why["trading"] is None:
        found["trading_cost"] = cost_sign * (notional - value(s, sent)) if s else Decimal(0)
    if why["opportunity"] is None:
        missed = cost_sign * (value(u, end) - value(u, sent)) if u else Decimal(0)
        found["opportunity_cost"] = missed
    market = [found["trading_cost"], found["opportunity_cost"], fees]
    found["market_activity_shortfall"] = None if None in market else sum(market)
    if no_quantity is None and row["arrival_reason"] is None:
        found["paper_notional"] = value(s, arrival) + value(u, arrival)
    if why["shortfall"] is None:
        # Perold: what the paper portfolio gains, less what the actual one does
        held = value(u, end) - value(u, arrival) if u else Decimal(0)
        shortfall = cost_sign * (notional - value(s, arrival) + held) + fees
        found["implementation_shortfall"] = shortfall
        paper = abs(found["paper_notional"])
        found["implementation_shortfall_bps"] = (
            rounded(Fraction(shortfall) * 10_000 / Fraction(paper)) if paper else None
        )
    if why["return"] is None:
        at_end = value(s, end) + value(u, end)
        found["paper_return"] = cost_sign * (at_end - found["paper_notional"])
        found["actual_return"] = found["paper_return"] - found["implementation_shortfall"]
    return found
