{#-
The number of the newest tick at or before each row of a union of ticks (`is_tick` 1) and of moments
to be priced (`is_tick` 0), ordered by instrument_key and moment. One window over all instruments,
which DuckDB runs twice as fast as one a partition: tick numbers grow from one instrument to the
next, so a tick of another instrument stands only where its own has none, and the join to the ticks
has to compare the instrument too.
-#}
{% macro latest_tick(tick_number) -%}
max({{ tick_number }}) over (
    order by instrument_key, moment, is_tick desc
    rows between unbounded preceding and current row
)
{%- endmacro %}

{#-
The CTEs `days` and `near`: the ticks that may be the latest at or before one of `moments`, a CTE with
instrument_key and moment, or `later` than that. Those are of its day, or the last of a day before: so
a few moments are not looked up among all ticks there ever were. `ticks` are those to choose from.
-#}
{% macro ticks_near(moments, ticks, later=none) -%}
days as (
    select
        instrument_key,
        cast(moment as date) as tick_date
    from {{ moments }}
    {%- if later %}
    union
    select
        instrument_key,
        cast(moment + {{ later }} as date)
    from {{ moments }}
    {%- else %}
    group by instrument_key, cast(moment as date)
    {%- endif %}
),

near as (
    select ticks.*
    from {{ ticks }} as ticks
    inner join days
        on ticks.instrument_key = days.instrument_key
        and cast(ticks.event_at as date) = days.tick_date
        -- says no more, but lets what was before all of them go by unread
        and ticks.event_at >= cast(days.tick_date as timestamp)
    union all
    select ticks.*
    from {{ ticks }} as ticks
    inner join {{ ref('int_closes') }} as closes on ticks.tick_number = closes.tick_number
    left join days
        on ticks.instrument_key = days.instrument_key
        and closes.close_date = days.tick_date
    where days.instrument_key is null
)
{%- endmacro %}

{#- How long after a fill the realised spread looks at the market. -#}
{% macro realized_spread_horizon() -%}
interval {{ var('realized_spread_seconds', 300) }} second
{%- endmacro %}

{#- Whether a tick was too old at `moment` to say what the market was. -#}
{% macro is_stale(event_at, moment) -%}
{{ event_at }} < {{ moment }} - interval {{ var('tick_max_age_seconds', 86400) }} second
{%- endmacro %}

{#- What `size` base units cost at a price, in settlement currency; inverse: what they are worth -#}
{% macro contract_value(is_inverse, size, price) -%}
case
    when {{ is_inverse }} then {{ divide(size, price) }}
    else {{ multiply(size, price) }}
end
{%- endmacro %}

{#-
amount / price in basis points, both in units; null where the price is not above zero, and so has to
be the `divisor` beside it, if one is.
-#}
{% macro basis_points(amount, price, divisor=none) -%}
{{ adapter.dispatch('basis_points')(amount, price, divisor) }}
{%- endmacro %}

{% macro default__basis_points(amount, price, divisor) -%}
{%- if divisor -%}
coalesce(
    {{ from_units(narrow_quotient(amount, divisor, 3)) }},
    {{ wide_basis_points(amount, price) }}
)
{%- else -%}
{{ wide_basis_points(amount, price) }}
{%- endif -%}
{%- endmacro %}

{#- 20,000 units at 12 decimals fit 128 bits -#}
{% macro wide_basis_points(amount, price) -%}
case
    when {{ price }} > 0
        then {{ from_units(wide_quotient(
            '(' ~ amount ~ ') * 10000', price,
            'abs(' ~ amount ~ ') < 8000000000000000000000', '(' ~ amount ~ ') < 0',
        )) }}
end
{%- endmacro %}

{% macro sqlite__basis_points(amount, price, divisor) -%}
case when {{ price }} > 0 then {{ divide('(' ~ amount ~ ') * 10000', price) }} end
{%- endmacro %}
