"""What the venue says about alpha: all of it true, but for one break of each type."""

from __future__ import annotations

from collections import defaultdict, deque
from decimal import Decimal

from tests.demo.funding import effective_fills
from tests.demo.market import END, INSTRUMENTS, START, D
from tests.demo.world import EIGHT_PLACES, Row, World, iso, text

ACCOUNT, VENUE = "alpha", "northex"


def state(world: World) -> None:
    head = {
        "venue": VENUE,
        "account": ACCOUNT,
        "period_start": iso(START),
        "period_end": iso(END),
    }
    world.add("canonical-statements", **head)
    fills = [f for f in effective_fills(world) if f["account"] == ACCOUNT]
    _orders(world, head, fills)
    _fills(world, head, fills)
    _balances(world, head, fills)


def _orders(world: World, head: Row, fills: list[Row]) -> None:
    by_order: defaultdict[str, list[Row]] = defaultdict(list)
    for fill in fills:
        by_order[fill["order_id"]].append(fill)
    orders = [o for o in world.orders if o.account == ACCOUNT and o.status not in ("FAILED",)]
    cancelled = next(o for o in orders if o.status == "CANCELLED" and not o.fills)
    for order in orders:
        filled, average = _average(by_order[order.number])
        # break: the venue says EXPIRED where the ledger says CANCELLED
        status = "EXPIRED" if order is cancelled else order.status
        world.add(
            "canonical-statement-orders",
            **head,
            order_id=order.number,
            symbol=order.instrument.symbol,
            side=order.side,
            quantity=text(order.quantity),
            filled_quantity=text(filled),
            average_price=text(average),
            status=status,
            venue_status="",
            reported_at=iso(END),
        )
    filled, average = _average(by_order["ext-0001"])
    world.add(
        "canonical-statement-orders",
        **head,
        order_id="ext-0001",
        symbol="ETH-USDT",
        side="BUY",
        quantity=text(filled),
        filled_quantity=text(filled),
        average_price=text(average),
        status="FILLED",
        venue_status="",
        reported_at=iso(END),
    )


def _average(fills: list[Row]) -> tuple[Decimal, Decimal | None]:
    filled = sum((D(f["quantity"]) for f in fills), D(0))
    if not filled:
        return filled, None
    worth = sum((D(f["quantity"]) * D(f["price"]) for f in fills), D(0))
    return filled, (worth / filled).quantize(D("0.000000000001"))


def _fills(world: World, head: Row, fills: list[Row]) -> None:
    """Each of the last fills that are alone in their order carries one break."""
    counts: defaultdict[str, int] = defaultdict(int)
    for fill in fills:
        counts[fill["order_id"]] += 1
    single = [f for f in fills if counts[f["order_id"]] == 1 and f["symbol"] == "BTC-PERP"][-7:]
    missing, quantity, price, fee, currency, double, _ = (f["fill_id"] for f in single)
    for fill in fills:
        row = {**head, **{k: fill[k] for k in (
            "symbol", "order_id", "fill_id", "side", "quantity", "price", "fee_amount",
            "fee_currency", "executed_at")}}  # fmt: skip
        if fill["fill_id"] == missing:
            continue  # MISSING_EXCHANGE
        if fill["fill_id"] == quantity:
            row["quantity"] = text(D(row["quantity"]) - 1)
        if fill["fill_id"] == price:
            row["price"] = text(D(row["price"]) + D("0.3"))
        if fill["fill_id"] == fee:
            row["fee_amount"] = text(D(row["fee_amount"]) + D("0.01"))
        if fill["fill_id"] == currency:
            row["fee_currency"] = "BNB"
        world.add("canonical-statement-fills", **row)
        if fill["fill_id"] == double:
            world.add("canonical-statement-fills", **row)
    last = fills[-1]
    world.add(
        "canonical-statement-fills",
        **head,
        symbol="BTC-PERP",
        order_id="ord-9001",
        fill_id="fill-9001",
        side="BUY",
        quantity="3",
        price="64100",
        fee_amount="0.09615",
        fee_currency="USDT",
        executed_at=last["executed_at"],
    )  # MISSING_LOCAL


def _balances(world: World, head: Row, fills: list[Row]) -> None:
    balances = _settled(world, fills)
    for currency, amount in sorted(balances.items()):
        wrong = D("12.5") if currency == "USDT" else D(0)  # BALANCE
        world.add(
            "canonical-statement-balances",
            **head,
            kind="BALANCE",
            currency=currency,
            symbol="",
            amount=text(amount + wrong),
            stated_at=iso(END),
        )
    position = sum(
        (D(f["quantity"]) * (1 if f["side"] == "BUY" else -1)
         for f in fills if f["symbol"] == "BTC-PERP"),
        D(0),
    )  # fmt: skip
    world.add(
        "canonical-statement-balances",
        **head,
        kind="POSITION",
        currency="",
        symbol="BTC-PERP",
        amount=text(position + 1),
        stated_at=iso(END),
    )  # POSITION


def _settled(world: World, fills: list[Row]) -> dict[str, Decimal]:
    """Cash by currency: deposits and funding, spot trades, realised PnL (FIFO), fees."""
    cash: defaultdict[str, Decimal] = defaultdict(D)
    for _, account, currency, amount in world.moves:
        if account == ACCOUNT:
            cash[currency] += amount
    lots: defaultdict[str, deque[list[Decimal]]] = defaultdict(deque)
    for fill in fills:
        instrument = INSTRUMENTS[fill["symbol"]]
        signed = D(fill["quantity"]) * (1 if fill["side"] == "BUY" else -1)
        price = D(fill["price"])
        cash[fill["fee_currency"]] -= D(fill["fee_amount"])
        if instrument.kind == "SPOT":
            cash[instrument.base] += signed
            cash[instrument.quote] -= signed * price
        else:
            realized = _match(lots[fill["symbol"]], signed, price)
            cash[instrument.settle] += realized * instrument.multiplier
    assert all(amount == amount.quantize(EIGHT_PLACES) for amount in cash.values())
    return dict(cash)


def _match(lots: deque[list[Decimal]], signed: Decimal, price: Decimal) -> Decimal:
    """Close lots first in, first out; what is left opens one. PnL per unit of multiplier."""
    realized = D(0)
    while signed and lots and (lots[0][0] > 0) != (signed > 0):
        closing = min(abs(signed), abs(lots[0][0]))
        direction = 1 if lots[0][0] > 0 else -1
        realized += closing * (price - lots[0][1]) * direction
        lots[0][0] -= closing * direction
        signed += closing * direction
        if not lots[0][0]:
            lots.popleft()
    if signed:
        lots.append([signed, price])
    return realized
