"""What a venue's other files of the same kind hold, beyond the golden ones."""

from __future__ import annotations

from tests.ingest.conftest import VENUES, Ledger

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
