{#-
Where an event stands among those of its order and moment: in the order of an order's life, sent,
acknowledged, filled, and of one kind in that of the ledger. Files come in any order, so that
`sequence_number` alone does not say what happened first. `sequence_of` takes the number out again.
-#}
{% macro place_in_moment(event_type, sequence_number) -%}
case {{ event_type }}
    when 'SUBMITTED' then 1
    when 'APPROVED' then 2
    when 'ACCEPTED' then 3
    when 'EXECUTED' then 4
    when 'FILLED' then 5
    when 'REPLACED' then 6
    when 'RESTATED' then 7
    when 'CANCELLED' then 8
    when 'REJECTED' then 9
    when 'EXPIRED' then 10
    when 'FAILED' then 11
    when 'RECOVERED' then 12
    when 'RETRIED' then 13
    when 'BUSTED' then 14
    else 15
end * 1000000000000000 + {{ sequence_number }}
{%- endmacro %}

{% macro sequence_of(place) -%}
{{ place }} % 1000000000000000
{%- endmacro %}
