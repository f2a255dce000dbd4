{#- Whether a row belongs to the slice being built, by a whole number that its key is known by; true
where the model is built in one piece, as dbt does. -#}
{% macro in_slice(key) -%}
{%- set slice = build_slice() if build_slice is defined else none -%}
{%- if slice %}{{ key }} % {{ slice.count }} = {{ slice.number }}{% else %}1 = 1{% endif -%}
{%- endmacro %}
