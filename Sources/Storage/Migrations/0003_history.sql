-- What similarity remembers of earlier inputs, and which records were already used.

create table riskd.history_image (
    vpart smallint not null,
    time timestamptz not null,
    model text collate "C" not null,
    sequence bigint not null,
    user_name text collate "C" not null,
    record_id text collate "C" not null,
    label text not null,
    probability float8 not null,
    probabilities float8[],
    height int not null,
    width int not null,
    channels int not null,
    pixels bytea not null,
    primary key (vpart, time, model, sequence),
    check (octet_length(pixels) = height * width * channels)
) partition by range (time);
-- Images hardly compress: spend no time on trying.
alter table riskd.history_image alter column pixels set storage external;
create index history_image_sequence on riskd.history_image (model, sequence);

create table riskd.history_window (
    model text collate "C" primary key,
    first_sequence bigint not null,
    newest timestamptz not null
);
comment on table riskd.history_window is
    'Where each model''s sliding window starts, and the newest event time that it has seen: what age is measured from.';

create table riskd.seen (
    vpart smallint not null,
    model text collate "C" not null,
    record_id text collate "C" not null,
    primary key (vpart, model, record_id)
);
comment on table riskd.seen is 'Every record that was used: a record that comes twice counts once.';
