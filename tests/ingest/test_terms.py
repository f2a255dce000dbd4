"""What a venue's row tells of an instrument's terms; what may be otherwise is not guessed."""

from __future__ import annotations

import json

from tests.ingest.conftest import Ledger
from tests.ingest.fix_messages import report

TERMS = (
    "select symbol, instrument_type, base_currency, quote_currency, "
    "cast(cast(multiplier as decimal(18, 2)) as varchar) from instruments order by symbol"
)
REFUSED = "select reason_code, reason from quarantine order by reason"


def undeclared(ledger: Ledger) -> list[str]:
    """Symbols that were refused because nobody declared their terms."""
    rows = ledger.rows(REFUSED)
    assert {code for code, _ in rows} <= {"unknown_instrument"}
    return [reason.split(" is known")[0].removeprefix("no instrument ") for _, reason in rows]


def test_nautilus_contracts_that_may_be_inverse_are_declared(duck: Ledger) -> None:
    """A fill's currency is that of its price (OrderFilled), of an inverse contract as well."""
    symbols = [
        ("BTCUSD-PERP.BINANCE", "USD"),
        ("XBTUSD.BITMEX", "USD"),
        ("BTC/USD.BITMEX", "USD"),
        ("PI_XBTUSD.KRAKEN", "USD"),
        ("BTCUSD-INVERSE.BYBIT", "USD"),
        ("BTC-USDT-SWAP.OKX", "USDT"),
        ("BTC-USD-PERP.DYDX", "USD"),
        ("MSOL.NYSE", "USD"),
        ("BTC-USDT.OKX", "USDT"),
        ("BTCUSDT-LINEAR.BYBIT", "USDT"),
        ("BTCUSDT-SPOT.BYBIT", "USDT"),
        ("ETHBTC.BINANCE", "BTC"),
        ("ETH-USD.COINBASE", "USD"),
        ("USD/CHF.SIM", "CHF"),
    ]
    head = (
        "instrument_id,trade_id,order_side,last_qty,last_px,commission,currency,ts_event,"
        "venue_order_id,account_id\n"
    )
    rows = [
        f"{name},{n},BUY,1,2,0 USD,{currency},2026-01-05T10:00:00Z,o{n},main\n"
        for n, (name, currency) in enumerate(symbols)
    ]
    duck.load("nautilus-fills", head + "".join(rows))
    assert duck.rows(TERMS) == [
        ("BTC-USDT", "SPOT", "BTC", "USDT", "1.00"),
        ("BTCUSDT-LINEAR", "LINEAR", "BTC", "USDT", "1.00"),
        ("BTCUSDT-SPOT", "SPOT", "BTC", "USDT", "1.00"),
        ("ETH-USD", "SPOT", "ETH", "USD", "1.00"),
        ("ETHBTC", "SPOT", "ETH", "BTC", "1.00"),
        ("USD/CHF", "SPOT", "USD", "CHF", "1.00"),
    ]
    assert undeclared(duck) == sorted(name.rpartition(".")[0] for name, _ in symbols[:8])


def test_fix_contracts_are_of_their_multiplier(duck: Ledger) -> None:
    fills = [
        {"55": "BTC/USD", "167": "FUT", "231": "10"},
        {"55": "ETH/USD", "167": "FUT", "231": "10", "120": "ETH"},  # settles in ETH: inverse
        {"55": "SOL/USD", "231": "10"},
        {"55": "XRP/USD", "167": "FUT"},
        {"55": "LTC/USD"},
        {"55": "BTC", "167": "CS"},
        {"55": "ABC", "167": "OPT", "460": "5", "231": "100", "200": "202603", "201": "1"},
    ]
    log = [
        report(f"E{n}", "F", "1", f"37=O{n}", f"11=C{n}", "31=50", "32=1",
               *(f"{tag}={value}" for tag, value in tags.items()))
        for n, tags in enumerate(fills)
    ]  # fmt: skip
    duck.load("fix-executions", "\n".join(log), "fills.log")
    assert duck.rows(TERMS) == [
        ("ABC 202603 C", "LINEAR", "ABC 202603 C", "USD", "100.00"),
        ("BTC", "SPOT", "BTC.USD", "USD", "1.00"),
        ("BTC/USD", "LINEAR", "BTC", "USD", "10.00"),
        ("LTC/USD", "SPOT", "LTC", "USD", "1.00"),
    ]
    assert undeclared(duck) == ["ETH/USD", "SOL/USD", "XRP/USD"]


def test_ccxt_sizes_of_contracts_are_in_the_cost(duck: Ledger) -> None:
    """ccxt's safeTrade: cost is price * amount * contractSize, where the venue tells none."""
    costs = [
        ("BTC/USDT:USDT", "50000", "1", "500"),
        ("DOGE/USDT:USDT", "0.1", "2", "20"),
        ("ETH/USDT:USDT", "5000", "2", "10000.01"),
        ("BTC/USDT", "5000", "2", "9000"),
        ("SOL/USDT:USDT", "50", "2", "50"),
        ("BTC/USDC:USDC-260328-100000-C", "500", "2", "1000"),
    ]
    trades = [
        {
            "id": f"t{n}",
            "order": f"o{n}",
            "datetime": "2026-01-05T10:00:00Z",
            "symbol": symbol,
            "side": "buy",
            "takerOrMaker": "taker",
            "price": price,
            "amount": amount,
            "cost": cost,
        }
        for n, (symbol, price, amount, cost) in enumerate(costs)
    ]
    report = duck.load("ccxt-trades", json.dumps(trades), "trades.json", account="main")
    option = "BTC/USDC:USDC-260328-100000-C"
    assert duck.rows(TERMS) == [
        (option, "LINEAR", option, "USDC", "1.00"),
        ("BTC/USDT", "SPOT", "BTC", "USDT", "1.00"),
        ("BTC/USDT:USDT", "LINEAR", "BTC", "USDT", "0.01"),
        ("DOGE/USDT:USDT", "LINEAR", "DOGE", "USDT", "100.00"),
        ("ETH/USDT:USDT", "LINEAR", "ETH", "USDT", "1.00"),
    ]
    assert undeclared(duck) == ["SOL/USDT:USDT"]
    assert not any("taken to be 1" in warning for warning in report.warnings)


def test_a_share_is_no_currency(duck: Ledger) -> None:
    """BTC is a fund's ticker, too: its price must not become the coin's."""
    head = (
        "ClientAccountID,CurrencyPrimary,AssetClass,Symbol,UnderlyingSymbol,Multiplier,TradeID,"
        "IBOrderID,DateTime,Quantity,TradePrice,IBCommission,IBCommissionCurrency,Buy/Sell\n"
    )
    rows = [
        f"main,{currency},{asset},{symbol},{under},{size},{n},{n},2026-01-05;10:00:00 EST,1,45,-1,"
        f"{currency},BUY\n"
        for n, (currency, asset, symbol, under, size) in enumerate(
            [
                ("USD", "STK", "BTC", "", "1"),
                ("USD", "OPT", "BTC   260320C00045000", "BTC", "100"),
                ("USD", "FUT", "ESH6", "ES", "50"),
                ("USD", "CASH", "EUR.USD", "", "1"),
                ("GBP", "CFD", "VOD", "VOD", "1"),
            ]
        )
    ]
    duck.load("ibkr-flex-trades", head + "".join(rows))
    assert duck.rows("select symbol, base_currency from instruments order by symbol") == [
        ("BTC   260320C00045000", "BTC   260320C00045000"),
        ("BTC.USD", "BTC.USD"),
        ("ESH6", "ES"),
        ("EUR.USD", "EUR"),
        ("VOD", "VOD.GBP"),
    ]
