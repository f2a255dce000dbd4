{#- A where clause that hides what the ledger learned after `var('as_of')`; nothing without it. -#}
{% macro known_as_of(column='recorded_at') -%}
{%- if var('as_of', none) is not none -%}
where {{ column }} <= timestamp '{{ var('as_of') }}'
{%- endif -%}
{%- endmacro %}
