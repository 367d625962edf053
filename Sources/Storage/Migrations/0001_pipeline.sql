-- What the pipeline needs to go on where it stopped. These tables are small and belong to no virtual partition.
-- Names are compared by bytes (collate "C"), as the program compares them.

create table riskd.artefact (
    id text collate "C" primary key check (id like 'sha256:%'),
    kind text not null,
    created timestamptz not null, -- processing time
    body bytea not null
);
comment on table riskd.artefact is 'Configurations and calibrations, by the digest of their bytes; never changed.';

create table riskd.calibration_active (
    model text collate "C" primary key,
    artefact_id text collate "C" not null references riskd.artefact (id),
    activated timestamptz not null -- processing time
);
comment on table riskd.calibration_active is 'Which calibration each model uses from the next start on.';

create table riskd.epoch (
    first_tick bigint primary key,
    config_id text collate "C" not null,
    calibration_models text[] not null,
    calibration_ids text[] not null,
    created timestamptz not null, -- processing time
    check (cardinality(calibration_models) = cardinality(calibration_ids))
);
comment on table riskd.epoch is 'Which configuration and calibrations were in force from which tick on.';

create table riskd.source_file (
    id text collate "C" primary key,
    path text not null,
    device bigint not null, -- the bits of an unsigned number
    inode bigint not null, -- the bits of an unsigned number
    prefix_length int not null,
    prefix_digest text not null,
    position_offset bigint not null,
    guard_length int not null,
    guard_digest text not null,
    lines bigint not null,
    finished boolean not null,
    updated timestamptz not null -- processing time
);
comment on table riskd.source_file is 'How far each input file has been read, in the same transaction as its records.';

create table riskd.pipeline (
    singleton boolean primary key default true check (singleton),
    batch bigint not null default 0,
    sequence bigint not null default 0,
    watermark timestamptz,
    last_closed_tick bigint,
    next_sample_id bigint not null default 1,
    owner text,
    tick_ms bigint check (tick_ms > 0)
);
comment on table riskd.pipeline is
    'One row: the fence that every batch moves (batch, owner), and where the order of records and samples stands.';
insert into riskd.pipeline default values;

create table riskd.clock_advance (
    batch bigint primary key,
    after_sequence bigint not null,
    watermark timestamptz not null
);
comment on table riskd.clock_advance is
    'Times at which the wall clock, not a record, moved the watermark; with these a run can be repeated exactly.';

create table riskd.track (
    vpart smallint not null,
    kind text collate "C" not null check (kind in ('user', 'model', 'global')),
    model text collate "C" not null, -- '' for the whole service
    user_name text collate "C" not null, -- '' unless kind is 'user'
    rollup boolean not null, -- the level state of a roll-up over members, not a track of its own
    lanes bigint[] not null, -- units of 2^-20 bit, burst first
    ledger_lanes smallint[] not null, -- the ledgers, flattened: lane, name, units of 2^-20 bit
    ledger_names text[] not null,
    ledger_values bigint[] not null,
    level smallint not null check (level between 0 and 4),
    below int not null, -- ticks in a row below the level's threshold
    tick bigint, -- the last scored tick
    seen bigint, -- the last tick with a query
    primary key (vpart, kind, model, user_name, rollup),
    check (cardinality(ledger_lanes) = cardinality(ledger_names)),
    check (cardinality(ledger_lanes) = cardinality(ledger_values))
);
comment on table riskd.track is 'The running evidence of every entity, as of the last closed tick.';
create index track_user on riskd.track (user_name);
