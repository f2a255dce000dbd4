"""Random ledgers: accounts whose few books see shorts, flips, odd fees and amended fills."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.models.facts import EPOCH, uid
from tests.oracle import ZERO, Fill, Funding, Instrument, Tick

METHODS = ("fifo", "lifo", "hifo", "average")
INSTRUMENTS = [
    Instrument("BTC/USDT", "SPOT", "BTC", "USDT", "USDT"),
    Instrument("BNB/USDT", "SPOT", "BNB", "USDT", "USDT"),
    Instrument("USDT/EUR", "SPOT", "USDT", "EUR", "EUR"),
    Instrument("BTC/USDT:USDT", "LINEAR", "BTC", "USDT", "USDT", Decimal("0.0010")),
    Instrument("ETH/USDT:USDT", "LINEAR", "ETH", "USDT", "USDT"),
    Instrument("BTC/USD:BTC", "INVERSE", "BTC", "USD", "BTC", Decimal(100)),
    Instrument("BNB/USDT:USDT", "LINEAR", "BNB", "USDT", "USDT"),
    # ways from BNB to BTC and EUR other than through USDT
    Instrument("BNB/BTC", "SPOT", "BNB", "BTC", "BTC"),
    Instrument("BTC/EUR", "SPOT", "BTC", "EUR", "EUR"),
]
SPREAD = "BNB/USDT:USDT"  # traded at prices below zero, too
SECONDS = 20  # short, so that many fills share a moment


class History:
    """A random ledger of `accounts` accounts with up to `length` fills each, and some amendments.

    Drawn from a seed rather than value by value, which Hypothesis takes twenty times as long for;
    a failure still shrinks in length, and the seed reproduces it. `methods` names a method for
    four accounts in five.
    """

    def __init__(self, seed: int, length: int, accounts: int = 3) -> None:
        self.number = 0
        self.random = Random(seed)
        self.methods = {}
        self.fills: list[Fill] = []
        self.lots: list[Fill] = []
        self.funding: list[Funding] = []
        self.reporting: dict[str, str | None] = {}  # what an account reports in
        for n in range(accounts):
            account = f"A{n}"
            self.reporting[account] = self.random.choice(["EUR", "USDT", "BTC", None])
            if n % 5 < 4:
                self.methods[account] = METHODS[n % 5]
            traded = self.random.sample(INSTRUMENTS, self.random.randint(1, 3))
            fills = [
                self._fill(account, self.random.choice(traded))
                for _ in range(self.random.randint(1, length))
            ]
            amendments = self.random.randint(0, len(fills) // 5)
            self.fills += fills + [self._amendment(fills) for _ in range(amendments)]
            self.lots += [
                replace(self._fill(account, self.random.choice(traded)), fee=ZERO, order_id="")
                for _ in range(self.random.choice((0, 0, 0, 2)))
            ]
            self.funding += [
                self._funding(account, traded) for _ in range(self.random.choice((0, 0, 2)))
            ]
        self.ticks = [
            Tick(i.instrument_id, self._price(), at, uid("tick", i.instrument_id, at))
            for i in self.random.sample(INSTRUMENTS, self.random.randint(0, len(INSTRUMENTS)))
            for at in sorted({self._moment() for _ in range(self.random.randint(0, 6))})
        ]

    def _decimal(self, low: str, high: str, places: int) -> Decimal:
        step = Decimal(1).scaleb(-places)
        return self.random.randint(int(Decimal(low) / step), int(Decimal(high) / step)) * step

    def _moment(self) -> Any:
        return EPOCH + timedelta(seconds=self.random.randint(0, SECONDS))

    def _quantity(self) -> Decimal:
        shapes = [("1", "9", 0)] * 3 + [("0.001", "50", 3)] * 2
        shapes += [("0.000000000001", "3", 12), ("1", "90000000", 4)]
        return self._decimal(*self.random.choice(shapes))

    def _price(self, instrument_id: str = "") -> Decimal:
        shapes = [("1", "12", 0), ("0.01", "99999", 8)]
        if instrument_id == SPREAD:
            shapes = [("-6", "6", 0)]
        return self._decimal(*self.random.choice(shapes))

    def _fee(self) -> Decimal:
        shapes = [("0", "0", 0), ("-0.5", "0.9", 3), ("-2", "5", 12), ("-20000", "990000", 12)]
        return self._decimal(*self.random.choice(shapes))

    def _id(self) -> str:
        return uid(self.random.random())

    def _number(self) -> str:
        """As venues count what they execute: of as many digits as it takes."""
        self.number += 1
        return str(self.number)

    def _fill(self, account: str, i: Instrument) -> Fill:
        side, at = self.random.choice(["BUY", "SELL"]), self._moment()
        quantity, fee = self._quantity(), self._fee()
        currencies = [i.base, i.quote, *[i.settlement] * 5, "BNB", "XYZ", "EUR", "USD"]
        currency = self.random.choice(currencies)
        if fee == 0 and self.random.random() < 0.3:
            currency = None
        if quantity < 100 and self.random.random() < 0.03:  # a fee in kind that leaves nothing
            fee, currency = quantity, i.base
        return Fill(
            self._id(),
            uid("order", account, i.instrument_id, side, self.random.randint(0, 3)),
            account,
            i.instrument_id,
            side,
            quantity,
            self._price(i.instrument_id),
            fee,
            currency,
            at,
            at,
            liquidity=self.random.choice(["MAKER", "TAKER", None]),
            venue_id=self._number(),
        )

    def _amendment(self, fills: list[Fill]) -> Fill:
        target = self.random.choice(fills)
        return Fill(
            **{
                **target.__dict__,
                "fill_id": self._id(),
                "venue_id": self._number(),
                "quantity": self._quantity(),
                "price": self._price(target.instrument_id),
                "kind": self.random.choice(["BUST", "CORRECTION"]),
                "corrects": target.fill_id,
                "recorded_at": target.recorded_at + timedelta(seconds=self.random.randint(0, 3)),
            }
        )

    def _funding(self, account: str, traded: list[Instrument]) -> Funding:
        i = self.random.choice(traded)
        currency = self.random.choice([i.settlement] * 4 + ["BNB", "XYZ"])
        return Funding(account, i.instrument_id, self._fee(), currency, self._moment(), self._id())
