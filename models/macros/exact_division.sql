{#-
Exact division of DECIMAL(38,12), rounded half away from zero at 12 decimals. No engine's own `/`
is exact on decimals (DuckDB gives DOUBLE, SQLite REAL), so models divide here and nowhere else.

`units` is a number in the form the engine divides fastest: on DuckDB a HUGEINT count of 10^-12,
elsewhere the decimal itself. A model that divides millions of rows makes units once a row, works
on them and ends with `from_units`. Adding, subtracting, comparing and ordering units is allowed.
`divisor` is a column beside the units that are divided by, which makes that some five times as fast
where they are short enough (8 decimals, under a million) and is null where they are not.
-#}

{#- a / b; null where b is zero or either is null -#}
{% macro divide(a, b) -%}
{{ adapter.dispatch('divide')(a, b) }}
{%- endmacro %}

{#-
value / weight, where value is a sum of products and still has their 24 decimals: the weighted
average of prices, rounded once. Null where weight is zero or either is null.
-#}
{% macro average(value, weight) -%}
{{ adapter.dispatch('average')(value, weight) }}
{%- endmacro %}

{#-
weight / value, where value has 24 decimals: the price at which `weight` is worth `value`, rounded
once. Past 10^8, where 12 decimals of the value tell as much, they do: there is room for them. Null
where value is zero or either is null.
-#}
{% macro harmonic_average(weight, value) -%}
case
    when abs({{ value }}) < 100000000 and abs({{ weight }}) < 100000000000000
        then {{ adapter.dispatch('harmonic_average')(weight, value) }}
    else {{ divide(weight, 'round(' ~ value ~ ', 12)') }}
end
{%- endmacro %}

{#- amount * part / whole; null where whole is zero or any is null -#}
{% macro prorate(amount, part, whole) -%}
{{ adapter.dispatch('prorate')(amount, part, whole) }}
{%- endmacro %}

{#- n / d of units, with the `divisor` of d -#}
{% macro divide_units(n, d, divisor) -%}
{{ adapter.dispatch('divide_units')(n, d, divisor) }}
{%- endmacro %}

{% macro divisor(units) -%}
{{ adapter.dispatch('divisor')(units) }}
{%- endmacro %}

{% macro units(x) -%}
{{ adapter.dispatch('units')(x) }}
{%- endmacro %}

{% macro from_units(x) -%}
{{ adapter.dispatch('from_units')(x) }}
{%- endmacro %}

{#- units as a whole number of 10^-12, which a kernel reads, and back -#}
{% macro count_of_units(x) -%}
{{ adapter.dispatch('count_of_units')(x) }}
{%- endmacro %}

{% macro units_of_count(x) -%}
{{ adapter.dispatch('units_of_count')(x) }}
{%- endmacro %}

{#- amount * part / whole of units, with the `divisor` of whole -#}
{% macro prorate_units(amount, part, whole, divisor) -%}
{{ adapter.dispatch('prorate_units')(amount, part, whole, divisor) }}
{%- endmacro %}

{% macro default__units(x) -%}
case
    when abs({{ x }}) < 1000000 then cast({{ narrow_units(x) }} as hugeint)
    else {{ wide_units(x) }}
end
{%- endmacro %}

{% macro default__divisor(units) -%}
case
    when abs({{ units }}) < 1000000000000000000 then nullif({{ narrow_count(units) }}, 0)
end
{%- endmacro %}

{% macro default__from_units(x) -%}
(cast({{ x }} as decimal(38, 0)) * 0.000000000001)
{%- endmacro %}

{% macro default__count_of_units(x) -%}
{{ x }}
{%- endmacro %}

{% macro default__units_of_count(x) -%}
cast({{ x }} as hugeint)
{%- endmacro %}

{% macro default__prorate_units(amount, part, whole, divisor) -%}
coalesce({{ narrow_prorate(amount, part, divisor) }}, {{ wide_prorate(
    amount, part, whole, are_under(6 * 10 ** 18, [amount, part, whole]),
    is_negative_share(amount, part, whole),
) }})
{%- endmacro %}

{% macro default__prorate(amount, part, whole) -%}
{{ from_units(wide_prorate(
    wide_units(amount), wide_units(part), wide_units(whole),
    are_under(6 * 10 ** 6, [amount, part, whole]), is_negative_share(amount, part, whole),
)) }}
{%- endmacro %}

{% macro default__divide(a, b) -%}
{{ from_units(wide_quotient(
    wide_units(a), wide_units(b), 'abs(' ~ a ~ ') < 50000000000000',
    '((' ~ a ~ ') < 0) <> ((' ~ b ~ ') < 0)',
)) }}
{%- endmacro %}

{% macro default__divide_units(n, d, divisor) -%}
coalesce({{ narrow_quotient(n, divisor) }}, {{ wide_quotient(
    n, d, 'abs(' ~ n ~ ') < 50000000000000000000000000', '((' ~ n ~ ') < 0) <> ((' ~ d ~ ') < 0)'
) }})
{%- endmacro %}

{% macro default__harmonic_average(weight, value) -%}
{{ from_units(wide_quotient(
    '(' ~ wide_units(weight) ~ ' * 1000000000000)', long_digits(value),
    'abs(' ~ weight ~ ') < 50', '((' ~ weight ~ ') < 0) <> ((' ~ value ~ ') < 0)',
)) }}
{%- endmacro %}

{#- 24 decimals over 12 leave 12, so the digits are divided as they are -#}
{% macro default__average(value, weight) -%}
{%- set digits = long_digits(value) -%}
case
    when abs({{ value }}) < 50000000000000
        then {{ from_units(halved(
            digits ~ ' * 2 // nullif(' ~ units(weight) ~ ', 0)',
            '((' ~ value ~ ') < 0) <> ((' ~ weight ~ ') < 0)',
        )) }}
    else {{ from_units(let(
        [digits, wide_units(weight)], rounded_quotient('v[1]', '1', 'v[2]')
    )) }}
end
{%- endmacro %}

{% macro sqlite__harmonic_average(weight, value) -%}
decimal_divide({{ weight }}, {{ value }})
{%- endmacro %}

{% macro sqlite__average(value, weight) -%}
decimal_divide({{ value }}, {{ weight }})
{%- endmacro %}

{% macro sqlite__units(x) -%}
{{ x }}
{%- endmacro %}

{% macro sqlite__from_units(x) -%}
{{ x }}
{%- endmacro %}

{#- its digits: a product would keep twelve decimals, which take the room of what comes before -#}
{% macro sqlite__count_of_units(x) -%}
cast(replace(cast(cast({{ x }} as decimal(38, 12)) as varchar), '.', '') as decimal(38, 0))
{%- endmacro %}

{% macro sqlite__units_of_count(x) -%}
({{ x }} * 0.000000000001)
{%- endmacro %}

{% macro sqlite__prorate_units(amount, part, whole, divisor) -%}
decimal_prorate({{ amount }}, {{ part }}, {{ whole }})
{%- endmacro %}

{% macro sqlite__prorate(amount, part, whole) -%}
decimal_prorate({{ amount }}, {{ part }}, {{ whole }})
{%- endmacro %}

{% macro sqlite__divide_units(n, d, divisor) -%}
decimal_divide({{ n }}, {{ d }})
{%- endmacro %}

{% macro sqlite__divisor(units) -%}
null
{%- endmacro %}

{% macro sqlite__divide(a, b) -%}
decimal_divide({{ a }}, {{ b }})
{%- endmacro %}
