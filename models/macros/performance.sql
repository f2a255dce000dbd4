{#- A running sum, null from the first part that is: an unknown fee is never taken as zero. -#}
{% macro known_so_far(x, so_far) -%}
case when count(*) over {{ so_far }} = count({{ x }}) over {{ so_far }}
    then sum({{ x }}) over {{ so_far }}
end
{%- endmacro %}

{#-
The mean price of a quantity worth `value` + `rest` quote units, where `rest` is what is lost of
products at the 12th decimal; of values too large to have 24 it cannot be seen.
-#}
{% macro mean_price(value, rest, quantity) -%}
case
    when abs({{ value }}) < 50000000000000
        then {{ average(value ~ ' + ' ~ rest, quantity) }}
    else {{ divide(value, quantity) }}
end
{%- endmacro %}

{#- The price at which `size` is worth `base_value`, where rounding cannot take it out of range. -#}
{% macro harmonic_price(size, base_value, lowest, highest) -%}
greatest({{ lowest }}, least({{ highest }}, {{ divide(size, base_value) }}))
{%- endmacro %}

{#- An amount in the currency that its account reports in, by the row `rates` of day rates. -#}
{% macro reported(amount, currency, reporting_currency, rates) -%}
case
    when {{ currency }} = {{ reporting_currency }} then {{ amount }}
    else {{ convert(amount, rates) }}
end
{%- endmacro %}
