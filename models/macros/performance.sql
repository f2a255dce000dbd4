{#- A running sum, null from the first part that is: an unknown fee is never taken as zero. -#}
{% macro known_so_far(x, so_far) -%}
case when count(*) over {{ so_far }} = count({{ x }}) over {{ so_far }}
    then sum({{ x }}) over {{ so_far }}
end
{%- endmacro %}

{#- An amount in the currency that its account reports in, by the row `rates` of day rates. -#}
{% macro reported(amount, currency, reporting_currency, rates) -%}
case
    when {{ currency }} = {{ reporting_currency }} then {{ amount }}
    else {{ convert(amount, rates) }}
end
{%- endmacro %}

{#-
A row of `column` for each moment of a var, in UTC: one, a list, or text with commas between them.
YAML makes a date or a datetime of a single one.
-#}
{% macro moments_of_var(name, column) -%}
{%- set given = var(name) -%}
{%- set given = given.split(',') if given is string else given -%}
{%- set given = [given] if given.strftime is defined else given -%}
{%- for moment in given -%}
    {%- if moment.utctimetuple is defined -%}
        {%- set parts = moment.utctimetuple() -%}
        {%- set text = '%04d-%02d-%02d %02d:%02d:%02d.%06d' | format(
            parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], moment.microsecond
        ) -%}
    {%- else -%}
        {%- set text = moment | string | trim | replace('T', ' ') | replace('Z', '') -%}
    {%- endif -%}
    {%- if text.strip('0123456789-:. ') or not text -%}
{{ exceptions.raise_compiler_error(
    name ~ " is '" ~ moment ~ "'; it is a moment in UTC, such as 2026-03-02T17:00:00Z, or several "
    ~ "with commas between them"
) }}
    {%- endif -%}
select timestamp '{{ text }}' as {{ column }}
    {%- if not loop.last %}
    union
    {% endif -%}
{%- endfor -%}
{%- endmacro %}
