{#-
Exact arithmetic of units of any size, on DuckDB: 128-bit integers.

Every division is first tried doubled, in one step: n / d rounded half away from zero is half
of trunc(2n / d), halved upwards where it is positive and, since a shift floors, as it is where it
is negative. So each operand stands in the expression once, and is brought to units once. Numbers
too large to be doubled in 128 bits take the longer way after it, in a `let`: that way names its
operands many times over, and to plan it with each written out takes longer than most queries run.
-#}

{#- Text, because a cast rescales by a 128-bit division: half the time, and never an overflow. -#}
{% macro wide_units(x) -%}
cast(replace(cast(cast({{ x }} as decimal(38, 12)) as varchar), '.', '') as hugeint)
{%- endmacro %}

{#- The digits of a number with 24 decimals: a count of 10^-24 -#}
{% macro long_digits(x) -%}
cast(replace(cast(cast({{ x }} as decimal(38, 24)) as varchar), '.', '') as hugeint)
{%- endmacro %}

{#- a * b, if it has 12 decimals at most: such as a whole number of contracts at any price -#}
{% macro wide_product(a, b) -%}
case
    {%- for left, right in [(0, 12), (4, 8), (8, 4), (12, 0)] %}
    {%- set first = 'cast(' ~ a ~ ' as decimal(38, ' ~ left ~ '))' -%}
    {%- set second = 'cast(' ~ b ~ ' as decimal(38, ' ~ right ~ '))' %}
    when {{ first }} = {{ a }} and {{ second }} = {{ b }} then {{ first }} * {{ second }}
    {%- endfor %}
end
{%- endmacro %}

{% macro halved(doubled_quotient, is_negative) -%}
(({{ doubled_quotient }}) + case when {{ is_negative }} then 0 else 1 end) >> 1
{%- endmacro %}

{#- Whether each of `numbers` is under `limit`, whatever its sign -#}
{% macro are_under(limit, numbers) -%}
{%- for number in numbers -%}
{{ ' and ' if not loop.first }}abs({{ number }}) < {{ limit }}
{%- endfor -%}
{%- endmacro %}

{#- Whether amount * part / whole is below zero; of zero it makes no difference -#}
{% macro is_negative_share(amount, part, whole) -%}
(({{ amount }}) < 0) <> ((({{ part }}) < 0) <> (({{ whole }}) < 0))
{%- endmacro %}

{#-
amount * part / whole of integers. `//` truncates, so half of whole is added away from zero; it
raises on zero, where null is wanted.
-#}
{% macro rounded_quotient(amount, part, whole) -%}
(({{ amount }}) * ({{ part }}) + case
    when (({{ amount }}) < 0) <> (({{ part }}) < 0) then -(abs({{ whole }}) >> 1)
    else abs({{ whole }}) >> 1
end) // nullif({{ whole }}, 0)
{%- endmacro %}

{#-
amount * part / whole: in one step where the product fits 128 bits doubled, in another where it fits
as it is, else by long division. Exact wherever the result has 38 digits and |part| and |whole| are
under 10^28; past that: an overflow error. `is_small` (all three are under 6 * 10^18) and
`is_negative` may be asked of what the three are made of.
-#}
{% macro wide_prorate(amount, part, whole, is_small, is_negative) -%}
case
    when {{ is_small }} then {{ halved(
        '2 * (' ~ amount ~ ') * (' ~ part ~ ') // nullif(' ~ whole ~ ', 0)', is_negative
    ) }}
    else {{ let([amount, part, whole], large_prorate('v[1]', 'v[2]', 'v[3]')) }}
end
{%- endmacro %}

{#- amount * part / whole of integers past 6 * 10^18 -#}
{% macro large_prorate(amount, part, whole) -%}
case
    when {{ whole }} = 0 then null
    when abs({{ amount }}) <= 99999999999999999999999999999999999999
        // greatest(abs({{ part }}), abs({{ whole }}))
        then {{ rounded_quotient(amount, part, whole) }}
    else {{ long_prorate(
        amount, part, whole, is_negative_share(amount, part, whole),
    ) }}
end
{%- endmacro %}

{#- `expression` of integers: v[1] in it is the first of them, made once. Slower than without, where
there are rows. -#}
{% macro let(values, expression) -%}
list_transform([[{{ values | join(', ') }}]], lambda v: {{ expression }})[1]
{%- endmacro %}

{#-
What amount leaves when divided by whole times part, nine digits of part at a time, from the first:
no step is over 2 * 10^9 * whole, or whole * whole / 10^18. Remainders have the sign of what was
divided, so every step has the sign of the result.
-#}
{% macro long_prorate(amount, part, whole, is_negative) -%}
{%- set rest = amount ~ ' % ' ~ whole -%}
{%- set base = '1000000000' -%}
{%- set high = rest ~ ' * (' ~ part ~ ' // ' ~ base ~ ' // ' ~ base ~ ')' -%}
{%- set middle -%}
({{ high }} % {{ whole }} * {{ base }} + {{ rest }} * ({{ part }} // {{ base }} % {{ base }}))
{%- endset -%}
{%- set low -%}
({{ middle }} % {{ whole }} * {{ base }} + {{ rest }} * ({{ part }} % {{ base }}))
{%- endset -%}
{{ amount }} // {{ whole }} * {{ part }}
        + ({{ high }} // {{ whole }} * {{ base }} + {{ middle }} // {{ whole }}) * {{ base }}
        + ({{ halved(low ~ ' * 2 // ' ~ whole, is_negative) }})
{%- endmacro %}

{#- Above 5 * 10^13 the numerator is divided in steps of six decimals, so that 10^12 * n fits. -#}
{% macro wide_quotient(n, d, is_small, is_negative) -%}
{%- set first = '(v[1] % v[2] * 1000000)' -%}
case
    when {{ is_small }}
        then {{ halved(n ~ ' * 2000000000000 // nullif(' ~ d ~ ', 0)', is_negative) }}
    else {{ let(
        [n, 'nullif(' ~ d ~ ', 0)'],
        'v[1] // v[2] * 1000000000000 + ' ~ first ~ ' // v[2] * 1000000 + '
        ~ rounded_quotient(first ~ ' % v[2]', '1000000', 'v[2]'),
    ) }}
end
{%- endmacro %}
