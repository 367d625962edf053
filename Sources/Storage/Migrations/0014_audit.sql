-- What auditors ask for, as views of a schema of their own. A role that may read these needs no right on any table.
-- Every view has `time`, by which it is cut, and a key by which its rows have one order; Swift's AuditDataset names both.

create table riskd.deletion (
    number bigint generated always as identity primary key,
    time timestamptz not null, -- by the wall clock
    rule text not null, -- the key of the configuration, or who asked
    dataset text not null,
    before timestamptz not null, -- what is older is gone
    rows bigint not null,
    detail text not null
);
comment on table riskd.deletion is 'What was deleted, when and under which rule; never changed.';

create table riskd.legal_hold (
    number bigint generated always as identity primary key,
    since timestamptz not null, -- by the wall clock, as is released
    reason text not null check (reason <> ''),
    actor text not null,
    released timestamptz,
    released_by text
);
comment on table riskd.legal_hold is 'While one of these is not released nothing is deleted.';

-- Not `if not exists`: that needs the right to create schemas even where an administrator has made this one. Released as
-- `create schema if not exists` with the comment; what it leaves behind is the same, and it runs once in a database.
do $$ begin
    if to_regnamespace('riskd_audit') is null then
        create schema riskd_audit;
        comment on schema riskd_audit is 'Views for auditors; no pixels, no secrets.';
    end if;
end $$;

create view riskd_audit.samples as
    select s.id as sample, s.time, s.entity_kind, s.model, s.user_name as name, s.tick, s.queries, s.score as score_millipoints,
        (array['info', 'low', 'medium', 'high', 'critical'])[s.level + 1] as level,
        (array['info', 'low', 'medium', 'high', 'critical'])[s.pinned + 1] as pinned,
        (array['burst', 'session', 'shift', 'campaign'])[s.lane + 1] as lane,
        s.lanes as lane_units, s.evidence as evidence_units, s.derived, s.contribution_names,
        s.contribution_values as contribution_millipoints, s.config_id, s.calibration_id
    from riskd.sample s;
comment on view riskd_audit.samples is 'A1: what the risk of whom was when, and why. Units are 2^-20 bit.';

create view riskd_audit.histograms as
    select tick, time, entity_kind, model, user_name as name, queries, detectors, cells, counts, calibration_id
    from riskd.tick_histogram;
comment on view riskd_audit.histograms is 'A2: what samples are computed from.';

create view riskd_audit.level_changes as
    select sample, time, entity_kind, model, user_name as name, tick,
        (array['info', 'low', 'medium', 'high', 'critical'])[from_level + 1] as from_level,
        (array['info', 'low', 'medium', 'high', 'critical'])[to_level + 1] as to_level
    from riskd.level_change;

create view riskd_audit.observations as
    select sequence, time, model, model_version, user_name as name, record_id, source_address, label, probability, tick, late,
        u_min_distance, u_nearest_sequence, u_distance_alarm, u_prediction_alarm, u_exact_repeats, u_searched, u_descent,
        m_min_distance, m_nearest_sequence, m_distance_alarm, m_prediction_alarm, m_exact_repeats, m_searched, m_descent,
        opinion_names, opinion_models, opinion_probabilities, opinion_disagrees, user_detectors, user_rungs, model_detectors, model_rungs,
        campaign, campaign_detectors, campaign_rungs, repeat_of
    from riskd.observation;
comment on view riskd_audit.observations is 'A7: every query that was scored, and what detectors said of it.';

create view riskd_audit.gaps as
    select sequence + 1 as first_missing, next - 1 as last_missing, time
    from (select sequence, lead(sequence) over (order by sequence) as next, time from riskd.observation) as o
    where next > sequence + 1;
comment on view riskd_audit.gaps is 'A7: numbers of queries that are missing between others; records are numbered without gaps.';

create view riskd_audit.coverage as
    select date_trunc('day', time, 'UTC') as time, model, count(*) as queries, count(distinct user_name) as users,
        count(*) filter (where late) as late, count(*) filter (where u_searched is null) as without_comparison,
        count(*) filter (where cardinality(opinion_names) = 0) as without_opinion,
        count(*) filter (where cardinality(user_detectors) = 0) as uncalibrated,
        min(sequence) as first_sequence, max(sequence) as last_sequence
    from riskd.observation group by 1, 2;
comment on view riskd_audit.coverage is 'A7: how many queries of each day and model were scored, and by what.';

create view riskd_audit.dead_letters as
    select received as time, source, path, position_offset, length, reason, detail from riskd.dead_letter;
comment on view riskd_audit.dead_letters is 'A7: lines that could not be used, without their text.';

create view riskd_audit.sources as
    select id as source, updated as time, path, lines, position_offset, finished from riskd.source_file;
comment on view riskd_audit.sources is 'A7: how far each log has been read.';

create view riskd_audit.alerts as
    select id as alert, starts as time, subject_kind, model, name, dedup_key, state,
        (array['info', 'low', 'medium', 'high', 'critical'])[level + 1] as level,
        (array['info', 'low', 'medium', 'high', 'critical'])[peak_level + 1] as peak_level,
        assignee, verdict, ends, resolved_by, events, drill
    from riskd.alert;
comment on view riskd_audit.alerts is 'A4: how every alert stands.';

create view riskd_audit.alert_events as
    select alert_id as alert, number, time, kind, actor, requested,
        (array['info', 'low', 'medium', 'high', 'critical'])[level + 1] as level, score as score_millipoints,
        assignee, verdict, note
    from riskd.alert_event;
comment on view riskd_audit.alert_events is 'A4: what happened to alerts, by whom and when.';

create view riskd_audit.actions as
    select time, source, number, actor, what, object, detail, address from riskd.audit_log;
comment on view riskd_audit.actions is 'A4: everything that people did.';

create view riskd_audit.silences as
    select id as silence, starts as time, ends, creator, comment, ended_by, labels, comparisons, patterns from riskd.silence;
comment on view riskd_audit.silences is 'A4, A5: what was not to be told, until when and why.';

create view riskd_audit.epochs as
    select first_tick, case when first_tick < -62135596800000 / tick_ms then '-infinity'::timestamptz
            else to_timestamp(first_tick * tick_ms / 1000.0) end as time,
        config_id, calibration_models, calibration_strata, calibration_ids
    from riskd.epoch cross join riskd.pipeline;
comment on view riskd_audit.epochs is 'A6: which configuration and calibrations were in force from which tick on.';

create view riskd_audit.artefacts as
    select a.id as artefact, a.created as time, a.kind, octet_length(a.body) as bytes, c.model, c.stratum, c.owner, c.origin,
        c.records, c.users
    from riskd.artefact a left join riskd.calibration c on c.id = a.id;
comment on view riskd_audit.artefacts is 'A6: configurations and calibrations; an id is the SHA-256 of the bytes.';

create view riskd_audit.activations as
    select number, activated as time, model, stratum, calibration_id, actor, forced, reason from riskd.calibration_activation;
comment on view riskd_audit.activations is 'A6: who put which calibration in force, and why where no check passed.';

create view riskd_audit.checks as
    select number, checked as time, model, calibration_ids, origin, passed, report from riskd.calibration_check;
comment on view riskd_audit.checks is 'A6, A10: what replays of held-out benign traffic found.';

create view riskd_audit.health as
    select model, tick, time, health, cause, active, exceeding from riskd.calibration_health;
comment on view riskd_audit.health is 'A6: when a calibration ceased to hold, or held again.';

create view riskd_audit.deliveries as
    select a.id as attempt, a.started as time, a.endpoint, a.message_id as message, o.type, o.dedup_key, o.created, a.number, a.outcome,
        a.status, a.duration_ms, a.detail, a.next_attempt, o.state
    from riskd.delivery_attempt a left join riskd.outbox o on o.message_id = a.message_id and o.endpoint = a.endpoint;
comment on view riskd_audit.deliveries is 'A8: every attempt to tell somebody, and what became of the message.';

create view riskd_audit.reads as
    select number, time, actor, observation, what, other, reason, alert_id as alert, address from riskd.read_ledger;
comment on view riskd_audit.reads is 'A9: who looked at which images, when and why.';

create view riskd_audit.tokens as
    select id as token, created as time, name, roles, created_by, expires, last_used, revoked, revoked_by from riskd.api_token;
comment on view riskd_audit.tokens is 'A9: who could look.';

create view riskd_audit.deletions as
    select number, time, rule, dataset, before, rows, detail from riskd.deletion;
comment on view riskd_audit.deletions is 'A11: what was deleted, when and under which rule.';

create view riskd_audit.holds as
    select number, since as time, reason, actor, released, released_by from riskd.legal_hold;
comment on view riskd_audit.holds is 'A11: when nothing was to be deleted.';

create view riskd_audit.false_alarms as
    with levels as (select generate_series(1, 4) as level),
    ticks as (
        select date_trunc('quarter', time, 'UTC') as time, model, entity_kind, count(*) as ticks
        from riskd.sample where not derived group by 1, 2, 3),
    entries as (
        select date_trunc('quarter', c.time, 'UTC') as time, c.model, c.entity_kind, l.level, count(*) as entries
        from riskd.level_change c join levels l on c.from_level < l.level and c.to_level >= l.level group by 1, 2, 3, 4),
    judged as (
        select date_trunc('quarter', a.starts, 'UTC') as time, a.model, a.subject_kind as entity_kind, l.level, count(*) as alerts,
            count(*) filter (where verdict = 'attack') as attack, count(*) filter (where verdict = 'benign') as benign,
            count(*) filter (where verdict = 'test') as test, count(*) filter (where verdict = 'unknown') as unknown,
            count(*) filter (where verdict is null) as unjudged
        from riskd.alert a join levels l on a.peak_level >= l.level where not a.drill group by 1, 2, 3, 4)
    select t.time, t.model, t.entity_kind, (array['low', 'medium', 'high', 'critical'])[l.level] as level, t.ticks,
        coalesce(e.entries, 0) as entries, coalesce(j.alerts, 0) as alerts, coalesce(j.attack, 0) as attack,
        coalesce(j.benign, 0) as benign, coalesce(j.test, 0) as test, coalesce(j.unknown, 0) as unknown,
        coalesce(j.unjudged, 0) as unjudged
    from ticks t cross join levels l
        left join entries e using (time, model, entity_kind, level)
        left join judged j using (time, model, entity_kind, level);
comment on view riskd_audit.false_alarms is
    'A10: of each quarter, how often levels were entered and what people found; riskd audit false-alarms adds the stated bound.';
