-- Calibrations: where they came from, what verifying them found, when they were put in force and by whom; parts of a
-- model's users with one of their own, and users with one of theirs.

create table riskd.calibration (
    id text collate "C" primary key references riskd.artefact (id),
    model text collate "C" not null,
    stratum text collate "C", -- the part of the users that it is for; null: all
    owner text collate "C", -- the user whose own baseline it is; null: pooled over users
    origin text not null, -- the logs or the time range that it was built from
    records bigint not null,
    users bigint not null,
    built timestamptz not null -- processing time
);
comment on table riskd.calibration is 'Where every calibration came from; never changed.';

create table riskd.calibration_check (
    number bigint generated always as identity primary key,
    model text collate "C" not null,
    calibration_ids text[] not null, -- everything that was in force for the model in the replay
    origin text not null, -- the held-out traffic
    passed boolean not null,
    report text not null, -- JSON: per level what was guaranteed and what was observed
    checked timestamptz not null -- processing time
);
comment on table riskd.calibration_check is 'What a replay of held-out benign traffic found; never changed.';

create table riskd.calibration_activation (
    number bigint generated always as identity primary key,
    model text collate "C" not null,
    stratum text collate "C" not null, -- '' for all
    calibration_id text collate "C" references riskd.artefact (id), -- null: the stratum was given up
    actor text not null,
    forced boolean not null, -- without a passed check
    reason text not null,
    activated timestamptz not null -- processing time
);
comment on table riskd.calibration_activation is 'Who put which calibration in force, and why where no check passed.';

alter table riskd.calibration_active
    add column stratum text collate "C"; -- '' for all
update riskd.calibration_active set stratum = '';
alter table riskd.calibration_active
    drop constraint calibration_active_pkey,
    add primary key (model, stratum);

alter table riskd.epoch
    add column calibration_strata text[]; -- parallel to the models; null: all are for all users

alter table riskd.observation
    add column user_calibration text; -- by which the user's rungs were counted; null: the model's in that epoch

alter table riskd.tick_histogram
    add column calibration_id text; -- by which the rungs were counted; null: the model's in that epoch

create table riskd.own_baseline (
    model text collate "C" not null,
    user_name text collate "C" not null,
    first_tick bigint not null, -- in force for ticks that the user's first record opens from here on
    calibration_id text collate "C" references riskd.artefact (id), -- null: the own baseline was given up
    primary key (model, user_name, first_tick)
);
comment on table riskd.own_baseline is 'From which tick on a user is judged by an own baseline.';

create table riskd.relearning (
    number bigint generated always as identity primary key,
    model text collate "C" not null,
    user_name text collate "C" not null,
    since timestamptz not null, -- event time: only later queries count
    actor text not null,
    reason text not null,
    recorded timestamptz not null -- processing time
);
create index relearning_user on riskd.relearning (model, user_name, since);
comment on table riskd.relearning is 'Users whose own baseline an operator had learnt anew.';

create table riskd.calibration_health (
    model text collate "C" not null,
    tick bigint not null,
    time timestamptz not null, -- the tick's end
    health text not null check (health in ('valid', 'suspect', 'expired', 'uncalibrated')),
    cause text not null check (cause in ('none', 'traffic', 'age', 'version', 'absence')),
    active int not null, -- users with queries in the window
    exceeding int not null, -- those that exceed rung 1 more often than calibrated
    primary key (model, tick)
);
comment on table riskd.calibration_health is 'When the health of a model''s calibration changed.';
