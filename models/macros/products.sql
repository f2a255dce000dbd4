{#-
Exact products of DECIMAL(38,12). A product has up to 24 decimals, which leave room for 14 digits before
the point; with 12 or fewer, as nearly all have, it may take 26.
-#}

{#- a * b rounded half away from zero at 12 decimals -#}
{% macro multiply(a, b) -%}
{{ adapter.dispatch('multiply')(a, b) }}
{%- endmacro %}

{#- a * b where an engine can tell cheaply that it has 12 decimals at most, else null -#}
{% macro short_product(a, b) -%}
{{ adapter.dispatch('short_product')(a, b) }}
{%- endmacro %}

{#-
a * b in two parts that can be summed past the 14 digits which 24 decimals leave before the point:
rounded at 12 decimals, and what that leaves. `short` is the column of their short_product.
-#}
{% macro rounded_product(a, b, short) -%}
coalesce({{ short }}, round({{ long_product(a, b, short) }}, 12))
{%- endmacro %}

{% macro product_rest(a, b, short) -%}
coalesce({{ long_product(a, b, short) }} - round({{ long_product(a, b, short) }}, 12), 0)
{%- endmacro %}

{#- What stands twice may be computed for every row, so it must not overflow where it is not asked
for. -#}
{% macro long_product(a, b, short) -%}
(case when {{ short }} is null then {{ a }} end * {{ b }})
{%- endmacro %}

{#- The sums of such parts, rounded at 12 decimals: past 5 * 10^13 each for itself, as there is no
room for 24. -#}
{% macro rounded_sum(value, rest) -%}
case
    when {{ rest }} = 0 then {{ value }}
    when abs({{ value }}) < 50000000000000 then round({{ value }} + {{ rest }}, 12)
    else {{ value }} + round({{ rest }}, 12)
end
{%- endmacro %}

{#-
The mean price of a quantity worth the sums of such parts; past 5 * 10^13 the rest is left out: it is no
more than the 12th decimal of a price.
-#}
{% macro mean_price(value, rest, quantity) -%}
case
    when {{ rest }} <> 0 and abs({{ value }}) < 50000000000000
        then {{ average(value ~ ' + ' ~ rest, quantity) }}
    else {{ divide(value, quantity) }}
end
{%- endmacro %}

{#-
True where `price` is not that mean price: asked by multiplying where there is room for it, as to
divide takes several times as long.
-#}
{% macro is_no_mean_price(price, value, rest, quantity) -%}
case
    when abs({{ value }}) < 50000000000000
        then 2 * abs({{ price }} * {{ quantity }} - ({{ value }} + {{ rest }}))
            > {{ quantity }} * 0.000000000001
    else {{ price }} <> {{ mean_price(value, rest, quantity) }}
end
{%- endmacro %}

{#- True where `amount` is not the rounded_sum: asked without rounding where there is room. -#}
{% macro is_no_rounded_sum(amount, value, rest) -%}
case
    when abs({{ value }}) < 50000000000000
        then abs({{ amount }} - ({{ value }} + {{ rest }})) > 0.0000000000005
    else {{ amount }} <> {{ rounded_sum(value, rest) }}
end
{%- endmacro %}

{% macro default__multiply(a, b) -%}
coalesce({{ short_product(a, b) }}, round({{ a }} * {{ b }}, 12))
{%- endmacro %}

{% macro default__short_product(a, b) -%}
case
    when abs({{ a }}) < 1000000 and abs({{ b }}) < 1000000 then {{ narrow_product(a, b) }}
    else {{ wide_product(a, b) }}
end
{%- endmacro %}

{% macro sqlite__short_product(a, b) -%}
decimal_short_product({{ a }}, {{ b }})
{%- endmacro %}
