-- People whose names were taken out of every table: a pseudonym stands in their place.

create table riskd.erasure (
    number bigint generated always as identity primary key,
    requested timestamptz not null, -- by the wall clock, as is done
    actor text collate "C" not null,
    address text, -- where the request came from; null: a command on the machine itself
    reason text not null check (reason <> ''),
    user_name text collate "C", -- whose; only while it waits
    pseudonym text collate "C" not null unique, -- random
    done timestamptz,
    refusal text, -- why nothing was done
    datasets text[] not null,
    rows bigint[] not null, -- of each dataset how many were changed or deleted
    check ((user_name is null) = (done is not null)),
    check (cardinality(datasets) = cardinality(rows))
);
create index erasure_waiting on riskd.erasure (number) where done is null;
comment on table riskd.erasure is 'Who wanted a person''s name to go, why, and what stands in its place; never the name, once it is done.';

alter table riskd.router add column erasures bigint not null default 0;
comment on column riskd.router.erasures is 'How many there were: a router that began before the last one holds a name that is gone.';

create or replace view riskd.audit_log as
    select time, 'entry' as source, number, actor, what, object, detail, address from riskd.audit_entry
    union all
    select requested, 'action', id, actor, 'alert.' || kind,
        coalesce(alert_id, subject_kind || ' ' || subject_model || ' ' || subject_name),
        concat_ws('; ', 'verdict ' || verdict, 'to ' || assignee, nullif(note, ''),
            (select 'refused: ' || refusal from riskd.action_applied where action_id = id)), null
    from riskd.action
    union all
    select date_trunc('milliseconds', activated), 'calibration', number, actor,
        case when calibration_id is null then 'calibration.give_up' else 'calibration.activate' end,
        coalesce(calibration_id, model || ' ' || stratum), case when forced then 'forced: ' else '' end || reason, null
    from riskd.calibration_activation
    union all
    select date_trunc('milliseconds', recorded), 'relearning', number, actor, 'baseline.relearn', 'user:' || model || '/' || user_name, reason, null
    from riskd.relearning
    union all
    select requested, 'erasure', number, actor, 'person.erase', pseudonym,
        concat_ws('; ', reason, 'refused: ' || refusal, case when done is null then 'waits' end), address
    from riskd.erasure;

create view riskd_audit.erasures as
    select number, requested as time, actor, reason, pseudonym, done, refusal, datasets, rows from riskd.erasure;
comment on view riskd_audit.erasures is 'A11: whose names were taken out, by their pseudonyms; when, for whom and why, and of which tables how many rows.';
