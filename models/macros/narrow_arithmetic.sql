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

{#- half of a doubled quotient, rounded away from zero -#}
{% macro narrow_half(doubled) -%}
({{ doubled }} + cast({{ doubled }} >= 0 as integer)) >> 1
{%- endmacro %}

{#-
amount / divisor and amount * part / divisor of units, null where the divisor is: it counts 10^-8, is
under 10^14, and the part is not above what it counts. Long division, four digits a step; what the
first one leaves over is multiplied by the part, so no step exceeds 4 * 10^4 * divisor. There is no
CASE around these, because DuckDB computes a repeated subexpression once, but not in a branch.
-#}
{% macro narrow_quotient(amount, divisor) -%}
{%- set n = narrow_amount(amount) -%}
{%- set first = n ~ ' % ' ~ divisor ~ ' * 10000' -%}
{%- set second = first ~ ' % ' ~ divisor ~ ' * 10000' -%}
cast({{ n }} // {{ divisor }} as hugeint) * 100000000
+ {{ first }} // {{ divisor }} * 10000
+ ({{ narrow_half('(' ~ second ~ ' * 2 // ' ~ divisor ~ ')') }})
{%- endmacro %}

{% macro narrow_prorate(amount, part, divisor) -%}
{%- set n = narrow_amount(amount) -%}
{%- set p = '(' ~ narrow_count('case when ' ~ divisor ~ ' > 0 then ' ~ part ~ ' end') ~ ')' -%}
{%- set over = n ~ ' % ' ~ divisor ~ ' * ' -%}
{%- set ns = namespace(
    rest=over ~ '(' ~ p ~ ' // 1000000000000)',
    terms=['cast(' ~ n ~ ' // ' ~ divisor ~ ' as hugeint) * ' ~ p],
) -%}
{%- for power in [100000000, 10000, 1] -%}
{%- set _ = ns.terms.append(ns.rest ~ ' // ' ~ divisor ~ ' * ' ~ power * 10000) -%}
{%- set ns.rest = '(' ~ ns.rest ~ ' % ' ~ divisor ~ ' * 10000 + '
    ~ over ~ '(' ~ p ~ ' // ' ~ power ~ ' % 10000))' -%}
{%- endfor -%}
{{ ns.terms | join(' + ') }} + ({{ narrow_half('(' ~ ns.rest ~ ' * 2 // ' ~ divisor ~ ')') }})
{%- endmacro %}

{#- A cast that fails is slow even where it is tried, but no fee and hardly a size is so large. -#}
{% macro narrow_amount(units) -%}
try_cast({{ units }} as bigint)
{%- endmacro %}
