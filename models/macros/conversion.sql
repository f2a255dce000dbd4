{#-
An amount in another currency, by the row of conversion_rates that is aliased `rate`: times the
price of a direct leg, over the price of an inverted one. Rounded once, half away from zero at 12
decimals, from the exact product or quotient. Null where there is no rate, and where 128 bits would
not do: the amount times the direct prices, two direct prices multiplied, and the result must stay
under 5 * 10^13. That is a question of magnitude, so floats answer it.
-#}
{% macro convert(amount, rate) -%}
{%- set first, second = rate ~ '.first_price', rate ~ '.second_price' -%}
{%- set a = 'abs(cast(' ~ amount ~ ' as double))' -%}
{%- set f, s = 'cast(' ~ first ~ ' as double)', 'cast(' ~ second ~ ' as double)' -%}
{%- set limit = 'cast(50000000000000 as double)' -%}
case
    when {{ rate }}.via_currency is null and not {{ rate }}.is_first_inverted
        then case when {{ a }} * {{ f }} < {{ limit }} then round({{ amount }} * {{ first }}, 12) end
    when {{ rate }}.via_currency is null
        then case
            when {{ a }} < {{ limit }} and {{ a }} < {{ limit }} * {{ f }}
                then {{ divide(amount, first) }}
        end
    when {{ rate }}.is_first_inverted and {{ rate }}.is_second_inverted
        then case
            when {{ a }} < {{ limit }} and {{ a }} < {{ limit }} * {{ f }} * {{ s }}
                then {{ divide_by_product(
                    amount,
                    'greatest(' ~ first ~ ', ' ~ second ~ ')',
                    'least(' ~ first ~ ', ' ~ second ~ ')',
                ) }}
        end
    when {{ rate }}.is_first_inverted
        then case
            when {{ a }} * {{ s }} < {{ limit }} and {{ a }} * {{ s }} < {{ limit }} * {{ f }}
                then {{ average(amount ~ ' * ' ~ second, first) }}
        end
    when {{ rate }}.is_second_inverted
        then case
            when {{ a }} * {{ f }} < {{ limit }} and {{ a }} * {{ f }} < {{ limit }} * {{ s }}
                then {{ average(amount ~ ' * ' ~ first, second) }}
        end
    when {{ f }} * {{ s }} < {{ limit }} and {{ a }} * {{ f }} * {{ s }} < {{ limit }}
        then {{ product(amount, first, second) }}
end
{%- endmacro %}

{#- Why a pair of currencies has no rate at a moment: columns that are null without one. -#}
{% macro missing_rate_reason(rate, route) -%}
case
    when {{ rate }} is not null then null
    when {{ route }} is not null then 'NO_TICK'
    else 'NO_INSTRUMENT'
end
{%- endmacro %}

{#- a * b * c rounded once; b and c above zero -#}
{% macro product(a, b, c) -%}
{{ adapter.dispatch('product')(a, b, c) }}
{%- endmacro %}

{#- a / (b * c) rounded once; b and c above zero, b the larger -#}
{% macro divide_by_product(a, b, c) -%}
{{ adapter.dispatch('divide_by_product')(a, b, c) }}
{%- endmacro %}

{#-
b * c has 24 decimals. Its first 12 and its last 12 are multiplied by a one after the other; what
that cuts off, beyond the 24th decimal, cannot move a sum across a half of the 12th.
-#}
{% macro default__product(a, b, c) -%}
{%- set n, p = 'abs(' ~ units(a) ~ ')', units(b) ~ ' * ' ~ units(c) -%}
case when {{ a }} < 0 then -1 else 1 end * {{ from_units(
    '(' ~ n ~ ' * (' ~ p ~ ' // 1000000000000) + '
    ~ n ~ ' * (' ~ p ~ ' % 1000000000000) // 1000000000000 + 500000000000) // 1000000000000'
) }}
{%- endmacro %}

{#- Dividing by b and then by c floors twice, which floors as one division by b * c does. -#}
{% macro default__divide_by_product(a, b, c) -%}
{%- set n, larger = 'abs(' ~ units(a) ~ ') * 2000000000000', units(b) -%}
case when {{ a }} < 0 then -1 else 1 end * {{ from_units(
    '(((' ~ n ~ ') // ' ~ larger ~ ' * 1000000000000 + ((' ~ n ~ ') % ' ~ larger
    ~ ') * 1000000000000 // ' ~ larger ~ ') // ' ~ units(c) ~ ' + 1) >> 1'
) }}
{%- endmacro %}

{% macro sqlite__product(a, b, c) -%}
decimal_product({{ a }}, {{ b }}, {{ c }})
{%- endmacro %}

{% macro sqlite__divide_by_product(a, b, c) -%}
decimal_divide({{ a }}, {{ b }} * {{ c }})
{%- endmacro %}

{#-
One row for each of `amounts`, columns of a relation, called `name` and `amount` and beside the
columns `keys`: so that what converts them stands once.
-#}
{% macro each_amount(relation, keys, amounts) -%}
select
    {%- for key in keys %}
    {{ relation }}.{{ key }},
    {%- endfor %}
    names.name,
    case names.name
        {%- for amount in amounts %}
        when '{{ amount }}' then {{ relation }}.{{ amount }}
        {%- endfor %}
    end as amount
from {{ relation }}
cross join (
    values
    {%- for amount in amounts %}
    ('{{ amount }}'){{ ',' if not loop.last }}
    {%- endfor %}
) as names (name)
{%- endmacro %}
