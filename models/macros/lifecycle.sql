{#-
What of an order happened first. Files come in any order, so that `sequence_number` alone does not
say: events are in order of their moment, and of one moment by their place in it.

What was asked comes before what the venue said of it, whichever clock is fast.
-#}
{% macro event_moment(event_type, occurred_at) -%}
case
    when {{ event_type }} in ('SUBMITTED', 'APPROVED') then timestamp '0001-01-01 00:00:00'
    else {{ occurred_at }}
end
{%- endmacro %}

{#-
Of one moment, which may be a second long, an acknowledgement comes first and an end last; what is
between, and of one kind, is in the order of the ledger, as a venue's messages were.
-#}
{% macro place_in_moment(event_type, sequence_number) -%}
case
    when {{ event_type }} in ('SUBMITTED', 'APPROVED', 'ACCEPTED') then 0
    when {{ event_type }} in ('EXECUTED', 'REPLACED', 'RESTATED') then 1000000000000000
    else 2000000000000000
end + {{ sequence_number }}
{%- endmacro %}

{#- The number a place was made of. -#}
{% macro sequence_of(place) -%}
{{ place }} % 1000000000000000
{%- endmacro %}
