"""FIX logs: where a message begins and ends, what makes it bad, and what resending it adds."""

from __future__ import annotations

import tracemalloc

import pytest

from runner.errors import InputError
from runner.ingest import inputs
from runner.ingest.formats import formats
from runner.ingest.kept_rows import Selection
from runner.ingest.progress import Progress
from runner.ingest.readers import fix, records
from runner.ingest.retry import retry
from tests.canonical_files import INSTRUMENT
from tests.ingest.conftest import NOW, Ledger
from tests.ingest.fix_messages import SOH, message, report

TRADE = ("32=0.5", "31=50000.25", "12=2.5", "13=3")
F1, F2 = report("E1", "F", "1", *TRADE), report("E2", "F", "1", *TRADE)
HEARTBEAT = message("35=0", "49=NORTHEX", "56=ACME", "34=9", "52=20260302-09:00:00")


def fills(ledger: Ledger) -> list[str]:
    return [row[0] for row in ledger.rows("select exchange_fill_id from order_fills order by 1")]


@pytest.mark.parametrize("delimiter", [SOH, "|"])
@pytest.mark.parametrize("between", ["\n", "\r\n", "", " ", "\n\n2026-03-02 09:00:00,5 IN: "])
def test_messages_are_found_wherever_they_stand(duck: Ledger, delimiter: str, between: str) -> None:
    parts = [part.replace(SOH, delimiter) for part in (F1, HEARTBEAT, F2)]
    report = duck.load("fix-executions", "IN: " + between.join(parts), "a.log")
    assert (report.read, report.passed_over, report.quarantined) == (2, 1, 0)
    assert "Heartbeat (35=0) 1" in report.warnings[0]
    assert fills(duck) == ["E1", "E2"]


GOOD = report("E3", "F", "1", *TRADE)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (F1.replace("32=0.5", "32=0.6"), "bad_checksum"),
        (F1[:-4] + "x12" + SOH, "bad_checksum"),
        (F1.replace("32=0.5", "32=0.55"), "bad_length"),
        (F1.replace(SOH + "9=", SOH + "99="), "bad_length"),
        (F1[:60], "broken_message"),
        (F1[60:], "broken_message"),
        (message("35=8", "seventeen=E1"), "broken_message"),
    ],
)
@pytest.mark.parametrize("delimiter", [SOH, "|"])
def test_a_bad_message_is_kept_as_it_stands(
    duck: Ledger, bad: str, code: str, delimiter: str
) -> None:
    bad = bad.replace(SOH, delimiter)
    log = f"{F2}\n{bad}\n{GOOD}\n"
    loaded = duck.load("fix-executions", log, "a.log")
    assert duck.rows("select line_number, reason_code, raw from quarantine") == [(2, code, bad)]
    assert (loaded.read, loaded.quarantined, loaded.passed_over) == (3, 1, 0)
    assert fills(duck) == ["E2", "E3"]
    assert duck.load("fix-executions", log, "again.log").batch_id is None


def test_a_message_cut_by_the_next(duck: Ledger) -> None:
    duck.load("fix-executions", F1[:80] + F2, "a.log")
    assert duck.reasons() == [(1, "broken_message")]
    assert fills(duck) == ["E2"]


def test_data_may_hold_the_delimiter_and_lines(duck: Ledger) -> None:
    text = report("E1", "F", "1", *TRADE, "354=9", f"355=a{SOH}32=7\nb{SOH}", "58=grün")
    loaded = duck.load("fix-executions", f"{text}\n{F2}\n", "a.log")
    assert (loaded.read, loaded.quarantined) == (2, 0)
    assert (
        duck.rows("select cast(quantity as varchar) from order_fills") == [("0.500000000000",)] * 2
    )
    assert ("grün",) in duck.rows("select reason from order_events")


def test_a_tag_twice_is_no_amount(duck: Ledger) -> None:
    duck.load("fix-executions", report("E1", "F", "1", *TRADE, "32=0.6"), "a.log")
    assert duck.reasons() == [(1, "not_a_number")]


def test_resent_reports_add_nothing(duck: Ledger) -> None:
    resent = F1.replace("34=1", "34=1\x0143=Y\x01122=20260302-09:00:00")
    resent = message(*resent.split(SOH)[2:-2])
    possibly = message(*F1.replace("34=1", "34=7\x0197=Y").split(SOH)[2:-2])
    duck.load("fix-executions", F1, "a.log")
    again = duck.load("fix-executions", f"{resent}\n{possibly}\n", "b.log")
    assert (again.duplicates, again.batch_id) == (2, None)
    other = report("E1", "F", "1", "32=0.7", *TRADE[1:])
    duck.load("fix-executions", other, "c.log")
    assert duck.reasons() == [(1, "conflict")] and fills(duck) == ["E1"]


NEW = report("E0", "0", "0")
CORRECTED = report("E8", "G", "1", *TRADE, "19=E1", "60=20260302-09:05:00")
BUSTED = report("E9", "H", "0", *TRADE, "19=E2", "60=20260302-09:06:00")


def test_files_in_any_order_give_the_same_fills_and_steps(ledger: Ledger, duck: Ledger) -> None:
    files = [NEW, F1, F2, CORRECTED, BUSTED]
    duck.load("fix-executions", "\n".join(files), "whole.log")
    for place in (2, 1, 0):
        ledger.load("fix-executions", files[place], f"{place}.log")
    ledger.load("fix-executions", f"{BUSTED}\n{CORRECTED}\n{F2}\n", "rest.log")
    assert ledger.facts()["order_fills"] == duck.facts()["order_fills"]
    # the terms of an order that was first seen on a fill come as one step more
    told = "select cast(event_id as varchar) from order_events where event_type <> 'RESTATED'"
    assert sorted(ledger.rows(told)) == sorted(duck.rows(told))
    assert len(duck.rows(told)) == 5


@pytest.mark.parametrize(
    ("fields", "amount", "currency"),
    [
        (("12=-0.25", "13=3", "479=BNB"), "-0.250000000000", "BNB"),
        (("12=0.003", "13=1"), "0.001500000000", "USD"),
        (("136=1", "137=0.01", "138=BTC", "139=4"), "0.010000000000", "BTC"),
        (("12=1", "136=2", "137=0.01", "139=4", "137=0.02", "139=1"), "1.030000000000", "USD"),
        ((), "0.000000000000", "USD"),
    ],
)
def test_fees(duck: Ledger, fields: tuple[str, ...], amount: str, currency: str) -> None:
    duck.load("fix-executions", report("E1", "F", "1", *TRADE[:2], *fields), "a.log")
    assert duck.rows("select cast(fee_amount as varchar), fee_currency from order_fills") == [
        (amount, currency)
    ]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (("12=1", "479=BNB", "136=1", "137=1", "138=BTC"), "several_fee_currencies"),
        (("12=0.1", "13=2"), "unknown_commission"),
        (("460=4",), "quantity_in_quote"),
        (("442=3",), "multileg_summary"),
        (("150=Z",), "unknown_execution"),
        (("54=8",), "unknown_word"),
        (("60=yesterday",), "not_a_time"),
    ],
)
def test_what_a_fill_may_not_be(duck: Ledger, fields: tuple[str, ...], code: str) -> None:
    exec_type = "Z" if fields == ("150=Z",) else "F"
    given = () if exec_type == "Z" else fields
    duck.load("fix-executions", report("E1", exec_type, "1", *TRADE[:2], *given), "a.log")
    assert duck.reasons() == [(1, code)] and fills(duck) == []


def test_venue_and_account(duck: Ledger) -> None:
    plain = message(*[f for f in F1.split(SOH)[2:-2] if not f.startswith("1=")])
    duck.load("fix-executions", plain, "a.log")
    duck.load("fix-executions", plain, "b.log", venue="northex", account="desk")
    assert duck.rows("select venue, account_id from order_fills order by 1") == [
        ("NORTHEX", "ACME"),
        ("northex", "desk"),
    ]


def test_no_message_is_no_fix_log(duck: Ledger) -> None:
    with pytest.raises(InputError) as caught:
        duck.load("fix-executions", "2026-03-02 connected\n", "a.log")
    assert caught.value.code == "R273" and "fix" in str(caught.value)


def test_endless_line(duck: Ledger) -> None:
    with pytest.raises(InputError) as caught:
        duck.load("fix-executions", F1 + "\n" + "x" * (17 << 20), "a.log")
    assert caught.value.code == "R277" and caught.value.where and caught.value.where.line == 2
    assert fills(duck) == []


def test_a_refused_report_can_be_loaded_after_all(duck: Ledger) -> None:
    bad, other = F1.replace("32=0.5", "32=0.6"), report("E4", "F", "1", *TRADE, "55=XYZ")
    duck.load("fix-executions", f"{bad}\n{other}\n", "a.log")
    assert duck.reasons() == [(1, "bad_checksum"), (2, "unknown_instrument")]
    declared = INSTRUMENT.replace("BTC-USDT,BTC", "XYZ,XYZ")
    duck.load("canonical-instruments", declared, "declared.csv")
    again = retry(duck.engine, duck.config, Selection(), now=NOW)
    assert (again.tried, again.loaded) == (2, 1) and fills(duck) == ["E4"]
    assert [reason.split(":")[0] for _, _, reason in again.refused] == ["bad_checksum"]


def peak_bytes(ledger: Ledger, log: str) -> int:
    """The most that Python held at once while it read a log."""
    path = ledger.folder / "a.log"
    path.write_text(log, encoding="utf-8")
    form = formats()["fix-executions"]
    with inputs.opened([path], ledger.config) as (source,), ledger.engine.staging() as staging:
        staging.run(
            "create or replace temp table ingest_refused (a bigint, b text, c text, d text)"
        )
        tracemalloc.start()
        try:
            fix.read(staging, form, source, Progress())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [F1, HEARTBEAT, F1[:-4] + "000" + SOH, "2026-03-02 connected"],
    ids=["reports", "others", "refused", "no messages"],
)
def test_a_log_is_read_in_bounded_memory(
    duck: Ledger, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Four times the messages take as much memory, but for a chunk that is filled."""
    monkeypatch.setattr(records, "CHUNK_ROWS", 200)
    short, long = (peak_bytes(duck, f"{F1}\n" + f"{line}\n" * count) for count in (800, 3200))
    assert long < 1.25 * short
    # what is held is a chunk, not the log
    assert long < 3200 * len(line)
