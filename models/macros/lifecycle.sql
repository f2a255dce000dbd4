{#-
Where an event stands among those of its order and moment, which may be a second long: an
acknowledgement comes first and an end last; what is between, and of one kind, is in the order of
the ledger, as a venue's messages were. Files come in any order, so that `sequence_number` alone
does not say what happened first.
-#}
{% macro place_in_moment(event_type, sequence_number) -%}
case
    when {{ event_type }} in ('SUBMITTED', 'APPROVED', 'ACCEPTED') then 0
    when {{ event_type }} in ('EXECUTED', 'REPLACED', 'RESTATED') then 1000000000000000
    else 2000000000000000
end + {{ sequence_number }}
{%- endmacro %}

{#- True of an event that tells an order's terms, as it was sent, after the order was known. -#}
{% macro tells_terms() -%}
case when event_type = 'RESTATED' then (data ->> '$.sent_at') is not null else false end
{%- endmacro %}

{#-
The order of the corrections and busts of one fill, of rows of stg_order_fills, the one that counts
first. Files learned at once are told apart by what they say: nobody corrects what was taken back,
then the later moment, then the later row.
-#}
{% macro newest_amendment_first() -%}
recorded_at desc,
case when kind = 'BUST' then 0 else 1 end,
executed_at desc,
coalesce(source_row, 0) desc,
fill_id desc
{%- endmacro %}
