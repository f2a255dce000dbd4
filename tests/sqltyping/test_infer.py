"""Inference agrees with DuckDB's own `describe`."""

from __future__ import annotations

import duckdb
import pytest

from runner.sqltyping.infer import infer
from runner.sqltyping.parsing import parse
from runner.sqltyping.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    MONEY,
    TEXT,
    TIMESTAMP,
    UUID,
    Kind,
    decimal,
    parse_type,
)

SCHEMA = {
    "t": {
        "d": MONEY, "e": decimal(20, 8), "g": decimal(38, 24), "h": decimal(18, 3), "b": INTEGER,
        "s": TEXT, "f": DOUBLE, "ts": TIMESTAMP, "dt": DATE, "bo": BOOLEAN, "u": UUID, "j": JSON,
    },
    "u": {"d": MONEY, "k": TEXT},
}  # fmt: skip

EXPRESSIONS = """
d + d; d + e; e + e; e + 1; e + b; d - 0.5; 1 - 0.5; d + g; h + h; g + 1; b + b; b + 1; 1 + 1
d * d; d * e; e * e; d * 2; e * 2; e * b; d * 0.005; e * 0.005; h * h; b * 1.5; 3 * 1.5; b * b
d * g; d % 2; e % d; h % 0.3; d % g; b % 2; b // 2; b / 2; d / 2; d // 2; f + b; f * 2; -d; -e; -b
0.005; 1.5; 100.0; 1e5; 1e-5; 1; 3000000000; 9223372036854775808; 5.; 007.50; true; null; 'x'
abs(d); sign(d); round(d, 2); round(d); round(e, 10); round(d, -1); round(b, 1); round(f, 2)
floor(d); ceil(e); trunc(h); floor(b); floor(f); abs(b); sign(b); abs(f)
sum(d); sum(e); sum(b); sum(bo); sum(f); sum(d * e); count(*); count(d); avg(d); avg(b)
count_if(bo); min(d); max(e); min(s); max(ts); any_value(h); bool_and(bo); arg_max(d, ts)
string_agg(s, ',')
coalesce(d, 0); coalesce(e, 0.5); coalesce(e, d); coalesce(d, g); coalesce(d, 1::decimal(38,0))
coalesce(e, f); coalesce(null, e); coalesce(h, b); coalesce(ts, dt); coalesce(ts, '2020-01-01')
case when bo then d else 0 end; case when bo then e else b end; case when bo then g else h end
case when bo then e when d > 1 then d else 1.5 end; if(bo, d, 1); case when bo then s end
greatest(d, e); greatest(e, 0); least(h, 1.5, 2); greatest(g, d); nullif(d, 0); nullif(e, 0.5)
lag(d) over (); lag(e, 1, 0) over (); lead(h) over (order by b); first_value(d) over ()
sum(e) over (); sum(b) over (); row_number() over (); rank() over (order by d); count(*) over ()
d = e; e > 1.5; d between 1 and 2; d in (1, 2.5); s like 'x'; d is null; bo and d > 1; not bo
cast(b as decimal); cast(b as decimal(10)); d::decimal(18,2); d::bigint; d::varchar; s::uuid
ts::date; dt::timestamp; date_trunc('day', ts); date_trunc('day', dt); dt + 1; dt - dt
ts + interval 1 day; dt + interval 1 day; date_diff('second', ts, ts); epoch_ms(ts); epoch_us(ts)
year(ts); extract(month from dt); date_part('day', ts); ts > dt; length(s); s || 'x'; b || s
s || null; concat(s, b); upper(s); trim(s); replace(s, 'a', 'b'); starts_with(s, 'a'); left(s, 2)
list_transform([[b, 2]], lambda v: v[1] // v[2] + 1)[1]; j
list_transform([[d, e]], lambda v: case when v[1] > 0 then v[1] * v[2] end)[1]
j->>'a'; json_extract_string(j, '$.a'); json_object('a', b); sha256(s); instr(s, 'a'); u; j; ts; dt
"""


@pytest.fixture(scope="module")
def duck() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for table, columns in SCHEMA.items():
        names = {Kind.INTEGER: "bigint"}
        listed = ", ".join(f"{c} {names.get(t.kind, t)}" for c, t in columns.items())
        connection.execute(f"create table {table} ({listed})")
    return connection


def agree(duck: duckdb.DuckDBPyConnection, sql: str) -> None:
    expected = [
        (row[0], str(parse_type(row[1]))) for row in duck.execute(f"describe {sql}").fetchall()
    ]
    typed = infer(parse(sql), SCHEMA)
    assert [str(type_) for _, type_ in typed.columns] == [type_ for _, type_ in expected]
    assert not typed.problems
    names = [name for name, _ in typed.columns]
    assert [n for n in names if n.isidentifier()] == [n for n, _ in expected if n.isidentifier()]


@pytest.mark.parametrize("expression", [e.strip() for e in EXPRESSIONS.replace("\n", ";").split(";")
                                        if e.strip()])  # fmt: skip
def test_types_an_expression_as_duckdb_does(
    duck: duckdb.DuckDBPyConnection, expression: str
) -> None:
    agree(duck, f"select {expression} as x from t")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t",
        "select t.*, k from t join u on t.s = u.k",
        "select * exclude (j, u) replace (d * 2 as d) from t",
        "select * from t join u using (d)",
        "select * from t full join u using (d)",
        "with a as (select d * e as x from t), b as (select sum(x) as y from a) "
        "select y + 1 as z from b",
        "with a(x, y) as (select d, e from t) select x + y as z, a.* from a",
        "with recursive c as (select 1 as n union all select n + 1 from c where n < 5) "
        "select n from c",
        "select d from t union all select e from t union select 1",
        "select d as x from t union select b from t order by x",
        "select 1.5 as a union all select 22.25",
        "select * from (values (1, 'x'), (2.5, null)) as v(a, b)",
        "select (select max(d) from u) as m, exists (select 1 from u) as x from t",
        "select d as x, x + 1 as y, y * 2 as z from t where y > 1",
        "select s, sum(d) as total from t group by s having total > 1 order by total",
        "select u.d from t as u where u.d in (select k.d from u as k where k.d = u.d)",
        "select e from (select e + 1 as e from t) as q",
        "from t select d",
    ],
)
def test_types_a_query_as_duckdb_does(duck: duckdb.DuckDBPyConnection, sql: str) -> None:
    agree(duck, sql)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select nosuch from t", "unknown column nosuch"),
        ("select x.d from t", "unknown table x"),
        ("select d from nosuch", "unknown table nosuch"),
        ("select d from t, u", "several sources"),
        ("select frobnicate(d) from t", "function frobnicate"),
        ("select g * g from t", "cannot be mixed"),
        ("select case when bo then s else 1 end from t", "cannot be mixed"),
        ("select d from t union select d, k from u", "1 and 2 columns"),
        ("select * exclude (nosuch) from t", "no column nosuch"),
        ("select d::timestamptz from t", "is not supported"),
    ],
)
def test_tolerates_what_it_cannot_type(sql: str, why: str) -> None:
    typed = infer(parse(sql), SCHEMA)
    assert any(why in problem.why for problem in typed.problems)
