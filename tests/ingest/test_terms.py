"""What a venue's row tells of an instrument's terms; what may be otherwise is not guessed."""

from __future__ import annotations

import json

from runner.ingest.shapes.stated import Extent
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


def coin_margined(symbol: str, **more: object) -> dict[str, object]:
    """A COIN-M fill: baseQty is quantity times size over price, here of 10 USD."""
    return {
        "symbol": symbol, "id": 61, "orderId": 281, "side": "BUY", "price": "500", "qty": "100",
        "baseQty": "2", "commission": "0", "commissionAsset": "BNB", "time": 1767225600000,
        "buyer": True, "maker": False, **more,
    }  # fmt: skip


def test_binance_coin_margined_contracts_are_quoted_in_usd(duck: Ledger) -> None:
    """BNBUSD is not of BUSD, nor DOTUSD of TUSD; a dated one is as inverse as a perpetual."""
    fills = [
        coin_margined(f"{coin}USD_{ending}", marginAsset=coin, pair=f"{coin}USD")
        for coin, ending in (("BNB", "PERP"), ("DOT", "PERP"), ("APT", "240329"), ("BTC", "240329"))
    ]
    fills.append(coin_margined("BTCUSDT_240329", marginAsset="USDT", pair="BTCUSDT"))
    duck.load("binance-trades", json.dumps(fills), "fills.json")
    assert duck.rows(TERMS) == [
        ("APTUSD_240329", "INVERSE", "APT", "USD", "10.00"),
        ("BNBUSD_PERP", "INVERSE", "BNB", "USD", "10.00"),
        ("BTCUSDT_240329", "LINEAR", "BTC", "USDT", "1.00"),
        ("BTCUSD_240329", "INVERSE", "BTC", "USD", "100.00"),
        ("DOTUSD_PERP", "INVERSE", "DOT", "USD", "10.00"),
    ]


def test_binance_positions_without_a_margin_asset(duck: Ledger) -> None:
    held = [
        {"symbol": symbol, "positionAmt": "10", "entryPrice": "50000.0", "positionSide": "BOTH",
         "updateTime": 1700000000000}
        for symbol in ("BTCUSD_240329", "BTCUSDT_240329")
    ]  # fmt: skip
    assets = [{"asset": "BTC", "walletBalance": "0.0024", "updateTime": 1700000000000}]
    answer = json.dumps({"assets": assets, "positions": held, "updateTime": 0})
    duck.load("binance-account", answer, "account.json", extent=Extent())
    assert duck.rows(
        "select symbol, instrument_type, settlement_currency from instruments order by symbol"
    ) == [("BTCUSDT_240329", "LINEAR", "USDT"), ("BTCUSD_240329", "INVERSE", "BTC")]


def test_pairs_whose_coin_ends_like_a_longer_currency(duck: Ledger) -> None:
    symbols = ("ADAEUR", "BATUSD", "BTCBUSD", "XRPRLUSD", "EURAEUR")
    fills = [coin_margined(symbol, id=n, orderId=n) for n, symbol in enumerate(symbols)]
    for fill in fills:
        del fill["baseQty"]
    duck.load("binance-trades", json.dumps(fills), "fills.json")
    assert duck.rows(
        "select symbol, base_currency, quote_currency from instruments order by 1"
    ) == [
        ("ADAEUR", "ADA", "EUR"),
        ("BATUSD", "BAT", "USD"),
        ("BTCBUSD", "BTC", "BUSD"),
        ("EURAEUR", "EUR", "AEUR"),
        ("XRPRLUSD", "XRP", "RLUSD"),
    ]


def test_a_bybit_order_that_may_be_of_spot_is_refused(duck: Ledger) -> None:
    order = {
        "orderId": "1", "symbol": "BTCUSDT", "price": "30000", "qty": "0.01", "side": "Buy",
        "positionIdx": 0, "orderStatus": "New", "cumExecQty": "0", "orderType": "Limit",
        "timeInForce": "GTC", "createdTime": "1700000000000", "updatedTime": "1700000001000",
    }  # fmt: skip
    hedged = {**order, "orderId": "2", "positionIdx": 1}
    duck.load("bybit-orders", json.dumps([order, hedged]), "orders.json", account="main")
    assert duck.rows("select symbol from instruments") == [("BTCUSDT_PERP",)]
    assert duck.rows("select reason_code from quarantine") == [("no_category",)]


def test_a_bitmex_spot_order_tells_no_quantity(duck: Ledger) -> None:
    """It counts the smallest unit of its currency; bitmex-orders refuses the same."""
    order = {
        "execID": "s1", "orderID": "o9", "symbol": "XBT_USDT", "side": "Buy", "orderQty": 1000000,
        "price": 30000, "currency": "USDT", "settlCurrency": "", "execType": "New",
        "ordType": "Limit", "timeInForce": "GoodTillCancel", "ordStatus": "New",
        "transactTime": "2023-11-14T22:13:20.000Z", "timestamp": "2023-11-14T22:13:20.000Z",
    }  # fmt: skip
    duck.load("bitmex-executions", json.dumps([order]), "executions.json", account="main")
    assert duck.rows("select count(*) from orders") == [(0,)]
    assert duck.rows("select reason_code from quarantine") == [("unknown_unit",)]
