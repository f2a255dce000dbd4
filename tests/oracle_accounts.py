"""What accounts made, in the currency they report in, and every conversion on the way there.

In plain `decimal` Python, over the books of tests/oracle.py and the rates of tests/oracle_rates.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle import Ledger, total

PARTS = ("realized_gross_pnl", "fees_paid", "funding", "unrealized_pnl")


class Accounts:
    """Tables about the accounts of a ledger; `reporting` is the currency each reports in."""

    def __init__(self, ledger: Ledger, reporting: Mapping[str, str | None]) -> None:
        self.ledger = ledger
        self.reporting = reporting

    def account_pnl(self) -> dict[Any, dict[str, Any]]:
        """Keys are (account, settlement currency)."""
        groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for (account, instrument_id), row in self.ledger.positions().items():
            groups[account, self.ledger.instruments[instrument_id].settlement].append(row)
        return {key: self._reported(key, rows) for key, rows in groups.items()}

    def _reported(self, key: tuple[str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        """What an account made in one currency, there and in the currency it reports in."""
        account, currency = key
        reporting = self.reporting.get(account)
        at = max((t.event_at for t in self.ledger.ticks), default=None)
        rate = None
        if at and reporting and reporting != currency:
            rate = self.ledger.rates.at(currency, reporting, at)

        def convert(amount: Decimal | None) -> Decimal | None:
            if amount is None or reporting == currency or (reporting and not amount):
                return amount
            return rate and rate.convert(amount)

        parts = {name: total(row[name] for row in rows) for name in PARTS}
        reported = {f"reporting_{name}": convert(amount) for name, amount in parts.items()}
        return {
            **parts,
            **reported,
            "net_pnl": _net(parts, ""),
            "total_pnl": _sum(_net(parts, ""), parts["unrealized_pnl"]),
            "reporting_currency": reporting,
            "reporting_net_pnl": _net(reported, "reporting_"),
            "reporting_total_pnl": _sum(
                _net(reported, "reporting_"), reported["reporting_unrealized_pnl"]
            ),
            "rated_at": rate.rated_at if rate else None,
            "via_currency": rate.via if rate else None,
        }

    def account_totals(self) -> dict[Any, dict[str, Any]]:
        by_account: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for (account, _), row in self.account_pnl().items():
            by_account[account].append(row)
        names = ("realized_gross_pnl", "fees_paid", "funding", "net_pnl", "total_pnl")
        return {
            account: {
                "reporting_currency": self.reporting.get(account),
                **{name: total(row[f"reporting_{name}"] for row in rows) for name in names},
            }
            for account, rows in by_account.items()
        }

    def currency_conversions(self) -> dict[Any, dict[str, Any]]:
        """Keys are ids of fills and movements."""
        rows = {}
        for paid in self.ledger.funding:
            settlement = self.ledger.instruments[paid.instrument_id].settlement
            if paid.amount and paid.currency != settlement:
                pair, at = (paid.currency, settlement), paid.occurred_at
                rows[paid.movement_id] = self._conversion(pair, at, paid.amount)
        for fill in self.ledger.effective:
            i = self.ledger.instruments[fill.instrument_id]
            known = {i.settlement}
            if i.settlement in (i.base, i.quote):
                known |= {i.base, i.quote}  # the fill's own price converts between them
            if fill.fee and fill.fee_currency and fill.fee_currency not in known:
                pair, at = (fill.fee_currency, i.settlement), fill.executed_at
                rows[fill.fill_id] = self._conversion(pair, at, fill.fee)
        return rows

    def _conversion(self, pair: tuple[str, str], at: datetime, amount: Decimal) -> dict[str, Any]:
        rate = self.ledger.rates.at(*pair, at)
        converted = rate and rate.convert(amount)
        first, second = (*(rate.legs if rate else ()), None, None)[:2]
        return {
            "converted_amount": converted,
            "via_currency": rate and rate.via,
            "first_instrument_id": first and first.instrument_id,
            "is_first_inverted": first and first.is_inverted,
            "first_price": first and first.price,
            "second_instrument_id": second and second.instrument_id,
            "is_second_inverted": second and second.is_inverted,
            "second_price": second and second.price,
            "rated_at": rate and rate.rated_at,
            "rate_age_seconds": rate and int((at - rate.rated_at).total_seconds()),
            "missing_reason": None
            if converted is not None
            else self.ledger.rates.missing_reason(*pair, at),
        }


def _net(parts: Mapping[str, Decimal | None], prefix: str) -> Decimal | None:
    fees = parts[f"{prefix}fees_paid"]
    gross, funding = parts[f"{prefix}realized_gross_pnl"], parts[f"{prefix}funding"]
    return _sum(gross, None if fees is None else -fees, funding)


def _sum(*parts: Decimal | None) -> Decimal | None:
    return total(parts)
