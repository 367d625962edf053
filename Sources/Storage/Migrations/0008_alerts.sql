-- Alerts: what happened to them is never changed; `alert` is how they stand after the last event.

create table riskd.alert (
    id text collate "C" primary key,
    subject_kind text collate "C" not null,
    model text collate "C" not null, -- '' without one
    name text collate "C" not null, -- the user, the campaign's number, the endpoint or the detector; '' for all others
    dedup_key text collate "C" not null,
    state text not null check (state in ('open', 'acknowledged', 'resolved')),
    level smallint not null check (level between 0 and 4),
    peak_level smallint not null check (peak_level between 0 and 4),
    assignee text,
    verdict text check (verdict in ('attack', 'benign', 'test', 'unknown')),
    starts timestamptz not null, -- event time
    ends timestamptz, -- event time; null while it is firing
    drill boolean not null,
    events int not null,
    resolved_by text,
    watched_score bigint, -- milli-points; not null while a closed case's evidence is watched
    snapshot text not null -- JSON: what messages are rendered from
);
create index alert_subject on riskd.alert (subject_kind, model, name, id);
create index alert_starts on riskd.alert (starts);
create index alert_unsettled on riskd.alert (id) where state <> 'resolved' or watched_score is not null;
comment on table riskd.alert is 'How every alert stands.';

create table riskd.alert_event (
    alert_id text collate "C" not null references riskd.alert (id),
    number int not null,
    kind text not null,
    time timestamptz not null, -- event time
    actor text not null, -- 'riskd' where it happened by itself
    requested timestamptz, -- when a person asked for it, by the wall clock
    level smallint not null,
    score bigint, -- milli-points
    assignee text,
    verdict text,
    note text not null,
    action_id bigint,
    primary key (alert_id, number)
);
comment on table riskd.alert_event is 'What happened to alerts, by whom and when; never changed.';

create table riskd.alert_notice (
    number bigint primary key,
    alert_id text collate "C" not null,
    type text not null,
    event text, -- null: a level change that is no alert
    time timestamptz not null, -- event time
    silent boolean not null, -- of a recorded log: nobody is told
    snapshot text not null
);
comment on table riskd.alert_notice is
    'What the router makes messages of; written in the transaction that changed the alert.';

create table riskd.action (
    id bigint generated always as identity primary key,
    kind text not null,
    alert_id text collate "C",
    subject_kind text collate "C",
    subject_model text collate "C",
    subject_name text collate "C",
    level smallint,
    detail text,
    verdict text,
    assignee text,
    actor text not null,
    note text not null,
    requested timestamptz not null -- by the wall clock
);
comment on table riskd.action is 'What people asked for: inputs, like records; never changed.';

create table riskd.action_applied (
    action_id bigint primary key references riskd.action (id),
    batch bigint not null,
    place int not null, -- in the batch
    after_tick bigint, -- the last closed tick; null before the first
    intervention text check (intervention in ('reset', 'pin', 'unpin')),
    entity_kind text collate "C",
    model text collate "C",
    user_name text collate "C",
    refusal text -- why nothing was done
);
comment on table riskd.action_applied is
    'Between which ticks actions were applied, and what they did to tracks: with these samples can be recomputed.';

alter table riskd.track add column pinned smallint check (pinned between 1 and 4);
comment on column riskd.track.pinned is 'The level that people hold the track at, at least; no evidence.';
alter table riskd.sample add column pinned smallint;

-- Who is told, and when. All of this is by the wall clock.

create table riskd.silence (
    id bigint generated always as identity primary key,
    labels text[] not null,
    comparisons text[] not null,
    patterns text[] not null,
    starts timestamptz not null,
    ends timestamptz not null,
    creator text not null,
    comment text not null check (comment <> ''),
    ended_by text, -- who ended it before its time
    check (cardinality(labels) > 0),
    check (cardinality(labels) = cardinality(comparisons) and cardinality(labels) = cardinality(patterns))
);

create table riskd.router (
    singleton boolean primary key default true check (singleton),
    last_notice bigint not null default 0
);
insert into riskd.router default values;
comment on table riskd.router is 'One row: up to which notice messages have been made.';

create table riskd.alert_group (
    endpoint text collate "C" not null,
    key text collate "C" not null,
    label_names text[] not null,
    label_values text[] not null,
    members text[] not null, -- ids of alerts that are firing, or are over and not told of yet
    first_flush timestamptz not null, -- further ones are whole intervals later
    due timestamptz, -- an earlier one, because a level rose
    told timestamptz, -- when a message was made last
    told_firing text[] not null,
    told_levels smallint[] not null,
    primary key (endpoint, key)
);
comment on table riskd.alert_group is 'The groups of alerts that endpoints are told of together, and what they were told.';

create table riskd.endpoint (
    name text collate "C" primary key,
    enabled boolean not null,
    reason text not null,
    changed timestamptz not null,
    changed_by text not null,
    failing_since timestamptz -- since when every attempt has failed
);
comment on table riskd.endpoint is 'What has become of the endpoints that the configuration names.';

create table riskd.outbox (
    sequence bigint generated always as identity primary key,
    message_id text collate "C" not null,
    endpoint text collate "C" not null,
    dedup_key text collate "C" not null,
    type text not null,
    level smallint not null, -- the highest of its alerts
    created timestamptz not null,
    state text not null check (state in ('pending', 'delivered', 'refused', 'expired', 'dropped')),
    due timestamptz not null,
    attempts int not null, -- since it was put in, or put in again by hand
    settled timestamptz,
    message text not null, -- JSON
    unique (endpoint, message_id)
);
create index outbox_due on riskd.outbox (endpoint, due, sequence) where state = 'pending';
create index outbox_order on riskd.outbox (endpoint, dedup_key, sequence) where state = 'pending';
create index outbox_drop on riskd.outbox (level, sequence) where state = 'pending';
create index outbox_created on riskd.outbox (created);
comment on table riskd.outbox is 'Every message to every endpoint, and whether it has arrived.';

create table riskd.delivery_attempt (
    id bigint generated always as identity primary key,
    endpoint text collate "C" not null,
    message_id text collate "C" not null,
    number int not null,
    started timestamptz not null,
    duration_ms bigint not null,
    outcome text not null,
    status int,
    detail text not null,
    next_attempt timestamptz
);
create index delivery_attempt_message on riskd.delivery_attempt (message_id, endpoint);
create index delivery_attempt_endpoint on riskd.delivery_attempt (endpoint, id);
comment on table riskd.delivery_attempt is 'Every try to deliver a message; never changed.';
