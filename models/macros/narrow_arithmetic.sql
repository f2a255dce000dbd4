{#-
Exact arithmetic of numbers that fit 64 bits, on DuckDB: it divides those in 5 ns and 128-bit ones
in 60 to 400.
-#}

{#- |x| < 10^6 as a BIGINT count of 10^-12: its first 5 decimals, rounded, and what that leaves -#}
{% macro narrow_units(x) -%}
{%- set short = 'cast(' ~ x ~ ' as decimal(18, 12))' -%}
{%- set head = 'cast(' ~ short ~ ' as decimal(18, 5))' -%}
cast({{ head }} * 100000 as bigint) * 10000000 + cast(
    cast(cast({{ short }} - {{ head }} as decimal(18, 12)) * 1000000 as decimal(18, 6))
    * 1000000 as bigint
)
{%- endmacro %}

{#- a * b, both under 10^6, if it has 12 decimals at most: a has 4 and b 8, or the reverse -#}
{% macro narrow_product(a, b) -%}
{%- set short_a = 'cast(' ~ a ~ ' as decimal(18, 12))' -%}
{%- set short_b = 'cast(' ~ b ~ ' as decimal(18, 12))' -%}
case
    {%- for left, right in [(4, 8), (8, 4)] %}
    {%- set first = 'cast(' ~ short_a ~ ' as decimal(18, ' ~ left ~ '))' -%}
    {%- set second = 'cast(' ~ short_b ~ ' as decimal(18, ' ~ right ~ '))' %}
    when {{ first }} = {{ short_a }} and {{ second }} = {{ short_b }}
        then cast({{ first }} as decimal(19, {{ left }})) * {{ second }}
    {%- endfor %}
end
{%- endmacro %}

{#- units under 10^18 as a BIGINT count of 10^-8; null if they have more decimals -#}
{% macro narrow_count(units) -%}
{%- set n = 'cast(' ~ units ~ ' as bigint)' -%}
{{ n }} // nullif(10000 * cast({{ n }} % 10000 = 0 as integer), 0)
{%- endmacro %}

{#-
n / divisor, here times 10000 for each step above two, and n * part / divisor, of units; null where
the divisor is. It counts 10^-8 and is under
10^14; of a prorated part, which it is not less than, under 2.3 * 10^12, so that no step of these long
divisions leaves 64 bits. No CASE stands around them, because DuckDB computes a repeated subexpression
once, but not in a branch.
-#}
{% macro narrow_quotient(n, divisor, steps=2) -%}
{%- set ns = namespace(rest=narrow_amount(n), terms=[]) -%}
{%- for step in range(steps) -%}
{%- set _ = ns.terms.append(
    'cast(' ~ ns.rest ~ ' // ' ~ divisor ~ ' as hugeint) * ' ~ 10000 ** (steps - step)
) -%}
{%- set ns.rest = ns.rest ~ ' % ' ~ divisor ~ ' * 10000' -%}
{%- endfor -%}
{%- set last = '(' ~ ns.rest ~ ' * 2 // ' ~ divisor ~ ')' -%}
{{ ns.terms | join(' + ') }} + (({{ last }} + cast({{ last }} >= 0 as integer)) >> 1)
{%- endmacro %}

{% macro narrow_prorate(n, part, divisor) -%}
{%- set n = narrow_amount(n) -%}
{%- set count = narrow_count('case when ' ~ divisor ~ ' < 2300000000000 then ' ~ part ~ ' end') -%}
{%- set first = n ~ ' % ' ~ divisor ~ ' * (' ~ count ~ ' // 1000000)' -%}
cast({{ n }} // {{ divisor }} as hugeint) * ({{ count }})
+ {{ first }} // {{ divisor }} * 1000000
+ (
    (
        ({{ first }} % {{ divisor }} * 1000000 + {{ n }} % {{ divisor }} * ({{ count }} % 1000000))
        * 2 // {{ divisor }}
        + cast({{ n }} >= 0 as integer)
    ) >> 1
)
{%- endmacro %}

{#- A cast that fails is slow even where it is tried, but no fee and hardly a size is so large. -#}
{% macro narrow_amount(units) -%}
try_cast({{ units }} as bigint)
{%- endmacro %}
