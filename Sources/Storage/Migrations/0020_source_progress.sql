-- Event time that no single caller controls: every source has progress of its own.

create table riskd.source_progress (
    source text collate "C" primary key,
    records bigint not null,
    reached timestamptz, -- event time; null: not known yet
    front timestamptz, -- event time of the newest record that was not ahead
    run bigint not null,
    claim_callers bigint[] not null, -- digests of names, oldest claim first
    claim_times bigint[] not null, -- event time, milliseconds since 1970
    claim_sequences bigint[] not null,
    claim_ahead boolean[] not null,
    check (cardinality(claim_callers) = cardinality(claim_times)),
    check (cardinality(claim_callers) = cardinality(claim_sequences)),
    check (cardinality(claim_callers) = cardinality(claim_ahead))
);
comment on table riskd.source_progress is
    'How far each busy source has come in event time, by the newest claims of several callers; written with its records.';

alter table riskd.observation add column ahead boolean; -- null: written before this was known
comment on column riskd.observation.ahead is
    'The time was far ahead of the source''s others, or of the wall clock: it moved nothing, and the record counts where they were.';
