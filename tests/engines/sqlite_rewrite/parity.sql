-- Each query must give the same columns, types, rows and errors on DuckDB and, rewritten, on SQLite.

-- projections, stars, aliases
select * from fills;
select f.* from fills as f join books as b on f.book = b.book;
select * exclude (payload, ref) from fills;
select * replace (qty * 2 as qty) from fills;
select id, qty as q, q + 1 as r, r * 2 as twice from fills;
select id, qty * price as notional from fills where notional > 0 and not maker;
select 1 as a, 1.5 as b, 'x''y' as c, true as d, null as e, 1e3 as g, 5. as k, 0.50 as l;
select date '2026-01-31' as a, timestamp '2026-01-31 01:02:03' as b, timestamp '2026-01-31' as c;
select -qty as a, -n as b, -1.5 as c, -(-2) as d, - -2 as g, +1 as h, -ratio as i from fills;
from fills select id order by id desc;
select count(*), sum(n) as s from fills;

-- decimal arithmetic
select id, qty + price as a, qty - price as b, qty * fee as c, fee + fee as d, fee * fee as g from fills where id <> 3;
select id, qty + 1 as a, 1 - qty as b, qty * 3 as c, qty + n as d, fee * n as g, fee + 0.5 as h, 2 * 0.5 as i from fills;
select id, qty * 0.005 as a, fee * 0.1 as b, 0.1 * 0.2 as c, n * 1.5 as d, n + 1.5 as g, 1.5 - n as h from fills;
select id, qty % 2 as a, fee % 0.3 as b, qty % price as c, n % 4 as d from fills where price is not null;
select id, abs(qty) as a, sign(qty) as b, abs(n) as c, sign(n) as d, abs(ratio) as g, sign(ratio) as h from fills;
select id, round(qty) as a, round(qty, 1) as b, round(fee, 2) as c, round(fee, 12) as d, round(price, -1) as g, round(price, -3) as h from fills;
select round(2.5) as a, round(-2.5) as b, round(0.5) as c, round(-0.4) as d, round(1.005, 2) as g, round(-1.005, 2) as h, round(9.5) as i, round(25, -1) as j, round(-25, -1) as k;
select id, floor(qty) as a, ceil(qty) as b, trunc(qty) as c, floor(fee) as d, ceil(-fee) as g from fills;
select id, sqrt(cast(price as double)) as a, sqrt(abs(ratio)) as b, sqrt(id) as c from fills where id <> 7;
select id, floor(ratio) as a, ceil(ratio) as b, round(ratio) as c, round(ratio, 1) as d from fills;
select n + 1 as a, n - 1 as b, n * 2 as c, n // 2 as d, n % 2 as g, -n // 2 as h from fills where n is not null;
select n / 2 as a, 7 / 2 as b, cast(qty as double) / 3 as c, cast(qty as double) / cast(4 as double) as d, n / nullif(n - 7, 0) as g from fills;
select cast(price as double) as a, cast(qty as double) * 2 as b, ratio * 3 as c, ratio + 1 as d, ratio - n as g from fills where id <> 7;
select 2 + 3 * 4 - 1 as a, (2 + 3) * 4 as b, 10 - (5 - 2) as c, 7 - 2 - 1 as d, 2 * (3 + 1.5) as g;
select sum(qty) * 2 as a, sum(n) * 1.5 as b, sum(qty) + sum(fee) as c, sum(n) + 1 as d from fills where id <> 7;
select (fee * fee)::decimal(38,12) as a, (qty * fee)::decimal(18,2) as b from fills;
select 1::decimal(18,3) * 1::decimal(18,3) as a, 1::decimal(9,3) * 1::decimal(9,3) as b, 1.5::decimal(38,0) + 1 as c;

-- casts
select id, cast(qty as decimal(18,2)) as a, cast(fee as decimal(38,12)) as b, cast(fee as decimal(10,1)) as c, qty::varchar as d, fee::text as g from fills;
select cast('1.5' as decimal(38,12)) as a, ' -1.005 '::decimal(8,2) as b, '1e3'::decimal(38,12) as c, '1_000.5'::decimal(8,2) as d, '.5'::decimal(1,1) as g, '-0.001'::decimal(8,2) as h;
select cast(qty as bigint) as a, cast(qty as integer) as b, cast(ratio as bigint) as c, cast(n as decimal(38,12)) as d, cast(n as double) as g, cast(n as varchar) as h from fills;
select cast(maker as varchar) as a, cast(maker as integer) as b, cast(id - 1 as boolean) as c, cast(day as varchar) as d, cast(ts as varchar) as g, cast(ref as varchar) as h from fills;
select cast(ts as date) as a, ts::date = day as b, cast(day as timestamp) as c, ts::date + 1 as d, day - 1 as g, day - date '2026-01-01' as h from fills;
select '12.5'::bigint as a, '-12.5'::bigint as b, '1e3'::bigint as c, ' 7 '::integer as d, '2026-01-02'::date as g, '2026-01-02T03:04:05Z'::timestamp as h;
select try_cast(side as decimal(38,12)) as a, try_cast('1.5' as decimal(4,2)) as b, try_cast('x' as bigint) as c, try_cast('999' as decimal(3,1)) as d from fills;
select 0.5::decimal(1,1)::varchar as a, (-0.5)::decimal(1,1)::varchar as b, 0.5::varchar as c, 0::decimal(38,12)::varchar as d, 5::decimal(5,0)::varchar as g;
select upper(ref::varchar) as a, cast('00000000-0000-0000-0000-00000000000A' as uuid) as b, ref = '00000000-0000-0000-0000-00000000000a' as c from fills;

-- comparison and logic
select id from fills where qty > 0;
select id from fills where qty = 1.5 or qty = -10 or fee = 0.5;
select id from fills where price >= 100.25 and price < 100.2500000000005;
select id, qty < price as a, qty <= 0 as b, fee > n as c, n > 1.5 as d, qty <> 2.5 as g, n = 7 as h, ratio > 1 as i, ratio = n as j from fills;
select id, qty between -1 and 2 as a, n between 0 and 7.5 as b, ts between '2026-01-01' and timestamp '2026-02-01 12:30:15' as c, side between 'A' and 'C' as d, qty not between 0 and 1 as g from fills;
select id, qty in (1.5, -10, 2) as a, n in (3, 7) as b, side in ('BUY', null) as c, n not in (3, 7) as d, qty not in (1.5, null) as g, n in (7.0, 3.5) as h from fills;
select id, price is null as a, price is not null as b, maker is true as c, maker is not true as d, maker is false as g, (qty > 0) is null as h from fills;
select a.id, b.id as other from fills as a join fills as b on a.price is not distinct from b.price;
select id, qty is distinct from 1.5 as a, side is distinct from null as b, n is not distinct from 7 as c from fills;
select id, maker and qty > 0 as a, maker or qty > 0 as b, not maker as c, not (maker or qty > 0) as d, maker = true as g, maker <> false as h from fills;
select id from fills where (maker or qty < 0) and (side = 'BUY' or side = 'SELL' and n > 0);
select id from fills where side like 'B%' or side like '_ell%' or side like 's%';
select 'a%b' like 'a!%b' escape '!' as a, 'axb' like 'a!%b' escape '!' as b, 'A' like 'a' as c, 'a' like '' as d, 'a.b' like 'a_b' as g, null like 'a' as h, 'x' not like 'y' as i;
select id, ts > '2026-01-15' as a, ts = timestamp '2026-02-01 12:30:15' as b, day < ts as c, day = '2026-02-01' as d from fills;
select book < 'B' as a, book > 'A' as b, book = 'a' as c from fills;
select 1 where null;
select 1 = 1.0 as a, 1.50 = 1.5 as b, 0.1 + 0.2 = 0.3 as c, -0.0 = 0 as d;

-- case and null handling
select id, case when qty > 0 then qty else 0 end as a, case side when 'BUY' then 1 when 'SELL' then -1 else 0 end as b, case when maker then fee end as c, case when qty > 0 then fee else n end as d from fills;
select id, case when maker then qty when price > 5 then fee else 1.5 end as a, case when n = 7 then 'seven' end as b, if(maker, 1, 2.5) as c, case qty when 1.5 then 'x' when 10 then 'y' end as d from fills;
select id, coalesce(price, 0) as a, coalesce(fee, qty) as b, coalesce(fee, n, 1) as c, coalesce(ts, timestamp '2000-01-01') as d, coalesce(ts, '2000-01-01') as g, ifnull(side, '?') as h, coalesce(day, ts) as i from fills;
select id, nullif(qty, 0) as a, nullif(side, 'BUY') as b, nullif(n, 7) as c, nullif(fee, 0.5) as d, nullif(n, 7.0) as g, nullif(fee, qty) as h from fills;
select id, greatest(qty, price) as a, least(qty, fee) as b, greatest(n, 0) as c, least(n, 1.5) as d, greatest(side, 'C') as g, greatest(ts, timestamp '2026-01-15') as h, least(qty, 0) as i from fills;
select coalesce(1::decimal(38,12), 1.123456789012345::decimal(38,24)) as a, case when true then 1.55::decimal(38,0) else 2 end as b, coalesce(null, 1.123456789012345::decimal(38,24), 1::decimal(38,12)) as c;

-- text
select id, lower(side) as a, upper(side) as b, trim(side) as c, length(side) as d, substr(side, 1, 2) as g, substr(side, 2) as h, replace(side, 'L', 'x') as i, left(side, 2) as j, right(side, 2) as k, right(side, 0) as l from fills;
select side || '-' || book as a, n || 'x' as b, qty || 'x' as c, concat(side, n, qty, maker) as d, concat_ws('-', side, book, n) as g, 'a' || null as h, ts || '' as i from fills;
select starts_with(side, 'B') as a, contains(side, 'L') as b, suffix(side, 'Y') as c, prefix(side, 'S') as d, instr(side, 'U') as g, strpos(side, 'z') as h from fills;
select regexp_matches(side, '^B.Y$') as a, regexp_matches(side, 'u|L') as b, regexp_matches(side, '[$^L]') as c, regexp_matches(side, '\d') as d from fills;
select lower('ÀÉß') as a, upper('àéß') as b, length('añ😀') as c, substr('añ😀', 2, 1) as d, right('añ😀', 1) as g, left('añ😀', 2) as h, replace('añ', 'ñ', '') as i;
select substr('hello', 0, 2) as a, substr('hello', -2, 2) as b, substr('hello', 2, -1) as c, substr('hello', n) as d from fills where n between -9 and 9;
select sha256('abc') as a, sha256(side) as b from fills;
select 'line
two' as a, 'tab	here' as b, '' as c, 'é' as d, '--no' as g;

-- times
select id, date_trunc('day', ts) as a, date_trunc('hour', ts) as b, date_trunc('month', ts) as c, date_trunc('minute', ts) as d, date_trunc('day', day) as g, date_trunc('year', ts) as h, date_trunc('second', ts) as i from fills;
select id, year(ts) as a, extract(month from ts) as b, date_part('day', day) as c, hour(ts) as d, minute(ts) as g, extract(second from ts) as h, year(day) as i from fills;
select a.id, b.id as other, date_diff('second', a.ts, b.ts) as s, date_diff('millisecond', a.ts, b.ts) as ms, date_diff('microsecond', a.ts, b.ts) as us, date_diff('day', a.ts, b.ts) as d, date_diff('hour', a.ts, b.ts) as h, date_diff('minute', a.ts, b.ts) as mi, date_diff('month', a.ts, b.ts) as mo, date_diff('year', a.ts, b.ts) as y from fills as a cross join fills as b;
select date_diff('day', day, ts) as a, date_diff('day', day, date '2026-03-01') as b from fills;
select id, epoch_ms(ts) as a, epoch_us(ts) as b from fills;
select id, ts + interval 1 day as a, ts - interval '1 month' as b, day + interval 1 month as c, ts + interval 90 minutes as d, ts - interval 1 microsecond as g, ts + interval 1 week as h, ts + interval '1 year' as i, day - interval 1 day as j, interval 1 hour + ts as k from fills;

-- JSON
select id, payload->>'id' as a, payload->>'$.px.v' as b, payload->>'$.px' as c, payload->>'$.tags[1]' as d, payload->>'$.tags' as g, payload->>'ok' as h, payload->>'none' as i, json_extract_string(payload, '$.px.n') as j, payload->>0 as k, payload->>'$' as l from fills;
select json_object('id', id, 'side', side, 'maker', maker, 'ref', ref, 'none', null) as a from fills;
select payload->>'id' as a from fills where payload->>'$.px.v' = '1.50';
select '{"a": 1}'::json as a, payload::varchar as b from fills;

-- aggregates
select count(*) as a, count(price) as b, count(distinct book) as c, sum(qty) as d, sum(fee) as g, sum(n) as h, min(qty) as i, max(qty) as j, min(side) as k, max(ts) as l, min(n) as m from fills;
select count(*) as a, count(qty) as b, sum(qty) as c, min(qty) as d, sum(n) as g, bool_and(n > 0) as h, any_value(book) as i, max(n) as j, avg(n) as k, count_if(n > 0) as l from nothing;
select book, count(*) as a, sum(qty) as b, max(qty) as c from nothing group by book;
select book, count(*) as a, sum(qty) as b, min(price) as c, max(price) as d, avg(id) as g, bool_and(maker) as h, bool_or(maker) as i, sum(fee) as j from fills group by book;
select book, side, sum(qty) as q from fills group by 1, 2 having sum(qty) > -5 order by 1, q desc;
select book, side, sum(qty * fee) as q from fills group by all;
select qty > 0 as positive, count(*) as a from fills group by qty > 0;
select abs(qty) as size, count(*) as a from fills group by size;
select price, count(*) as a from fills group by price having a >= 1 order by price;
select book, sum(qty) filter (where side = 'BUY') as a, count(*) filter (where maker) as b, max(price) filter (where price > 50) as c, count(distinct side) filter (where qty > 0) as d from fills group by book;
select book, string_agg(side, ',' order by id) as a, string_agg(id, '|' order by qty desc, id) as b, string_agg(side, ';' order by id) filter (where qty > 0) as c from fills group by book;
select book, arg_max(id, qty) as a, arg_min(price, ts) as b, max_by(side, id) as c, min_by(qty, price) as d from fills group by book;
select sum(distinct qty) as a, sum(distinct n) as b, count(distinct qty) as c from fills where id <> 7;
select book, sum(case when side = 'BUY' then qty else 0 end) as a, sum(maker) as b from fills where id <> 6 group by book;
select sum(qty) + 1 as a, coalesce(sum(price), 0) as b, count(*) + 1 as c, max(qty) - min(qty) as d from fills where id <> 3;
select book || '!' as a, count(*) as c from fills group by book || '!' order by a;
select count_if(qty > 0) as a, count_if(maker) filter (where qty > 0) as b from fills;
select any_value(book) as a from fills where book = 'B';
select f.book, max(b.currency) as c from fills as f join books as b using (book) group by f.book;

select avg(n) as a, avg(-n) as b, avg(n * 1000) as c, sum(-n) / 3 as d, cast(sum(-n) as double) as g from fills;
select id, avg(n) over (order by id rows between 1 preceding and current row) as a from fills;

-- windows
select id, row_number() over (order by qty, id) as a, rank() over (order by qty desc) as b, dense_rank() over (partition by book order by price) as c, ntile(3) over (order by id) as d from fills;
select id, sum(qty) over (partition by book order by id rows unbounded preceding) as a, sum(qty) over (partition by book order by id rows between 1 preceding and 1 following) as b, sum(n) over (order by id rows between 2 preceding and current row) as c, count(*) over (partition by book) as d from fills where id <> 7;
select id, min(qty) over (order by id rows between 2 preceding and current row) as a, max(price) over (partition by book order by id rows between unbounded preceding and 1 preceding) as b, max(n) over (order by id rows between current row and unbounded following) as c, max(side) over (partition by book) as d from fills;
select id, lag(qty) over (order by id) as a, lag(qty, 2, 0) over (order by id) as b, lead(side, 1, '?') over (partition by book order by id) as c, lag(n, 1, 0) over (partition by book order by ts, id) as d, lag(fee, 1, 0.123456789) over (order by id) as g from fills;
select id, first_value(qty) over w as a, last_value(qty) over w as b, last_value(price) over (partition by book order by id rows between unbounded preceding and unbounded following) as c, nth_value(id, 2) over w as d from fills window w as (partition by book order by id);
select id, sum(qty) over w as a, count(*) over w as b, row_number() over v as c from fills window w as (partition by book order by ts), v as (order by qty desc, id);
select id, sum(qty) over (order by ts) as a, count(*) over (order by qty) as b, sum(fee) over () as c from fills;
select id, sum(qty) filter (where side = 'BUY') over (partition by book order by id rows unbounded preceding) as a, count(*) filter (where maker) over (order by id) as b, bool_and(maker) over (order by id) as c, any_value(book) over (partition by book) as d from fills;
select book, sum(qty) as q, sum(sum(qty)) over (order by book) as running, rank() over (order by sum(qty) desc) as r from fills group by book;
select id, book from fills qualify row_number() over (partition by book order by qty desc, id) = 1 order by id;
select id, row_number() over (partition by book order by ts desc, id) as rn, qty from fills where qty <> 0 qualify rn <= 2 order by qty desc, price limit 5;
select book, sum(qty) as q from fills group by book qualify rank() over (order by sum(qty)) = 1;
select distinct side from fills qualify count(*) over (partition by side) > 1;
select id, qty - lag(qty, 1, qty) over (order by id) as change, qty / nullif(0.0::double, 0) as nothing_ from fills where false;
select id, sum(qty * coalesce(fee, 0)) over (partition by book order by id rows unbounded preceding) as a from fills where id < 7;

-- joins
select f.id, b.currency from fills as f left join books as b on f.book = b.book;
select f.id, b.currency from fills as f join books as b using (book);
select book, f.id, b.currency, f.book as fb, b.book as bb from fills as f full join books as b using (book);
select book, f.id, b.currency from fills as f right join books as b using (book);
select * from books full join marks using (book);
select * from books left join nothing using (book) left join marks using (book);
select b.book, m.price from books as b, marks as m where b.book = m.book;
select a.book, b.book as other from books as a cross join books as b where a.rank < b.rank;
select f.id, m.price from fills as f asof join marks as m on f.book = m.book and f.ts >= m.ts;
select f.id, m.ts, m.price from fills as f asof left join marks as m on f.book = m.book and f.ts > m.ts;
select f.id, m.price from fills as f asof left join (select book, ts, price from marks where price < 102) as m on m.book = f.book and m.ts <= f.ts;
select f.id, x.total from fills as f join (select book, sum(qty) as total from fills group by book) as x on x.book = f.book and x.total > f.qty;
select f.id from fills as f left join books as b on f.book = b.book and b.rank > 1 where b.book is null;
select a.book, b.n from books as a full join nothing as b on a.book = b.book and a.rank = b.n;

-- subqueries, CTEs, set operations
with buys as (select * from fills where qty > 0), totals as (select book, sum(qty) as q from buys group by book) select t.book, t.q, b.currency from totals as t left join books as b on b.book = t.book order by t.q, t.book;
with recursive c(i) as (select 1 union all select i + 1 from c where i < 5) select i, i * 1.5 as x from c order by i;
with recursive days as (select date '2026-01-30' as d union all select d + 1 from days where d < date '2026-02-02') select d from days;
with v(a, b) as (values (1, 1.5), (2, 2.25), (3, 3)) select a, b, a * b as c from v;
select * from (values (1, 'x', 1.5), (2, null, 22.25), (null, 'z', 3)) as v(a, b, c);
select id, (select max(qty) from fills) as m, (select b.currency from books as b where b.book = f.book) as c from fills as f;
select id from fills as f where exists (select 1 from books as b where b.book = f.book and b.rank > 1);
select id from fills as f where not exists (select 1 from marks as m where m.book = f.book);
select id from fills as f where not exists (select 1 from fills as g where g.book = f.book and g.qty = f.qty and g.id <> 1);
select id from fills as f where not exists (select 1 from fills as g where f.price = g.price and (g.maker or g.n is null));
select id from fills as f where not exists (select 1 from fills as g where g.n = f.id + 1) and f.id > 1;
select id, not exists (select 1 from fills as g where g.n = f.n and g.id > 3) as a from fills as f;
select id from fills as f where not exists (select 1 from fills as g where g.book = f.book and g.id > f.id);
select id from fills as f where not exists (select 1 from fills as g where g.id = 3 and g.book = 'none');
select id from fills where book in (select book from books where currency = 'USD');
select id from fills where book not in (select book from books where book is not null);
select id from fills where qty in (select price from marks) or n in (select rank from books) or n in (select price from marks);
select book from books union select book from fills;
select book, 1 as x from books union all select book, 2.5 from fills order by 2, 1 limit 7;
select book from books intersect select book from fills;
select book from books except select book from marks order by book;
select qty from fills union select price from marks order by qty desc limit 4;
select qty from fills union all select fee from fills union all select n from fills order by 1;
(select book from books order by book limit 2) union all (select book from marks order by book desc limit 1);
select book from books union all select book from marks except select book from nothing;
select book from books union all (select book from marks intersect select book from fills);
select 1 as a union select 1.0 union select 2 order by a;
select x.a from (select 1 as a union all select 2) as x where x.a > 1;
select distinct book, maker from fills order by book desc, maker;
select id from fills order by price desc, id limit 3 offset 2;
select id from fills order by book nulls first, qty desc, id offset 3;
select id, qty from fills order by qty * -1, id;
select qty * -1 as qty from fills order by qty;
select book, max(qty) as top from fills group by book order by max(qty) desc, book;
select t.book from (select book, sum(n) as s from fills where id <> 7 group by book) as t where t.s > 0;
select (select count(*) from fills as g where g.book = f.book and g.id <= f.id) as k, id from fills as f;

select *, -id as id2, side as book from fills order by book, id;
select f.id, g.id from fills as f join fills as g on f.id = g.id + 1 qualify row_number() over (partition by f.book order by g.id) = 1 order by 1;
select f.id, g.id from fills as f join fills as g on f.id = g.id + 1 union all (select n, id from fills order by id limit 2);
select distinct 1.5 as a, true as b, 'x' as c union select 2, false, 'y';

select id from fills where n >= (select max(n) from fills where n < 8);
select id from fills where qty > (select min(price) from marks) and (select count(*) from books) = 4;
select id, qty - (select max(qty) from fills) as a, (select max(side) from fills) || 'x' as b from fills where qty between (select min(qty) from fills) and 2;
select id from fills as f where qty = (select max(g.qty) from fills as g where g.book = f.book) or not exists (select 1 from books as b where b.book = f.book);

with fills as (select * from fills where id < 4) select id, qty from fills order by id;
with marks as (select book from books), books as (select * from books) select b.book from books as b join marks using (book) order by 1;

-- the ledger's own functions are not DuckDB's; see test_functions.py
