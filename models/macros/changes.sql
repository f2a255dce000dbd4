{#
    What facts newer than the standing tables bear on; see models/changes.
#}

{#- True of a fill that they bear on. The earliest moment of them is said too, so that fills from
    before it need not even be read: facts come more or less as time goes on. #}
{% macro is_changed_fill(fill_id='fill_id', executed_at='executed_at') -%}
{{ fill_id }} in (select fill_id from {{ ref('int_changed_fills') }})
and {{ executed_at }} >= (select min(executed_at) from {{ ref('int_changed_fills') }})
{%- endmacro %}

{#- True of what an order of `orders` (int_changed_orders, int_rebooked_orders) traded or closed.
That it did so no earlier than the first of them traded lets most rows go by unread. #}
{% macro is_of_order_in(orders, order_id='order_id', executed_at='executed_at') -%}
{{ order_id }} in (select order_id from {{ orders }})
and {{ executed_at }} >= (select min(first_executed_at) from {{ orders }})
{%- endmacro %}

{#- order_costs of such orders -#}
{% macro costs_of_orders_in(orders) -%}
(
    select * from {{ ref('order_costs') }}
    where {{ is_of_order_in(orders, executed_at='first_filled_at') }}
)
{%- endmacro %}

{#- True of what is told of an order of `orders` (int_changed_orders, int_retimed_orders,
int_remeasured_orders). That nothing is told of an order before the order is lets most rows go by
unread. #}
{% macro is_told_of_order_in(orders, order_id='order_id', batch_id='batch_id') -%}
{{ order_id }} in (select order_id from {{ orders }})
and {{ batch_id }} >= (select min(first_batch_id) from {{ orders }})
{%- endmacro %}

{#- Of the standing rows of `table` those of a book that changed, so far as `condition` has them -#}
{% macro of_changed_books(table, condition) -%}
rowid in (
    select {{ table }}.rowid from {{ table }}
    inner join {{ ref('int_changed_books') }} as changed on {{ condition }}
)
{%- endmacro %}

{#- Of the standing rows of `table` those of an instrument with new ticks, from their first on: its
`moment`, or its day -#}
{% macro of_changed_ticks(table, moment=none, day=none) -%}
rowid in (
    select {{ table }}.rowid from {{ table }}
    inner join {{ ref('int_changed_ticks') }} as changed
        on {{ table }}.instrument_id = changed.instrument_id
        {%- if day %}
        and {{ table }}.{{ day }} >= cast(changed.changed_from as date)
        {%- else %}
        and {{ table }}.{{ moment }} >= changed.changed_from
        {%- endif %}
)
{%- endmacro %}

{#- Joins ticks to what says which are new: those from an instrument's first new one on, or from its
day; nothing where all are read -#}
{% macro join_changed_ticks(ticks, by_day=false) -%}
{%- if is_incremental() -%}
inner join {{ ref('int_changed_ticks') }} as changed
        on {{ ticks }}.instrument_id = changed.instrument_id
        {%- if by_day %}
        and cast({{ ticks }}.event_at as date) >= cast(changed.changed_from as date)
        {%- else %}
        and {{ ticks }}.event_at >= changed.changed_from
        {%- endif %}
{%- endif -%}
{%- endmacro %}

{#- Of the standing rows of `table` those of trades that may have changed -#}
{% macro of_changed_trades(table) -%}
rowid in (
    select {{ table }}.rowid from {{ table }}
    inner join {{ ref('int_changed_trades') }} as changed
        on {{ table }}.account_id = changed.account_id
        and {{ table }}.instrument_id = changed.instrument_id
        and {{ table }}.trade_number >= changed.first_trade_number
)
{%- endmacro %}

{#- Joins trades to what says which may have changed; nothing where all are made -#}
{% macro join_changed_trades(trades) -%}
{%- if is_incremental() -%}
inner join {{ ref('int_changed_trades') }} as changed
        on {{ trades }}.book_key = changed.book_key
        and {{ trades }}.trade_number >= changed.first_trade_number
{%- endif -%}
{%- endmacro %}
