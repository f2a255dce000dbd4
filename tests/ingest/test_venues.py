"""What a venue's other files of the same kind hold, beyond the golden ones."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runner.ingest.shapes.stated import Extent
from runner.money import plain
from tests.ingest.conftest import NOW, VENUES, Ledger

BITSTAMP = VENUES / "bitstamp" / "bitstamp-transactions.csv"


def test_bitstamp_with_ids(duck: Ledger) -> None:
    head = (
        "ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,"
        "Rate currency,Fee,Fee currency,Order ID\n"
    )
    rows = [
        "11,Main Account,Deposit,,2023-02-01T09:00:00Z,5,ETH,,,,,,,\n",
        "12,Main Account,Market,Sell,2023-02-01T10:00:00Z,1,ETH,1500,USD,1500,USD,4.5,USD,77\n",
        "13,Main Account,Market,Sell,2023-02-01T10:00:00Z,2,ETH,3000,USD,1500,USD,9,USD,77\n",
        "14,Main Account,Withdrawal,,2023-02-02T10:00:00Z,-1,ETH,,,,,0.002,ETH,\n",
    ]
    report = duck.load("bitstamp-transactions", head + "".join(rows), account="main")
    assert (report.read, report.quarantined) == (4, 0)
    assert duck.rows(
        "select exchange_fill_id, account_id, cast(price as varchar) from order_fills order by 1"
    ) == [("12", "main", "1500.000000000000"), ("13", "main", "1500.000000000000")]
    assert duck.rows("select exchange_order_id from orders") == [("77",)]
    assert duck.rows(
        "select exchange_movement_id, kind, cast(amount as varchar) from cash_movements order by 1"
    ) == [
        ("11", "DEPOSIT", "5.000000000000"),
        ("14", "WITHDRAWAL", "-1.000000000000"),
        ("14 fee", "FEE", "-0.002000000000"),
    ]


def test_exports_without_ids_may_overlap(duck: Ledger) -> None:
    head, *rows = BITSTAMP.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = duck.load("bitstamp-transactions", head + "".join(rows))
    assert whole.appended["order_fills"] == 3  # two are the same in every cell
    for part in (rows[2:5], rows[::-1], [*rows[3:], *rows[:3]]):
        again = duck.load("bitstamp-transactions", head + "".join(part), "part.csv")
        assert again.batch_id is None


def test_kucoin_in_its_oldest_layout(duck: Ledger) -> None:
    head = (
        "Time,Pair,Side,FilledPrice,FilledPriceCoin,Amount,AmountCoin,Volume,VolumeCoin,Fee,"
        "FeeCoin\n"
    )
    row = "2019/05/11 10:27:17,KCS/BTC,Buy,0.00015225,BTC,10.01,KCS,0.00152402,BTC,0.00000152,BTC\n"
    report = duck.load("kucoin-trades", head + row)
    assert (report.read, report.quarantined, report.warnings) == (1, 0, [])
    assert duck.rows(
        "select instrument_id, side, cast(quantity as varchar), cast(price as varchar), "
        "cast(fee_amount as varchar), fee_currency, cast(executed_at as varchar) from order_fills"
    ) == [
        ("KCS/BTC", "BUY", "10.010000000000", "0.000152250000", "0.000001520000", "BTC",
         "2019-05-11 10:27:17"),
    ]  # fmt: skip


def test_kucoin_with_the_ids_of_orders(duck: Ledger) -> None:
    head = (
        "tradeCreatedAt,orderId,symbol,side,price,size,funds,fee,liquidity,feeCurrency,orderType,\n"
    )
    rows = [
        f"2021-01-0{day} 00:00:00,5ff0,KCS-USDT,sell,0.9,{day},{day},0.1,taker,USDT,limit,\n"
        for day in (1, 2)
    ]
    report = duck.load("kucoin-trades", head + "".join(rows))
    assert (report.read, report.quarantined) == (2, 0)
    assert duck.rows("select exchange_order_id from orders") == [("5ff0",)]
    assert duck.rows("select distinct liquidity from order_fills") == [("TAKER",)]


SPLIT = (
    "UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,"
    "Filled Volume,Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Tax,Maker/Taker,Fee Currency\n"
    "****75,mainAccount,6478,BTC-USDT,BUY,LIMIT,27000.1,0.01,270.001,270.001,"
    "2023-06-01 07:30:00,0.270001,,MAKER,USDT\n"
)


def test_kucoin_split_by_trade(duck: Ledger) -> None:
    report = duck.load("kucoin-trades", SPLIT)
    assert (report.read, report.quarantined, report.warnings) == (1, 0, [])
    assert duck.rows(
        "select liquidity, fee_currency, cast(executed_at as varchar) from order_fills"
    ) == [("MAKER", "USDT", "2023-05-31 23:30:00")]
    whole = SPLIT.replace("Maker/Taker", "Status").replace("MAKER", "deal")
    assert duck.load("kucoin-trades", whole.replace("(UTC+08:00)", "(UTC)")).quarantined == 1
    assert duck.reasons() == [(2, "not_a_fill")]


def test_kraken_trades_as_exported(duck: Ledger) -> None:
    head = "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\n"
    row = (
        '"T1","O1","XETHZEUR","2019-01-04 08:14:23.0030","sell","market",2010.0,2010.0,3.216,1.0,'
        '402.0,"initiated","L1,L2"\n'
    )
    report = duck.load("kraken-trades", head + row)
    assert (report.read, report.quarantined, report.warnings) == (1, 0, [])
    newer = head.replace("pair,", "pair,aclass,subclass,").replace("\n", ",costusd,trades\n")
    row = row.replace('XETHZEUR",', 'ETH/EUR","forex","crypto",').replace('"\n', '",2300,""\n')
    report = duck.load("kraken-trades", newer + row.replace('1",', '2",', 2), "newer.csv")
    assert (report.read, report.quarantined, report.warnings) == (1, 0, [])
    assert duck.rows(
        "select exchange_fill_id, instrument_id, side, cast(fee_amount as varchar), fee_currency, "
        "liquidity, cast(executed_at as varchar) from order_fills order by 1"
    ) == [
        ("T1", "XETHZEUR", "SELL", "3.216000000000", "EUR", None, "2019-01-04 08:14:23.003"),
        ("T2", "ETH/EUR", "SELL", "3.216000000000", "EUR", None, "2019-01-04 08:14:23.003"),
    ]


HISTORY = (
    "1,{}-03-01 08:10:00,Spot,Transaction Buy,BTC,0.01,\n"
    "1,{}-03-01 08:10:00,Spot,Transaction Spend,USDT,-620,\n"
    "1,{}-03-01 08:11:00,Spot,Deposit,BTC,0.5,\n"
)


def test_a_fee_of_binance_futures_is_of_fills_from_elsewhere(duck: Ledger) -> None:
    """It would count twice beside them, as their results would."""
    rows = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n" + "".join(
        f"1,2025-03-01 08:10:0{n},{told},USDT,-1,\n"
        for n, told in enumerate(
            ["USD-MFutures,Fee", "USD-MFutures,Realized Profit and Loss", "Spot,Fee",
             "USD-MFutures,Liquidation Fee"]
        )
    )  # fmt: skip
    assert duck.load("binance-history", rows).quarantined == 0
    found = duck.rows("select kind from cash_movements order by occurred_at")
    assert [kind for (kind,) in found] == ["ADJUSTMENT", "ADJUSTMENT", "FEE", "FEE"]


@pytest.mark.parametrize("head", ["Time", "Time(UTC)", "Time(UTC+0)", "Time(UTC-08:00)"])
def test_binance_history_in_its_newer_layout(duck: Ledger, head: str) -> None:
    columns = "Account,Operation,Coin,Change,Remark\n"
    older = HISTORY.format("2025", "2025", "2025").replace(
        "08:1", "16:1" if "-" in head else "08:1"
    )
    assert duck.load("binance-history", f"User_ID,UTC_Time,{columns}{older}").quarantined == 0
    newer = f"User ID,{head},{columns}{HISTORY.format('25', '25', '25')}"
    assert duck.load("binance-history", newer, "newer.csv").batch_id is None


@pytest.mark.parametrize(
    "pair, base, quote",
    [
        ("XBTUSDT", "BTC", "USDT"), ("XXBTZUSD", "BTC", "USD"), ("XETHXXBT", "ETH", "BTC"),
        ("USDTZUSD", "USDT", "USD"), ("XTZUSD", "XTZ", "USD"), ("CHZEUR", "CHZ", "EUR"),
        ("ZEURZUSD", "EUR", "USD"), ("XXDGXXBT", "DOGE", "BTC"), ("SOLCHF", "SOL", "CHF"),
        ("XBTUSD.d", "BTC", "USD"), ("BATUSD", "BAT", "USD"), ("XBT/USD", "BTC", "USD"),
        ("SUSHIXBT", "SUSHI", "BTC"), ("PYUSDEUR", "PYUSD", "EUR"), ("XRPRLUSD", "XRP", "RLUSD"),
    ],
)  # fmt: skip
def test_pairs_of_kraken(duck: Ledger, pair: str, base: str, quote: str) -> None:
    trade = {
        "txid": "T", "ordertxid": "O", "pair": pair, "time": 1688585840.5, "type": "buy",
        "price": "2", "vol": "1", "fee": "0.1", "maker": False,
    }  # fmt: skip
    duck.load("kraken-trades", json.dumps([trade]), "a.json")
    assert duck.rows("select symbol, base_currency, quote_currency from instruments") == [
        (pair, base, quote)
    ]
    assert duck.rows("select fee_currency from order_fills") == [(quote,)]


def test_kraken_orders_and_trades_in_either_order(duck: Ledger) -> None:
    folder = VENUES / "kraken"
    trades = json.loads((folder / "kraken-trades.json").read_text())["result"]["trades"]
    trade = {**trades["TCCCTY-WJ6EO-4FP4VZ"], "ordertxid": "OQUOTE-00000-000004"}
    trade |= {"txid": "T9", "pair": "XXBTZEUR", "vol": "0.00370370", "price": "27000"}
    duck.load("kraken-trades", json.dumps([trade]), "t.json")
    made = duck.load_file("kraken-orders", folder / "kraken-orders.json")
    assert (made.read, made.quarantined) == (8, 1)
    assert duck.rows(
        "select e.event_type, cast(e.order_quantity as varchar) from order_events as e "
        "inner join orders as o on e.order_id = o.order_id "
        "where o.exchange_order_id = 'OQUOTE-00000-000004' order by 1"
    ) == [("FILLED", None), ("RESTATED", "0.003703700000")]
    assert duck.load_file("kraken-orders", folder / "kraken-orders.json").batch_id is None


def test_a_coinbase_pro_trade_is_one_fill_in_whatever_files(duck: Ledger) -> None:
    folder = VENUES / "coinbasepro"
    path = folder / "coinbasepro-account.csv"
    copy = duck.folder / "copy.csv"
    copy.write_text(path.read_text(encoding="utf-8").replace(",time,", ",Timestamp,"))
    report = duck.load_file("coinbasepro-account", path, copy)
    assert report.appended["order_fills"] == 2
    # of two trades' five rows, and of the copy's, all but the first of each add nothing
    assert (report.read, report.duplicates, report.quarantined) == (18, 10, 4)
    # the same trade as the other file tells it: not a second fill
    fills = (folder / "coinbasepro-fills.csv").read_text(encoding="utf-8").replace("10201", "20201")
    duck.load("coinbasepro-fills", fills)
    assert (3, "conflict") in duck.reasons()
    assert len(duck.rows("select 1 from order_fills where exchange_fill_id = '20201'")) == 2


def test_a_ledger_of_kraken_is_the_same_from_its_api(
    duck: Ledger, open_copy: Callable[[str], Ledger]
) -> None:
    head, *rows = (VENUES / "kraken" / "kraken-ledgers.csv").read_text().splitlines()
    names = head.replace('"', "").split(",")
    entries = [dict(zip(names, row.replace('"', "").split(","), strict=True)) for row in rows]
    answer = {"result": {"ledger": {e["txid"]: e for e in entries if e["txid"]}, "count": 9}}
    other = open_copy("duckdb")
    duck.load_file("kraken-ledgers", VENUES / "kraken" / "kraken-ledgers.csv")
    other.load("kraken-ledgers", json.dumps(answer), "ledger.json")
    assert duck.facts()["cash_movements"] == other.facts()["cash_movements"]
    assert len(other.facts()["cash_movements"]) == 7


def instant(*legs: str, refid: str = "BUY-1") -> str:
    """Kraken's ledger, as it exports it, with entries of one refid."""
    head = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"
    rows = [
        f"L{nth},{refid},2023-01-06 00:00:00,{leg.split()[0]},,currency,"
        f"{','.join(leg.split()[1:])},0\n"
        for nth, leg in enumerate(legs)
    ]
    return head + "".join(rows)


@pytest.mark.parametrize(
    ("spent", "received", "fill"),
    [
        ("ZEUR -98.5 1.5", "XXBT 0.0025 0", ("BTC/EUR", "BUY", "0.0025", "39400", "1.5", "EUR")),
        ("XXBT -0.0025 0", "ZEUR 98.5 1.5", ("BTC/EUR", "SELL", "0.0025", "39400", "1.5", "EUR")),
        ("XXBT -0.5 0.001", "USDT 9000 0", ("BTC/USDT", "SELL", "0.5", "18000", "0.001", "BTC")),
        ("ZEUR -10 0", "ZUSD 11 0", ("EUR/USD", "SELL", "10", "1.1", "0", None)),
        ("USDC -10 0.1", "XETH 0.004 0", ("ETH/USDC", "BUY", "0.004", "2500", "0.1", "USDC")),
        ("XETH -1 0", "XXBT 0.05 0", ("ETH/BTC", "SELL", "1", "0.05", "0", None)),
        ("SOL -4 0", "DOT 16 0", ("DOT/SOL", "BUY", "16", "0.25", "0", None)),
    ],
)
def test_what_was_bought_at_once_on_kraken(
    duck: Ledger, spent: str, received: str, fill: tuple[str, ...]
) -> None:
    legs = [f"spend {spent}", f"receive {received}"]
    for either in (legs, legs[::-1]):
        duck.load("kraken-ledgers", instant(*either), "ledgers.csv")
    found = duck.rows(
        "select instrument_id, side, quantity, price, fee_amount, fee_currency from order_fills"
    )
    assert [(*row[:2], *map(plain, row[2:5]), row[5]) for row in found] == [fill]
    assert duck.reasons() == []


def test_an_instant_purchase_in_parts(duck: Ledger) -> None:
    """Its two entries make the fill together, from whatever pages they come."""
    spend, receive = "spend ZEUR -100 1", "receive XXBT 0.003 0"
    head, first, second = instant(spend, receive).splitlines(keepends=True)
    for name, row in (("a.csv", first), ("b.csv", second)):
        duck.load("kraken-ledgers", head + row, name)
    assert duck.reasons() == [(2, "incomplete_trade"), (2, "incomplete_trade")]
    paths = [duck.folder / name for name in ("a.csv", "b.csv", "a.csv")]
    assert duck.load_file("kraken-ledgers", *paths).appended["order_fills"] == 1
    assert duck.rows("select is_rounded, raw_values from order_fills") == [
        (True, '{"price":"33333.33333333333331"}')
    ]
    several = instant(spend, receive, "receive XETH 1 0", refid="DUST-1")
    assert duck.load("kraken-ledgers", several, "c.csv").quarantined == 3


def test_an_instant_purchase_in_the_export_and_in_an_answer(
    open_copy: Callable[[str], Ledger],
) -> None:
    """The export has whole seconds and fewer digits: the same fill, at once or in any order."""
    exported = instant("spend ZEUR -100 1", "receive XXBT 0.004 0")
    legs = {"L0": ("spend", "ZEUR", "-100.0000", "1.00"), "L1": ("receive", "XXBT", "0.0040", "0")}
    entries = {
        txid: {"refid": "BUY-1", "time": 1672963200.6789 + nth, "type": kind, "subtype": "",
               "asset": asset, "amount": amount, "fee": fee}
        for nth, (txid, (kind, asset, amount, fee)) in enumerate(legs.items())
    }  # fmt: skip
    answered = json.dumps({"error": [], "result": {"ledger": entries, "count": 2}})
    made = []
    for order in (["a.csv"], ["b.json"], ["a.csv", "b.json"], ["b.json", "a.csv"]):
        ledger = open_copy("duckdb")
        for name, text in (("a.csv", exported), ("b.json", answered)):
            (ledger.folder / name).write_text(text, encoding="utf-8")
        files = [ledger.folder / name for name in order]
        ledger.load_file("kraken-ledgers", *files)
        for file in files:
            assert ledger.load_file("kraken-ledgers", file).quarantined == 0
        assert ledger.reasons() == []
        made.append(ledger.facts()["order_fills"])
    assert made == made[:1] * 4 and len(made[0]) == 1
    # an entry that the two tell otherwise is no leg
    other = open_copy("duckdb")
    (other.folder / "b.json").write_text(answered.replace("0.0040", "0.0050"), encoding="utf-8")
    (other.folder / "a.csv").write_text(exported, encoding="utf-8")
    other.load_file("kraken-ledgers", other.folder / "a.csv", other.folder / "b.json")
    assert {code for _, code in other.reasons()} == {"incomplete_trade"}


def test_funding_of_bybit_is_one_movement_in_whichever_answer(duck: Ledger) -> None:
    """As an execution its fee is the opposite of what the balance changed by."""
    folder = VENUES / "bybit"
    executions, log = (
        json.loads((folder / f"bybit-{name}.json").read_text(encoding="utf-8"))
        for name in ("executions", "transactions")
    )
    paid = next(e for e in executions[0]["result"]["list"] if e["execType"] == "Funding")
    entry = next(e for e in log[0]["result"]["list"] if e["tradeId"] == paid["execId"])
    assert (paid["execFee"], entry["funding"]) == ("0.4975", "-0.4975")
    page = {"result": {"category": "linear", "list": [paid]}}
    first = duck.load("bybit-transactions", json.dumps({"list": [entry]}), "log.json")
    second = duck.load("bybit-executions", json.dumps(page), "executions.json")
    assert (first.appended["cash_movements"], second.duplicates, second.batch_id) == (1, 1, None)
    entry["change"] = "0.4975"
    duck.load("bybit-transactions", json.dumps({"list": [entry]}), "other.json")
    assert duck.reasons() == [(1, "conflict")]


def held(duck: Ledger) -> dict[str, str]:
    """What was stated, by currency or symbol."""
    rows = duck.rows("select coalesce(currency, instrument_id), amount from statement_balances")
    return {name: plain(amount) for name, amount in rows}


def test_a_balance_of_coinbase_is_of_all_pages(duck: Ledger) -> None:
    """In whatever files they are; one that lacks those after it tells half of it."""
    for nth in (1, 2):
        account = {"uuid": f"u{nth}", "currency": "BTC", "available_balance": {"value": f"{nth}"}}
        page = {"accounts": [account], "has_next": nth == 1, "cursor": "c"}
        (duck.folder / f"{nth}.json").write_text(json.dumps(page), encoding="utf-8")
    first, second = (duck.folder / f"{nth}.json" for nth in (1, 2))
    extent = Extent(end=NOW)
    assert duck.load_file("coinbase-accounts", first, extent=extent).appended == {}
    assert duck.reasons() == [(1, "incomplete_answer")]
    report = duck.load_file("coinbase-accounts", first, second, extent=extent)
    assert (report.quarantined, held(duck)) == (0, {"BTC": "3"})


def wallet(account_type: str, time: int, coins: dict[str, str]) -> dict[str, object]:
    listed = [{"coin": coin, "walletBalance": amount} for coin, amount in coins.items()]
    return {"result": {"list": [{"accountType": account_type, "coin": listed}]}, "time": time}


def test_wallets_of_bybit_are_one_account(duck: Ledger) -> None:
    """Of each account type the last answer counts."""
    answers = [
        wallet("CONTRACT", 1672125441042, {"BTC": "9", "XRP": "9"}),
        wallet("CONTRACT", 1672125441043, {"BTC": "0.5", "ETH": "2"}),
        wallet("UNIFIED", 1672125441044, {"BTC": "0.25", "DOT": ""}),
    ]
    report = duck.load("bybit-account", json.dumps(answers), "w.json", extent=Extent())
    assert held(duck) == {"BTC": "0.75", "ETH": "2"}
    assert duck.reasons() == [(3, "missing")] and report.passed_over == 1
    assert len(duck.rows("select distinct stated_at from statement_balances")) == 1
    one = [{"topic": "wallet", "data": a["result"]["list"], "creationTime": a["time"]}
           for a in answers]  # fmt: skip
    assert duck.load("bybit-account", json.dumps(one), "s.json", extent=Extent()).appended == {}
    assert len(duck.reasons()) == 4


def test_wallets_of_one_type_are_each_of_their_moment(duck: Ledger) -> None:
    answers = [wallet("UNIFIED", 1672125441042 + n, {"BTC": str(n)}) for n in (1, 2)]
    duck.load("bybit-account", json.dumps(answers), "w.json", extent=Extent())
    found = duck.rows("select amount from statement_balances order by stated_at")
    assert [plain(amount) for (amount,) in found] == ["1", "2"]


def test_sides_of_a_position_of_bybit_in_messages(duck: Ledger) -> None:
    sides = [("Buy", 1, "0.5", 1), ("Buy", 1, "0.75", 2), ("Sell", 2, "1", 1)]
    messages = [
        {"data": [{"category": "linear", "symbol": "BTCUSDT", "side": side, "positionIdx": number,
                   "size": size}], "creationTime": 1672125441042 + later}
        for side, number, size, later in sides
    ]  # fmt: skip
    duck.load("bybit-account", json.dumps(messages), "m.json", extent=Extent())
    assert held(duck) == {"BTCUSDT_PERP": "-0.25"}
