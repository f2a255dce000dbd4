{#-
What `size` base units (contracts * multiplier) gained between a buy and a sell, in the settlement
currency. Linear: (sell - buy) * size. Inverse, where size is in quote units and each contract is
worth size / price base units: size / buy - size / sell.
-#}
{% macro gross_pnl(is_inverse, size, buy_price, sell_price) -%}
case
    when {{ is_inverse }}
        then {{ divide(size, buy_price) }} - {{ divide(size, sell_price) }}
    else round(({{ sell_price }} - {{ buy_price }}) * {{ size }}, 12)
end
{%- endmacro %}

{#- quantity * multiplier, skipping the rounding for the multiplier of nearly every instrument -#}
{% macro contract_size(quantity, multiplier) -%}
case
    when {{ multiplier }} = 1 then {{ quantity }}
    else round({{ quantity }} * {{ multiplier }}, 12)
end
{%- endmacro %}

{#-
The part of a fill's fee that falls on its units between `start` and `stop`. Each part is a
difference of the same running allocation, so the parts of a fill add up to its fee exactly.
All arguments and the result are units.
-#}
{% macro fee_share(fee, start, stop, whole) -%}
case when {{ stop }} = {{ whole }} then {{ fee }} else {{ prorate_units(fee, stop, whole) }} end
- case when {{ start }} = 0 then 0 else {{ prorate_units(fee, start, whole) }} end
{%- endmacro %}

{#- A sum that is null when any part is: an unknown fee is never taken as zero. -#}
{% macro sum_known(x) -%}
case when count(*) = count({{ x }}) then sum({{ x }}) end
{%- endmacro %}

{#- The method lots are matched by, as a column; an unknown one must not pass for another. -#}
{% macro pnl_method() -%}
{%- if var('pnl_method', 'fifo') != 'fifo' -%}
{{ exceptions.raise_compiler_error(
    "pnl_method is '" ~ var('pnl_method') ~ "'; lots are matched fifo only"
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
