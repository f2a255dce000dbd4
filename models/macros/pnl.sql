{#-
What `size` base units (contracts * multiplier) gained between a buy and a sell, in the settlement
currency. Linear: (sell - buy) * size. Inverse, where size is in quote units and each contract is
worth size / price base units: size / buy - size / sell.
-#}
{% macro gross_pnl(is_inverse, size, buy_price, sell_price) -%}
case
    when {{ is_inverse }}
        then {{ divide(size, buy_price) }} - {{ divide(size, sell_price) }}
    else {{ multiply('(' ~ sell_price ~ ' - ' ~ buy_price ~ ')', size) }}
end
{%- endmacro %}

{#- quantity * multiplier, skipping the rounding for the multiplier of nearly every instrument -#}
{% macro contract_size(quantity, multiplier) -%}
case
    when {{ multiplier }} = 1 then {{ quantity }}
    else {{ multiply(quantity, multiplier) }}
end
{%- endmacro %}

{#-
The part of a fill's fee that falls on its units between `start` and `stop`. Each part is a
difference of the same running allocation, so the parts of a fill add up to its fee exactly.
All arguments and the result are units, but for the divisor of `whole`.
-#}
{% macro fee_share(fee, start, stop, whole, divisor) -%}
{{ prorate_units(fee, stop, whole, divisor) }} - {{ prorate_units(fee, start, whole, divisor) }}
{%- endmacro %}

{#- A sum that is null when any part is: an unknown fee is never taken as zero. -#}
{% macro sum_known(x) -%}
case when count(*) = count({{ x }}) then sum({{ x }}) end
{%- endmacro %}

{#-
What an average-cost position gained on the units it closed, whose part of its pool is `cost`
(24 decimals). The closed units are worth what they traded for.
-#}
{% macro pooled_pnl(is_inverse, is_long, size, close_price, cost) -%}
case
    when {{ is_inverse }} and {{ is_long }}
        then round({{ cost }} - {{ divide(size, close_price) }}, 12)
    when {{ is_inverse }} then round({{ divide(size, close_price) }} - {{ cost }}, 12)
    when {{ is_long }} then round({{ close_price }} * {{ size }} - {{ cost }}, 12)
    else round({{ cost }} - {{ close_price }} * {{ size }}, 12)
end
{%- endmacro %}

{#- The price that a pool's units cost on average. -#}
{% macro pooled_price(is_inverse, size, cost) -%}
case
    when {{ is_inverse }} then {{ harmonic_average(size, cost) }}
    else {{ average(cost, size) }}
end
{%- endmacro %}

{#-
What inverse contracts of `size` quote units are worth at a price, in millionths of a base unit, and the
price at which they are worth a sum of that, the harmonic mean; rounding cannot take it out of range.
In base units 12 decimals would tell the price of a small position to a few digits only.
-#}
{% macro base_value(size, price) -%}
{{ divide('(' ~ size ~ ' * 1000000)', price) }}
{%- endmacro %}

{% macro harmonic_price(size, base_value, lowest, highest) -%}
greatest({{ lowest }}, least({{ highest }}, {{ divide('(' ~ size ~ ' * 1000000)', base_value) }}))
{%- endmacro %}

{#- A kernel's count of a pool's cost as money: 24 decimals. -#}
{% macro pool_cost(count) -%}
({{ count }} * 0.000000000000000000000001)
{%- endmacro %}

{#-
Cash that was gained or lost. What was brought in, taken out or moved is none, and what an adjustment
was for its row does not say.
-#}
{% macro is_result(kind) -%}
{{ kind }} in ('FUNDING', 'INTEREST', 'FEE')
{%- endmacro %}

{#- The number that the kernel lot_matching knows a method by. -#}
{% macro kernel_method(pnl_method) -%}
case {{ pnl_method }} when 'fifo' then 0 when 'lifo' then 1 when 'hifo' then 2 else 3 end
{%- endmacro %}

{#- How an account's lots are matched where the seed pnl_methods does not say. -#}
{% macro pnl_method() -%}
{%- set known = ['fifo', 'lifo', 'hifo', 'average'] if target.has_kernels else ['fifo'] -%}
{%- if var('pnl_method', 'fifo') not in known -%}
{{ exceptions.raise_compiler_error(
    "pnl_method is '" ~ var('pnl_method') ~ "'; it can be " ~ known | join(', ')
) }}
{%- endif -%}
'{{ var('pnl_method', 'fifo') }}'
{%- endmacro %}

{#-
One integer for a book's fill on its side. Joined by it, buys and sells meet only through the
segment that names both; by book and number, a planner may join all buys of a book to all its sells.
-#}
{% macro book_fill_key(book_key, side_seq) -%}
cast({{ book_key }} as bigint) * 10000000000 + {{ side_seq }}
{%- endmacro %}
