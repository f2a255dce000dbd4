"""Exact decimals: what a fact may hold, and how a source's text becomes one.

A fact's money is DECIMAL(38,12): at most 26 digits before the point and 12 after it. A source with
more decimals is rounded half away from zero and says so; one with more digits, or that is no finite
decimal number, is refused.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

SCALE = 12
PRECISION = 38
INTEGER_DIGITS = PRECISION - SCALE
QUANTUM = Decimal(1).scaleb(-SCALE)

CONTEXT = decimal.Context(
    prec=120,
    rounding=decimal.ROUND_HALF_UP,  # half away from zero, as every engine here rounds
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)

# how a number that leaves the digits of money is mended, on every engine
TOO_LARGE = (
    "look for a quantity, price, fee or multiplier far too large; a wrong fill is mended by "
    "appending a BUST or a CORRECTION of it, wrong terms by restating them"
)


def to_text(value: Decimal) -> str:
    """Plain positional text, never an exponent.

    >>> to_text(Decimal("1E-7"))
    '0.0000001'
    """
    return format(value, "f")


def plain(value: Decimal) -> str:
    """As `to_text`, without the zeros that only fill the scale.

    >>> plain(Decimal("12.500000000000")), plain(Decimal("100")), plain(Decimal("0.000"))
    ('12.5', '100', '0')
    """
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
