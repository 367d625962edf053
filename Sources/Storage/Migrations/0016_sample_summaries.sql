-- Samples of an entity taken together, by the minute and by the hour, so that a long series reads few rows. Made from
-- samples after their hour is over; nothing is scored from them.

create table riskd.sample_summary (
    user_name text collate "C" not null, -- as in sample
    model text collate "C" not null,
    entity_kind text collate "C" not null,
    span int not null check (span in (60, 3600)), -- seconds
    begins timestamptz not null, -- a multiple of the span since 1970; samples with time >= begins and < begins + span
    minimum bigint not null, -- milli-points
    maximum bigint not null,
    last_sample bigint not null,
    last_score bigint not null,
    level smallint, -- the highest; null: uncalibrated throughout
    samples int not null,
    queries bigint not null,
    primary key (user_name, model, entity_kind, span, begins)
);
comment on table riskd.sample_summary is 'Samples taken together by the minute and the hour; can be made again from them.';

create table riskd.sample_summary_end (
    singleton boolean primary key default true check (singleton),
    last_sample bigint not null default 0, -- all samples up to this one are in summaries
    ends timestamptz -- all hours before this one are; null: none
);
insert into riskd.sample_summary_end default values;
comment on table riskd.sample_summary_end is 'How far samples are summarised.';
