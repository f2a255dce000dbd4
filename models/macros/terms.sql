{#- A term of an account or instrument, `source`: as it was restated last, or as it was declared. #}
{% macro in_force(term) -%}
case when restated.restatement_id is null then source.{{ term }} else restated.{{ term }} end
            as {{ term }}
{%- endmacro %}
