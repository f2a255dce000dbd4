"""Equity, trades and statistics in plain `decimal` Python: what the SQL models are compared with.

Written from docs/performance.md, over the books of `tests.oracle`, by brute force wherever the
models take a shortcut: every tick of a trade is looked at, and what stood open on a past day is
found by a ledger that ends there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any

from tests.oracle import (
    STEP,
    WIDE,
    ZERO,
    Fill,
    Funding,
    Instrument,
    Ledger,
    Tick,
    clamped,
    divide,
    exactly,
    harmonic_price,
    prorate,
    rounded,
    total,
)

Key = tuple[str, str]
Row = dict[str, Any]
Rows = dict[Any, Row]
DAY = timedelta(days=1)
LARGEST = 5 * 10**13
AMOUNTS = ("realized_gross_pnl", "fees", "funding", "unrealized_pnl", "equity")


@dataclass
class Trade:
    key: Key
    instrument: Instrument
    number: int
    sign: int
    opened_at: datetime
    entries: list[tuple[Decimal, Decimal]] = field(default_factory=list)  # quantity, price
    exits: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    fees: list[Decimal | None] = field(default_factory=list)
    funding: list[Decimal | None] = field(default_factory=list)
    gross: Decimal = ZERO
    held: Decimal = ZERO
    most_held: Decimal = ZERO
    closed_at: datetime | None = None

    def enter(self, quantity: Decimal, price: Decimal, fee: Decimal | None) -> None:
        self.entries.append((quantity, price))
        self.fees.append(fee)
        self.held += quantity
        self.most_held = max(self.most_held, self.held)

    def leave(self, quantity: Decimal, price: Decimal, fee: Decimal | None, at: datetime) -> None:
        self.exits.append((quantity, price))
        self.fees.append(fee)
        self.held -= quantity
        if not self.held:
            self.closed_at = at

    @property
    def seconds(self) -> Decimal | None:
        if self.closed_at is None:
            return None
        return Decimal((self.closed_at - self.opened_at) // timedelta(microseconds=1)).scaleb(-6)


class Performance:
    """What the models of daily PnL, trades and statistics say of a ledger.

    `fills` are all that were recorded, also those that no longer count; `reporting` the currencies
    that accounts report in.
    """

    def __init__(
        self,
        ledger: Ledger,
        fills: Iterable[Fill],
        reporting: Mapping[str, str | None] | None = None,
    ) -> None:
        self.ledger = ledger
        moments = [f.executed_at for f in fills] + [p.occurred_at for p in ledger.funding]
        self.first_day = min(moments).date()  # and the first with rates
        self.last_day = max(moments + [t.event_at for t in ledger.ticks]).date()
        self.reporting = reporting or {}
        self.active = {key: self._active_days(key) for key in ledger.books}
        self.days = self._ledger_days()
        self.daily = {key: list(self._daily(key)) for key in ledger.books}
        self.trades = [trade for key in ledger.books for trade in self._trades(key)]

    # days

    def _paid(self, key: Key) -> list[Funding]:
        return [f for f in self.ledger.funding if (f.account_id, f.instrument_id) == key]

    def _active_days(self, key: Key) -> set[date]:
        fills = {f.executed_at.date() for f in self.ledger.books[key].fills}
        return fills | {p.occurred_at.date() for p in self._paid(key)}

    def _ticks(self, i: Instrument) -> list[Tick]:
        return [t for t in self.ledger.ticks if t.instrument_id == i.instrument_id]

    def _ledger_days(self) -> list[date]:
        known = set().union(*self.active.values()) | {t.event_at.date() for t in self.ledger.ticks}
        count = (self.last_day - self.first_day).days + 1
        return sorted(known | {self.first_day + DAY * n for n in range(count)})

    def _book_days(self, key: Key) -> list[date]:
        active = self.active[key]
        if not active:
            return []
        held = sum((self.ledger.change(f) for f in self.ledger.books[key].fills), ZERO)
        ticks = [t.event_at.date() for t in self._ticks(self.ledger.books[key].instrument)]
        last = max([*active, *(ticks if held else [])])
        return [day for day in self.days if min(active) <= day <= last]

    def _mark(self, i: Instrument, day: date) -> Tick | None:
        seen = [t for t in self._ticks(i) if t.event_at.date() <= day]
        return max(seen, key=lambda t: (t.event_at, t.tick_id), default=None)

    def _spent(self, i: Instrument, fills: Iterable[Fill]) -> Decimal:
        """What a day's fills were worth, bought less sold, in settlement currency."""
        with localcontext(WIDE):
            if i.kind == "INVERSE":
                sizes = ((rounded(self.ledger.change(f) * i.multiplier), f.price) for f in fills)
                return sum((divide(size, price) or ZERO for size, price in sizes), ZERO)
            quoted = sum((self.ledger.change(f) * f.price for f in fills), ZERO)
            return rounded(rounded(quoted) * i.multiplier)

    def _worth(self, i: Instrument, quantity: Decimal, price: Decimal) -> Decimal:
        with localcontext(WIDE):
            size = rounded(quantity * i.multiplier)
            return divide(size, price) or ZERO if i.kind == "INVERSE" else rounded(size * price)

    def _daily(self, key: Key) -> Iterator[Row]:
        book, ledger = self.ledger.books[key], self.ledger
        i, peak = book.instrument, ZERO
        held = spent = gross_so_far = ZERO
        fees_so_far: list[Decimal | None] = []
        funding_so_far: list[Decimal | None] = []
        for day in self._book_days(key):
            fills = [f for f in book.fills if f.executed_at.date() == day]
            closed = [m for m in book.matches if m.closing.executed_at.date() == day]
            fees = [ledger.fee(f) for f in fills]
            funding = [ledger.paid(p) for p in self._paid(key) if p.occurred_at.date() == day]
            gross = sum((m.gross for m in closed), ZERO)
            held += sum((ledger.change(f) for f in fills), ZERO)
            spent += self._spent(i, fills)
            gross_so_far += gross
            fees_so_far += fees
            funding_so_far += funding
            mark = self._mark(i, day)
            unrealized: Decimal | None = ZERO
            if held:
                gain = self._worth(i, held, mark.mid) - spent if mark else None
                sign = -1 if i.kind == "INVERSE" else 1
                unrealized = None if gain is None else sign * gain - gross_so_far
            net = _net(gross_so_far, fees_so_far, funding_so_far)
            equity = total([net, unrealized])
            peak = max(peak, equity or ZERO)
            reason = None if unrealized is not None else "POSITION_WITHOUT_MARK"
            if total(fees_so_far) is None:
                unknown: str | None = "FEE_WITHOUT_RATE"
            else:
                unknown = "FUNDING_WITHOUT_RATE" if total(funding_so_far) is None else reason
            yield {
                "pnl_date": day,
                "fill_count": sum(f.order_id != "" for f in fills),
                "closed_quantity": sum((m.quantity for m in closed), ZERO),
                "realized_gross_pnl": gross,
                "fees": total(fees),
                "funding": total(funding),
                "net_pnl": _net(gross, fees, funding),
                "position_quantity": held,
                "mark_price": mark.mid if mark else None,
                "marked_at": mark.event_at if mark else None,
                "unrealized_pnl": unrealized,
                "unrealized_reason": reason,
                "cumulative_net_pnl": net,
                "equity": equity,
                "equity_reason": unknown,
                "peak_equity": peak,
                "drawdown": None if equity is None else equity - peak,
                "drawdown_ratio": None if equity is None else divide(equity - peak, peak),
                "currency": i.settlement,
                "pnl_method": book.method,
            }

    def daily_pnl(self) -> Rows:
        return {(*key, str(r["pnl_date"])): r for key, rows in self.daily.items() for r in rows}

    def unrealized_of_lots(self, key: Key, day: date) -> Decimal | None:
        """Of each lot open at the day's close, valued as `positions` values them: no identity."""
        book = self.ledger.books[key]
        known = [f for f in book.fills if f.executed_at.date() <= day]
        instruments = list(self.ledger.instruments.values())
        lots = [f for f in known if f.fill_id in self.ledger.brought]
        fills = [f for f in known if f.fill_id not in self.ledger.brought]
        then = Ledger(instruments, fills, self.ledger.ticks, lots=lots, method=book.method)
        mark = self._mark(book.instrument, day)
        if key not in then.books:
            return ZERO
        still_open = then._open(then.books[key]).values()
        return total(then._unrealized(book, lot, mark and mark.mid) for lot in still_open)

    def rounding_bound(self, key: Key) -> Decimal:
        """As docs/performance.md states it."""
        book = self.ledger.books[key]
        prices = [f.price for f in book.fills]
        prices += [t.mid for t in self._ticks(book.instrument)]
        highest = max(map(abs, prices), default=ZERO)
        count = len(book.fills) + len(book.matches) + len(self.ledger._open(book))
        return STEP * count * (1 + highest + book.instrument.multiplier)

    # accounts

    @cached_property
    def equity(self) -> Rows:
        settled: Rows = {}
        for (account, currency), books in self._books_by_currency().items():
            accounts_days = {
                row["pnl_date"] for (a, _), rows in self.daily.items() if a == account
                for row in rows
            }  # fmt: skip
            first = min(rows[0]["pnl_date"] for rows in books)
            for day in sorted(day for day in accounts_days if day >= first):
                last = [r for rows in books if (r := _last(rows, day))]
                today = [row for row in last if row["pnl_date"] == day]
                settled[account, "SETTLEMENT", currency, str(day)] = {
                    "realized_gross_pnl": sum((row["realized_gross_pnl"] for row in today), ZERO),
                    "fees": total(row["fees"] for row in today),
                    "funding": total(row["funding"] for row in today),
                    "unrealized_pnl": total(row["unrealized_pnl"] for row in last),
                    "equity": total(row["equity"] for row in last),
                }
                row = settled[account, "SETTLEMENT", currency, str(day)]
                row["equity_reason"] = "UNKNOWN_BOOK" if row["equity"] is None else None
        rows = {**settled, **self._reported_days(settled)}
        peaks: dict[Any, Decimal] = defaultdict(lambda: ZERO)
        for key in sorted(rows):
            row, of = rows[key], key[:3]
            peaks[of] = max(peaks[of], row["equity"] or ZERO)
            row["peak_equity"] = peaks[of]
            row["drawdown"] = None if row["equity"] is None else row["equity"] - peaks[of]
            row["net_pnl"] = _net(row["realized_gross_pnl"], [row["fees"]], [row["funding"]])
        return rows

    def account_equity(self) -> Rows:
        return self.equity

    def _books_by_currency(self) -> dict[Key, list[list[Row]]]:
        books: dict[Key, list[list[Row]]] = defaultdict(list)
        for (account, _), rows in self.daily.items():
            if rows:
                books[account, rows[0]["currency"]].append(rows)
        return books

    def _reported(self, amount: Decimal | None, from_: str, to: str, day: date) -> Decimal | None:
        if not amount or from_ == to:  # nothing is nothing in any currency
            return amount
        if day < self.first_day:
            return None
        rate = self.ledger.rates.at(from_, to, datetime.combine(day, time.max))
        return rate and rate.convert(amount)

    def _reported_days(self, settled: Rows) -> Rows:
        parts: dict[Any, list[Row]] = defaultdict(list)
        for (account, _, currency, day), row in settled.items():
            if to := self.reporting.get(account):
                at = date.fromisoformat(day)
                part = {name: self._reported(row[name], currency, to, at) for name in AMOUNTS}
                parts[account, "REPORTING", to, day].append(part | {"known": row["equity_reason"]})
        return {key: self._reported_day(rows) for key, rows in parts.items()}

    def _reported_day(self, rows: list[Row]) -> Row:
        day: Row = {name: total(row[name] for row in rows) for name in AMOUNTS}
        unknown = [row["known"] for row in rows if row["known"]]
        missing = "NO_RATE" if day["equity"] is None else None
        return day | {"equity_reason": unknown[0] if unknown else missing}

    # trades

    def _trades(self, key: Key) -> list[Trade]:
        book, ledger = self.ledger.books[key], self.ledger
        listed: list[Trade] = []
        for fill in book.fills:
            change = ledger.change(fill)
            if not change:
                continue
            sign, left, fee = (1 if change > 0 else -1), abs(change), ledger.fee(fill)
            now = listed[-1] if listed and listed[-1].held else None
            if now and now.sign != sign:
                out = min(left, now.held)
                part = ledger.fee_share(fill, left, ZERO, out)
                now.leave(out, fill.price, part, fill.executed_at)
                now.gross += sum((m.gross for m in book.matches if m.closing is fill), ZERO)
                fee = None if fee is None or part is None else fee - part
                left -= out
            if left:
                if now is None or now.sign != sign:
                    now = Trade(key, book.instrument, len(listed) + 1, sign, fill.executed_at)
                    listed.append(now)
                now.enter(left, fill.price, fee)
        for payment in self._paid(key):
            if opened := [t for t in listed if t.opened_at <= payment.occurred_at]:
                opened[-1].funding.append(ledger.paid(payment))
        return listed

    def trade_rows(self) -> Rows:
        return {(*t.key, str(t.number)): self._trade(t) for t in self.trades}

    def _trade(self, t: Trade) -> Row:
        i = t.instrument
        mids = [
            k.mid for k in self._ticks(i)
            if k.mid > 0 and t.opened_at <= k.event_at
            and (t.closed_at is None or k.event_at <= t.closed_at)
        ]  # fmt: skip
        seen = [price for _, price in t.entries + t.exits] + mids
        entered = sum((quantity for quantity, _ in t.entries), ZERO)
        entry = self._price(t, t.entries)
        size = rounded(WIDE.multiply(entered, i.multiplier))
        reason = None if mids else "NO_TICK"
        if mids and i.kind != "INVERSE" and size * (max(seen) - min(seen)) >= LARGEST:
            reason = "TOO_LARGE"
        gains = [self._gain(i, size, t.sign, entry, price) for price in (min(seen), max(seen))]
        return {
            "direction": "LONG" if t.sign > 0 else "SHORT",
            "is_open": t.closed_at is None,
            "opened_at": t.opened_at,
            "closed_at": t.closed_at,
            "holding_seconds": t.seconds,
            "fill_count": len(t.entries) + len(t.exits),
            "entry_quantity": entered,
            "exit_quantity": sum((quantity for quantity, _ in t.exits), ZERO),
            "max_quantity": t.most_held,
            "entry_price": entry,
            "exit_price": self._price(t, t.exits) if t.closed_at else None,
            "gross_pnl": t.gross,
            "fees": total(t.fees),
            "funding": total(t.funding),
            "net_pnl": _net(t.gross, t.fees, t.funding),
            "lowest_price": min(seen),
            "highest_price": max(seen),
            "mae": None if reason else min(gains),
            "mfe": None if reason else max(gains),
            "excursion_reason": reason,
            "currency": i.settlement,
        }

    @exactly
    def _price(self, t: Trade, legs: list[tuple[Decimal, Decimal]]) -> Decimal:
        held, of = sum((q for q, _ in legs), ZERO), t.instrument.multiplier
        if t.instrument.kind == "INVERSE":
            return harmonic_price(rounded(held * of), [(rounded(q * of), p) for q, p in legs])
        mean = divide(sum((q * p for q, p in legs), ZERO), held)
        assert mean is not None
        return clamped(mean, [p for _, p in legs])

    def _gain(
        self, i: Instrument, size: Decimal, sign: int, entry: Decimal, price: Decimal
    ) -> Decimal:
        with localcontext(WIDE):
            if i.kind == "INVERSE":
                return sign * ((divide(size, entry) or ZERO) - (divide(size, price) or ZERO))
            return rounded(sign * (price - entry) * size)

    # statistics

    def account_statistics(self) -> Rows:
        groups: dict[Any, list[Row]] = {}
        for (account, _), book in self.ledger.books.items():
            groups[account, "SETTLEMENT", book.instrument.settlement] = []
            if to := self.reporting.get(account):
                groups[account, "REPORTING", to] = []
        order = sorted(self.trades, key=lambda t: (str(t.closed_at), t.opened_at, t.key, t.number))
        for t in order:
            row, currency = self._trade(t), t.instrument.settlement
            groups[t.key[0], "SETTLEMENT", currency].append(row)
            if to := self.reporting.get(t.key[0]):
                day = (t.closed_at or t.opened_at).date()
                reported = {
                    name: self._reported(row[name], currency, to, day)
                    for name in ("gross_pnl", "fees", "funding", "mae", "mfe")
                }
                if None in (reported["mae"], reported["mfe"]):
                    reported["mae"] = reported["mfe"] = None
                fees, funding = [reported["fees"]], [reported["funding"]]
                reported["net_pnl"] = _net(reported["gross_pnl"], fees, funding)
                groups[t.key[0], "REPORTING", to].append({**row, **reported})
        return {key: self._statistics(key, rows) for key, rows in groups.items()}

    def _statistics(self, key: Any, rows: list[Row]) -> Row:
        closed = [row for row in rows if not row["is_open"]]
        known = [row["net_pnl"] for row in closed if row["net_pnl"] is not None]
        wins, losses = [n for n in known if n > 0], [n for n in known if n < 0]
        maes = [row["mae"] for row in closed if row["mae"] is not None]
        mfes = [row["mfe"] for row in closed if row["mfe"] is not None]
        won, lost = _average(wins), _average(losses)
        reason = "NO_TRADE" if not closed else None
        if len(known) < len(closed):
            reason = "UNKNOWN_NET_PNL"
        needs_all = {
            "total_win": sum(wins, ZERO),
            "total_loss": sum(losses, ZERO),
            "win_rate": divide(Decimal(len(wins)), Decimal(len(closed))),
            "profit_factor": divide(sum(wins, ZERO), -sum(losses, ZERO)),
            "expectancy": _average(known),
            "average_win": won,
            "average_loss": lost,
            "payoff_ratio": _payoff(wins, losses),
            "largest_win": max(wins, default=None),
            "largest_loss": min(losses, default=None),
            "longest_winning_run": _longest(known, 1),
            "longest_losing_run": _longest(known, -1),
            "average_winning_seconds": _average(
                [r["holding_seconds"] for r in closed if (r["net_pnl"] or ZERO) > 0]
            ),
            "average_losing_seconds": _average(
                [r["holding_seconds"] for r in closed if (r["net_pnl"] or ZERO) < 0]
            ),
        }
        return {
            "trade_count": len(closed),
            "open_trade_count": len(rows) - len(closed),
            "unknown_trade_count": len(closed) - len(known),
            "win_count": len(wins),
            "loss_count": len(losses),
            "break_even_count": len(known) - len(wins) - len(losses),
            **{
                name: total(row[name] for row in closed)
                for name in ("gross_pnl", "fees", "funding", "net_pnl")
            },
            **{name: None if reason else value for name, value in needs_all.items()},
            "average_holding_seconds": _average([row["holding_seconds"] for row in closed]),
            "profit_factor_reason": reason or (None if losses else "NO_LOSS"),
            "statistics_reason": reason,
            "excursion_trade_count": len(maes),
            "average_mae": _average(maes),
            "average_mfe": _average(mfes),
            "largest_mae": min(maes, default=None),
            "largest_mfe": max(mfes, default=None),
            **self._drawdown(key),
        }

    def _drawdown(self, key: Any) -> Row:
        days = [
            (date.fromisoformat(of[3]), row) for of, row in sorted(self.equity.items())
            if of[:3] == key and row["drawdown"] is not None
        ]  # fmt: skip
        if not days:
            return {"max_drawdown": None, "drawdown_reason": "UNKNOWN_EQUITY"}
        trough, worst = min(days, key=lambda pair: (pair[1]["drawdown"], pair[0]))
        peak, fell = worst["peak_equity"], worst["drawdown"] < 0
        before = [day for day, row in days if fell and day < trough and row["equity"] == peak]
        after = [day for day, row in days if fell and day > trough and row["equity"] >= peak]
        return {
            "max_drawdown": worst["drawdown"],
            "drawdown_peak_date": max(before, default=None),
            "drawdown_trough_date": trough if fell else None,
            "drawdown_recovery_date": min(after, default=None),
            "drawdown_reason": None,
        }


def _net(
    gross: Decimal | None, fees: Iterable[Decimal | None], funding: Iterable[Decimal | None]
) -> Decimal | None:
    less, more = total(fees), total(funding)
    return None if gross is None or less is None or more is None else gross - less + more


def _last(rows: list[Row], day: date) -> Row | None:
    known = [row for row in rows if row["pnl_date"] <= day]
    return known[-1] if known else None


def _payoff(wins: list[Decimal], losses: list[Decimal]) -> Decimal | None:
    """Average win over average loss, rounded once."""
    if not wins or not losses:
        return None
    with localcontext(WIDE):
        return prorate(sum(wins, ZERO), Decimal(len(losses)), -sum(losses, ZERO) * len(wins))


def _average(values: list[Decimal]) -> Decimal | None:
    return divide(sum(values, ZERO), Decimal(len(values)))


def _longest(nets: list[Decimal], sign: int) -> int:
    longest = run = 0
    for net in nets:
        run = run + 1 if net * sign > 0 else 0
        longest = max(longest, run)
    return longest
