"""Numbers with a point, of files whose values end in SQL."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


class Written(float):
    """A float for whoever calculates with it, and the digits that stood in its file as text.

    >>> f"{Written('0.12345678901234567890')} {Written('1_0.5e-5')} {Written('0.5') * 2}"
    '0.12345678901234567890 0.000105 1.0'
    """

    def __new__(cls, text: str) -> Written:
        plain = text.replace("_", "").lower()
        made = super().__new__(cls, plain.replace(".inf", "inf").replace(".nan", "nan"))
        try:
            exact = Decimal(plain)
            made._text = format(exact, "f") if exact.is_finite() else str(float(made))
        except InvalidOperation:  # as YAML writes infinity
            made._text = str(float(made))
        return made

    _text: str

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(float(self), spec) if spec else self._text
