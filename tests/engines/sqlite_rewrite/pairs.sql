-- DuckDB SQL; then, after a line `=>`, what it becomes on SQLite.

select id, qty * price as notional from fills where qty > 0
=>
select
    fills.id,
    decimal_mul(fills.qty, fills.price) as notional
from fills
where decimal_cmp(fills.qty, '0.000000000000') > 0;

select book, sum(fee) as fees from fills group by 1 order by fees desc
=>
select
    fills.book,
    decimal_sum(fills.fee) as fees
from fills
group by fills.book
order by fees collate decimal desc nulls last;

select id from fills qualify row_number() over (partition by book order by ts) = 1
=>
select
    id
from (
    select
        fills.id,
        (row_number() over (partition by fills.book order by fills.ts nulls last)) = 1 as qualify_
    from fills
)
where qualify_;

select book, currency from books full join marks using (book)
=>
select
    coalesce(books.book, marks.book) as book,
    books.currency
from books
full join marks
    on books.book = marks.book;

select 1 as a union all select 0.5
=>
select
    '1.0' as a
union all
select
    '0.5' as a;

select n + id as a, n / 2 as b, row_number() over (order by id) + 1 as c from fills
=>
select
    integer_add(fills.n, fills.id) as a,
    double_divide(cast(fills.n as real), cast(2 as real)) as b,
    (row_number() over (order by fills.id nulls last)) + 1 as c
from fills;

insert into marks (book, price) values ('Z', ?), ('Y', 1.0000000000005)
=>
insert into marks (book, price)
values
    ('Z', decimal_cast(?, 38, 12)),
    ('Y', '1.000000000001');

insert into marks select book, ts, qty * price from fills on conflict do nothing
=>
insert into marks (book, ts, price)
select *
from (
    select
        fills.book,
        fills.ts,
        decimal_rescale(decimal_mul(fills.qty, fills.price), 38, 12) as "qty * price"
    from fills
)
where true
on conflict do nothing;

delete from fills where qty = 0 and ts < timestamp '2026-01-01'
=>
delete from fills
where fills.qty = '0.000000000000'
    and fills.ts < '2026-01-01 00:00:00.000000';

update fills set fee = fee + 1, side = 'BUY' where id = 3
=>
update fills
set
    fee = decimal_rescale(decimal_add(fills.fee, '1.00000000'), 20, 8),
    side = 'BUY'
where fills.id = 3;

create unique index ux on fills (book, ts desc)
=>
create unique index ux on fills (book, ts desc);

comment on table fills is 'Fact: one execution'
=>
;

drop table if exists fills
=>
drop table if exists fills;

select id from fills as f where not exists (select 1 from books as b where b.book = f.book and b.book <> 'x')
=>
select
    f.id
from fills as f
where (f.book is null or f.book not in (
    select b.book
    from books as b
    where b.book is not null
        and b.book <> 'x'
));

with totals as (select book, sum(qty) as q from fills group by book), once as (select book from books) select a.q from totals as a join totals as b on b.book = a.book join once on once.book = a.book
=>
with totals as materialized (
    select
        fills.book,
        decimal_sum(fills.qty) as q
    from fills
    group by fills.book
), once as (
    select
        books.book
    from books
)
select
    a.q
from totals as a
join totals as b
    on b.book = a.book
join once
    on once.book = a.book;
