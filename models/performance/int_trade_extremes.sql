-- One row per trade that saw a tick: the lowest and the highest mid between its ends.
-- Ticks stand in blocks of 32, those in blocks of 32, and so on. The ticks of a trade are those of
-- two blocks at its ends and whole blocks in between, of which the same is true: at each level a
-- trade meets 64 rows at most, however many ticks it saw.
{%- set width = 32 %}
{%- set levels = 4 %}
with spans as (
    select
        trades.book_key,
        trades.trade_number,
        instruments.instrument_key,
        trades.opened_at,
        coalesce(trades.closed_at, instruments.last_tick_at) as closed_at
    from {{ ref('int_trades') }} as trades
    {{ join_changed_trades('trades') }}
    inner join {{ ref('int_books') }} as books on trades.book_key = books.book_key
    inner join {{ ref('int_instruments_ticked') }} as instruments
        on books.instrument_id = instruments.instrument_id
),

bounds as (
    select
        instrument_key,
        min(opened_at) as opened_at,
        max(closed_at) as closed_at
    from spans
    group by instrument_key
),

-- what was quoted before all trades of an instrument, or after them, is nothing they saw
ticks as (
    select ticks.*
    from {{ ref('int_ticks_numbered') }} as ticks
    inner join bounds
        on ticks.instrument_key = bounds.instrument_key
        and ticks.event_at between bounds.opened_at and bounds.closed_at
),

-- a tick of the moment it was opened or closed counts
turns as (
    select
        instrument_key,
        opened_at as moment,
        0 as place,
        book_key,
        trade_number
    from spans
    union all
    select instrument_key, closed_at, 2, book_key, trade_number
    from spans
),

{{ ticks_near('turns', 'ticks') }},

moments as (
    select
        *,
        cast(null as bigint) as tick_number
    from turns
    union all
    select instrument_key, event_at, 1, null, null, tick_number
    from near
),

placed as (
    select
        book_key,
        trade_number,
        place,
        coalesce(max(tick_number) over (
            order by instrument_key, moment, place
            rows between unbounded preceding and current row
        ), 0) as tick_number
    from moments
),

reach_0 as (
    select
        book_key,
        trade_number,
        max(case when place = 0 then tick_number end) + 1 as first_node,
        max(case when place = 2 then tick_number end) as last_node
    from placed
    where place <> 1
    group by book_key, trade_number
),
{% for level in range(1, levels + 1) %}
reach_{{ level }} as (
    select
        book_key,
        trade_number,
        first_node // {{ width }} + 1 as first_node,
        last_node // {{ width }} - 1 as last_node
    from reach_{{ level - 1 }}
    where first_node // {{ width }} + 1 < last_node // {{ width }}
),
{% endfor %}
ends as (
    {%- for level in range(levels + 1) %}
    {%- set block = 'first_node // ' ~ width, 'last_node // ' ~ width %}
    {%- if level == levels %}{% set block = '0', '0' %}{% endif %}
    select
        {{ level }} as level,
        {{ block[0] }} as block,
        book_key,
        trade_number,
        first_node,
        last_node
    from reach_{{ level }}
    where first_node <= last_node
    {%- if level < levels %}
    union all
    select {{ level }}, {{ block[1] }}, book_key, trade_number, first_node, last_node
    from reach_{{ level }}
    where {{ block[0] }} < {{ block[1] }}
    union all
    {%- endif %}
    {%- endfor %}
),

nodes_0 as (
    select tick_number as node, mid_price as lowest_mid, mid_price as highest_mid
    from ticks
),
{% for level in range(1, levels + 1) %}
nodes_{{ level }} as (
    select
        node // {{ width }} as node,
        min(lowest_mid) as lowest_mid,
        max(highest_mid) as highest_mid
    from nodes_{{ level - 1 }}
    group by node // {{ width }}
),
{% endfor %}
nodes as (
    {%- for level in range(levels + 1) %}
    select
        {{ level }} as level,
        {{ 'node // ' ~ width if level < levels else '0' }} as block,
        node,
        lowest_mid,
        highest_mid
    from nodes_{{ level }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        ends.book_key,
        ends.trade_number,
        min(nodes.lowest_mid) as lowest_mid,
        max(nodes.highest_mid) as highest_mid
    from ends
    inner join nodes
        on ends.level = nodes.level
        and ends.block = nodes.block
        and nodes.node between ends.first_node and ends.last_node
    group by ends.book_key, ends.trade_number
)

select * from final
