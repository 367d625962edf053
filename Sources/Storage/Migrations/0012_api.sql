-- Who may use the API, and what they did and saw. All of this is by the wall clock.

create table riskd.api_token (
    id bigint generated always as identity primary key,
    hash bytea not null unique, -- SHA-256 of the token, which is nowhere kept
    name text collate "C" not null,
    roles text[] not null check (cardinality(roles) > 0),
    created timestamptz not null,
    created_by text not null,
    expires timestamptz not null,
    last_used timestamptz,
    revoked timestamptz,
    revoked_by text
);
create unique index api_token_name on riskd.api_token (name) where revoked is null;
comment on table riskd.api_token is 'Tokens, by which callers of the API are known; never the tokens themselves.';

create table riskd.api_session (
    hash bytea primary key, -- SHA-256 of the cookie
    token_id bigint not null references riskd.api_token (id),
    begun timestamptz not null,
    expires timestamptz not null,
    address text not null
);
create index api_session_expires on riskd.api_session (expires);
comment on table riskd.api_session is 'Browsers that are signed in.';

create table riskd.login_link (
    hash bytea primary key, -- SHA-256 of the code
    token_id bigint not null references riskd.api_token (id),
    created timestamptz not null,
    created_by text not null,
    expires timestamptz not null,
    used timestamptz
);
comment on table riskd.login_link is 'One-time login links: each begins one session.';

create table riskd.audit_entry (
    number bigint generated always as identity primary key,
    time timestamptz not null,
    actor text collate "C" not null,
    what text not null, -- such as silence.add
    object text not null,
    detail text not null,
    address text -- null: a command on the machine itself
);
create index audit_entry_time on riskd.audit_entry (time);
comment on table riskd.audit_entry is 'What people did besides what `action` and `calibration_activation` say; never changed.';

create table riskd.read_ledger (
    number bigint generated always as identity primary key,
    time timestamptz not null,
    actor text collate "C" not null,
    observation bigint not null,
    what text not null check (what in ('image', 'difference')),
    other bigint, -- of a difference: the other observation
    reason text not null,
    alert_id text collate "C",
    address text not null
);
create index read_ledger_observation on riskd.read_ledger (observation, number);
create index read_ledger_other on riskd.read_ledger (other, number) where other is not null;
comment on table riskd.read_ledger is 'Who looked at which images, when and why; never changed, and written before the image is sent.';

create view riskd.audit_log as
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
    from riskd.relearning;
comment on view riskd.audit_log is 'Everything that people did, from all the tables that keep it.';
create index action_requested on riskd.action (requested);

-- What pages ask for.
create index level_change_entity on riskd.level_change (user_name, model, entity_kind, sample);
create index alert_event_time on riskd.alert_event (time) where kind in ('opened', 'reopened');
create index track_level on riskd.track (level);
