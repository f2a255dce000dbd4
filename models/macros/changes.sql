{#
    What facts newer than the standing tables bear on; see models/changes.
#}

{#- True of a fill that they bear on. The earliest moment of them is said too, so that fills from
    before it need not even be read: facts come more or less as time goes on. #}
{% macro is_changed_fill(fill_id='fill_id', executed_at='executed_at') -%}
{{ fill_id }} in (select fill_id from {{ ref('int_changed_fills') }})
and {{ executed_at }} >= (select min(executed_at) from {{ ref('int_changed_fills') }})
{%- endmacro %}
