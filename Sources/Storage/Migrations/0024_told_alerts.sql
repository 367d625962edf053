-- Which messages tell of which alerts is a table, and no longer a search through the text of all messages.

create table riskd.outbox_alert (
    alert_id text collate "C" not null,
    endpoint text collate "C" not null,
    message_id text collate "C" not null,
    primary key (alert_id, endpoint, message_id),
    foreign key (endpoint, message_id) references riskd.outbox (endpoint, message_id) on delete cascade
);
create index outbox_alert_message on riskd.outbox_alert (endpoint, message_id);
comment on table riskd.outbox_alert is 'The alerts that each message tells of.';

insert into riskd.outbox_alert (alert_id, endpoint, message_id)
select distinct alert ->> 'id', endpoint, message_id
from riskd.outbox cross join json_array_elements(message::json -> 'alerts') as alert;

-- What came after the views were made: scenes that move, places of images, and what was unusable.

create or replace view riskd_audit.observations as
    select sequence, time, model, model_version, user_name as name, record_id, source_address, label, probability, tick, late,
        u_min_distance, u_nearest_sequence, u_distance_alarm, u_prediction_alarm, u_exact_repeats, u_searched, u_descent,
        m_min_distance, m_nearest_sequence, m_distance_alarm, m_prediction_alarm, m_exact_repeats, m_searched, m_descent,
        opinion_names, opinion_models, opinion_probabilities, opinion_disagrees, user_detectors, user_rungs, model_detectors, model_rungs,
        campaign, campaign_detectors, campaign_rungs, repeat_of,
        u_crossings, u_steepest, m_crossings, m_steepest, jitter_matches, jitter_moved, jitter_independence, degraded
    from riskd.observation;
