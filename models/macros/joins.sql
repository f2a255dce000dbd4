{#-
Joins that not every engine is quick at.
-#}

{#-
The rows of `ours` and `theirs` that have the same `keys`, and those that one of them has alone.
A key is a column of both, or a pair of their columns; none is null. `names` are what the two are
called, if not as they are.
-#}
{% macro full_outer_join(ours, theirs, keys, names=none) -%}
{{ adapter.dispatch('full_outer_join')(ours, theirs, keys, names or [ours, theirs]) }}
{%- endmacro %}

{% macro default__full_outer_join(ours, theirs, keys, names) -%}
{{ ours }} as {{ names[0] }}
full outer join {{ theirs }} as {{ names[1] }}
    on {% for key in keys -%}
    {%- set pair = [key, key] if key is string else key -%}
    {{ ' and ' if not loop.first }}{{ names[0] }}.{{ pair[0] }} = {{ names[1] }}.{{ pair[1] }}
    {%- endfor %}
{%- endmacro %}

{#- SQLite compares each row with each in a full join, for which it makes no index of its own. -#}
{% macro sqlite__full_outer_join(ours, theirs, keys, names) -%}
(
    select {% for key in keys -%}
    {{ ', ' if not loop.first }}{{ key if key is string else key[0] }} as key_{{ loop.index }}
    {%- endfor %} from {{ ours }}
    union
    select {% for key in keys -%}
    {{ ', ' if not loop.first }}{{ key if key is string else key[1] }}
    {%- endfor %} from {{ theirs }}
) as either
{%- for relation, name in [(ours, names[0]), (theirs, names[1])] %}
{%- set side = loop.index0 %}
left join {{ relation }} as {{ name }}
    on {% for key in keys -%}
    {%- set column = key if key is string else key[side] -%}
    {{ ' and ' if not loop.first }}either.key_{{ loop.index }} = {{ name }}.{{ column }}
    {%- endfor %}
{%- endfor %}
{%- endmacro %}
