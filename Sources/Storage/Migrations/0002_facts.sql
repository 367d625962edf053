-- Facts: written once by COPY, range-partitioned by day, vpart (hash of the user, 0 to 63) first in every key.
-- No triggers, no defaults, no sequences: what a replay writes must be the same to the byte. `received` is the
-- one column of processing time. Ticks are numbers of intervals since 1970; `time` of a tick is its end.

create table riskd.observation (
    vpart smallint not null,
    time timestamptz not null,
    sequence bigint not null,
    model text collate "C" not null,
    model_version text,
    user_name text collate "C" not null,
    record_id text collate "C" not null,
    source_address text,
    label text not null,
    probability float8 not null,
    tick bigint not null,
    late boolean not null,
    -- Similarity with the same user's inputs; all null when the record has no image.
    u_min_distance float8, -- null: none within the cap
    u_lower_bound float8,
    u_nearest_sequence bigint,
    u_nearest_record text,
    u_nearest_user text,
    u_distance_alarm int,
    u_prediction_alarm int,
    u_exact_repeats int,
    u_searched int,
    -- Similarity with everybody's inputs on the same model.
    m_min_distance float8,
    m_lower_bound float8,
    m_nearest_sequence bigint,
    m_nearest_record text,
    m_nearest_user text,
    m_distance_alarm int,
    m_prediction_alarm int,
    m_exact_repeats int,
    m_searched int,
    -- Second opinions, in parallel.
    opinion_names text[] not null,
    opinion_classes int[] not null,
    opinion_probabilities float8[] not null, -- the second model's probability of the logged class
    opinion_disagrees boolean[] not null,
    -- Rungs reached, in parallel; empty when uncalibrated.
    user_detectors text[] not null,
    user_rungs smallint[] not null,
    model_detectors text[] not null,
    model_rungs smallint[] not null,
    primary key (vpart, time, sequence)
) partition by range (time);
create index observation_time on riskd.observation using brin (time);
create index observation_sequence on riskd.observation (sequence);
create index observation_tick on riskd.observation (tick);
create index observation_entity on riskd.observation (model, user_name, tick);

create table riskd.tick_histogram (
    vpart smallint not null,
    time timestamptz not null,
    entity_kind text collate "C" not null,
    model text collate "C" not null,
    user_name text collate "C" not null,
    tick bigint not null,
    queries int not null,
    detectors text[] not null,
    cells int[] not null, -- how many cells (rungs + 1) each detector has
    counts int[] not null, -- the cells of all detectors, one after the other
    primary key (vpart, time, entity_kind, model, user_name),
    check (cardinality(detectors) = cardinality(cells))
) partition by range (time);
create index tick_histogram_tick on riskd.tick_histogram (tick);

create table riskd.sample (
    vpart smallint not null,
    time timestamptz not null,
    id bigint not null,
    entity_kind text collate "C" not null,
    model text collate "C" not null,
    user_name text collate "C" not null,
    tick bigint not null,
    queries int not null,
    score bigint not null, -- milli-points
    level smallint, -- null: uncalibrated
    lane smallint,
    lanes bigint[] not null, -- units of 2^-20 bit, burst first
    evidence bigint not null,
    derived boolean not null,
    contribution_names text[] not null,
    contribution_values bigint[] not null, -- milli-points
    config_id text collate "C" not null,
    calibration_id text collate "C",
    primary key (vpart, time, id),
    check (cardinality(contribution_names) = cardinality(contribution_values))
) partition by range (time);
create index sample_id on riskd.sample (id);
create index sample_entity on riskd.sample (user_name, model, entity_kind, id);
create index sample_time on riskd.sample using brin (time);

create table riskd.level_change (
    vpart smallint not null,
    time timestamptz not null,
    sample bigint not null,
    entity_kind text collate "C" not null,
    model text collate "C" not null,
    user_name text collate "C" not null,
    tick bigint not null,
    from_level smallint not null,
    to_level smallint not null,
    primary key (vpart, time, sample)
) partition by range (time);
create index level_change_sample on riskd.level_change (sample);

create table riskd.dead_letter (
    vpart smallint not null, -- of the source's id
    received timestamptz not null, -- processing time
    source text collate "C" not null,
    path text not null,
    position_offset bigint not null,
    length bigint not null,
    reason text not null,
    detail text not null,
    body bytea not null, -- the first bytes of the line
    primary key (vpart, received, source, position_offset)
) partition by range (received);
