{#- A running sum, null from the first part that is: an unknown fee is never taken as zero. -#}
{% macro known_so_far(x, so_far) -%}
case when count(*) over {{ so_far }} = count({{ x }}) over {{ so_far }}
    then sum({{ x }}) over {{ so_far }}
end
{%- endmacro %}

{#- An amount in the currency that its account reports in, by the row `rates` of rates. Nothing is
nothing in any currency, with a rate or without. -#}
{% macro reported(amount, currency, reporting_currency, rates) -%}
case
    when {{ currency }} = {{ reporting_currency }} then {{ amount }}
    when {{ amount }} = 0 and {{ reporting_currency }} is not null then 0
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
        {%- set offset = '' -%}
    {%- else -%}
        {%- set whole = moment | string | trim | replace('T', ' ') | replace('Z', '') -%}
        {%- set sign = '+' if '+' in whole[10:] else '-' -%}
        {%- set time, _, offset = whole[10:].partition(sign) -%}
        {%- set seconds = ':00' if time.count(':') < 2 else '' -%}
        {%- set text = whole[:10] ~ (time.rstrip() or ' 00:00') ~ seconds -%}
    {%- endif -%}
    {%- set digits = offset | replace(':', '') ~ '00' -%}
    {%- if text.strip('0123456789-:. ') or offset.strip('0123456789:') or text | length < 16 -%}
{{ exceptions.raise_compiler_error(
    name ~ " is '" ~ moment ~ "'; it is a moment, such as 2026-03-02T17:00:00Z or "
    ~ "2026-03-02T12:00:00-05:00, or several with commas between them"
) }}
    {%- endif -%}
select timestamp '{{ text }}'
    {%- if offset %} {{ '-' if sign == '+' else '+' }}
    interval {{ digits[:2] | int * 60 + digits[2:4] | int }} minute
    {%- endif %} as {{ column }}
    {%- if not loop.last %}
    union
    {% endif -%}
{%- endfor -%}
{%- endmacro %}
