"""The lint finds every way money turns into a float, and nothing else."""

from __future__ import annotations

import pytest

from runner.sqltyping.exactness import check_exact
from runner.sqltyping.types import DOUBLE, INTEGER, MONEY, TEXT, decimal

SCHEMA = {"t": {"d": MONEY, "i": INTEGER, "f": DOUBLE, "s": TEXT}, "money": {"d": MONEY}}


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("select d / 2 from t", "d / 2"),
        ("select i / d from t", "i / d"),
        ("select d // 3 from t", "d // 3"),
        ("select first(d) / 3, last(i order by i) from t", "FIRST(d) / 3"),
        ("select d * pi() from t", "d * PI()"),
        ("select d * random() from t", "d * RANDOM()"),
        ("select d * epoch(timestamp '2026-01-01 00:00:00') from t",
         "d * EPOCH(CAST('2026-01-01 00:00:00' AS TIMESTAMP))"),
        ("select sum(d) / count(*) from t", "SUM(d) / COUNT(*)"),
        ("select avg(d) from t", "AVG(d)"),
        ("select avg(d) over (order by i) from t", "AVG(d)"),
        ("select sqrt(d) from t", "SQRT(d)"),
        ("select d ** 2 from t", "POWER(d, 2)"),
        ("select power(i, d) from t", "POWER(i, d)"),
        ("select stddev(d * i) over (order by i) from t", "STDDEV(d * i)"),
        ("select i from t where ln(d) > 1", "LN(d)"),
        ("select cast(sqrt(cast(d as double)) as decimal(38,12)) from t",
         "CAST(SQRT(CAST(d AS DOUBLE)) AS DECIMAL(38, 12))"),
        ("select d * exp(cast(d as double)) from t", "d * EXP(CAST(d AS DOUBLE))"),
        ("with a as (select sqrt(f) as root from t) select d * root from t, a", "d * root"),
        ("select d + f from t", "d + f"),
        ("select d * 1e-5 from t", "d * 1e-5"),
        ("select d + '1' from t", "d + '1'"),
        ("select d % 1::decimal(38,36) from t", "d % CAST(1 AS DECIMAL(38, 36))"),
        ("select i from t where d > f", "d > f"),
        ("select i from t where d between 0 and 1e3", "d BETWEEN 0 AND 1e3"),
        ("select i from t where d in (1, 1e0)", "d IN (1, 1e0)"),
        ("select i from t where d in (select f from t)", "d IN (SELECT f FROM t)"),
        ("select coalesce(d, f) from t", "COALESCE(d, f)"),
        ("select greatest(d, f) from t", "GREATEST(d, f)"),
        ("select case when i = 1 then d else f end from t",
         "CASE WHEN i = 1 THEN d ELSE f END"),
        ("select d from t union all select f from t", "f"),
        ("select cast(f as decimal(38,12)) from t", "CAST(f AS DECIMAL(38, 12))"),
        ("select try_cast(f as decimal(38,12)) from t", "TRY_CAST(f AS DECIMAL(38, 12))"),
        ("select (cast(d as double) / 3)::decimal(38,12) from t",
         "CAST((CAST(d AS DOUBLE) / 3) AS DECIMAL(38, 12))"),
        ("with a as (select i / 2 as half from t) select d * half from t, a", "d * half"),
        ("select list_transform([[d, i]], lambda v: v[1] / v[2])[1] from t", "v[1] / v[2]"),
        ("select list_transform([[d, f]], lambda v: v[1])[1] from t", "[d, f]"),
        ("insert into money select f from t", "f"),
        ("insert into money (d) select i / 2 from t", "i / 2"),
        ("create table x as select d / 2 as h from t", "d / 2"),
    ],
)  # fmt: skip
def test_finds(sql: str, fault: str) -> None:
    findings = check_exact(sql, SCHEMA)
    assert [finding.sql for finding in findings] == [fault]
    assert findings[0].why
    assert findings[0].mend


@pytest.mark.parametrize(
    "sql",
    [
        "select d * 2, d + 0.5, d - i, round(d, 2), sum(d), min(d), d % 2 from t",
        "select cast(d as double) / 3, cast(d as double) / cast(i as double) from t",
        "select cast(d as double) / d from t",
        "select sqrt(cast(d as double)), pow(cast(d as double), 0.5), ln(f), sqrt(i) from t",
        "select exp(-0.5) * f, power(i, 0.5), stddev(cast(d as double)), corr(f, d) from t",
        "select i / 2, f * 2, f + i, avg(i), avg(f), cast(f as bigint) from t",
        "select case when f > 1 then d else 0 end from t",
        "select cast(s as decimal(38,12)) from t",
        "select decimal_divide(d, i) from t",
        "select nosuch / 2, frobnicate(d) * f from t",
        "select d / from where",
        "create table x (d decimal(38,12))",
        "insert into money values (1.5)",
        "",
    ],
)
def test_passes(sql: str) -> None:
    assert check_exact(sql, SCHEMA) == []


CENTS = {"t": {"c": decimal(18, 2), "d": MONEY, "i": INTEGER}}
GROWN = "with recursive r as (select cast(1 as decimal(9,1)) as x union all {}) select x from r"


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("select sum(c) from t union all select d from t", "d"),
        ("select d from t union select sum(c) from t", "d"),
        ("select coalesce(sum(c), max(d)) from t", "MAX(d)"),
        ("select greatest(sum(c), 0.125) from t", "0.125"),
        ("select case when i > 0 then d else (select sum(c) from t) end from t", "d"),
        ("select lag(c, 1, 0.125) over (order by i) from t", "0.125"),
        ("select x from (values (cast(1 as decimal(38,2))), (0.125)) as v (x)", "0.125"),
        (GROWN.format("select x * 1.055 from r"), "x * 1.055"),
        ("select i from t where c > '0.005'", "'0.005'"),
        ("select i from t where c between 0 and '5e-3'", "'5e-3'"),
        ("select i from t where c in (1, '0.125')", "'0.125'"),
        ("select coalesce(c, '0.125') from t", "'0.125'"),
    ],
)
def test_finds_what_rounds(sql: str, fault: str) -> None:
    (finding,) = check_exact(sql, CENTS)
    assert (finding.sql, finding.what) == (fault, "round exact money")


@pytest.mark.parametrize(
    "sql",
    [
        "select coalesce(c, d), greatest(d, 0.125), case when i > 0 then c else d end from t",
        "select sum(d) from t union all select c from t union all select 0.1 from t",
        "select coalesce(sum(c), 0.000), nullif(sum(c), max(d)), coalesce(d, 0, i) from t",
        "select lag(c, 1, 0) over (order by i) from t",
        "select i from t where c > '0.50' and d < '0.005' and c in ('1', '5e-2')",
        GROWN.format("select cast(x * 1.055 as decimal(9,1)) from r"),
    ],
)
def test_what_keeps_its_decimals_passes(sql: str) -> None:
    assert check_exact(sql, CENTS) == []


def test_names_the_line() -> None:
    sql = "select\n    i,\n    d\n    / 2 as half\nfrom t\nwhere d > 1e-9\n"
    findings = check_exact(sql, SCHEMA)
    assert [finding.line for finding in findings] == [3, 6]
    assert "1e-9" in str(findings[1])
    assert str(findings[0]).startswith("line 3: `d / 2`")
