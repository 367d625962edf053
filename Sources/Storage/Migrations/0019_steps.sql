-- Queries count one after the other: a tick keeps their order, and a track what each detector's bets have made.

alter table riskd.tick_histogram add column steps bytea;
comment on column riskd.tick_histogram.steps is
    'What every query said, in the order in which they count, detector by detector: runs of a byte (bits 0 to 5 the rung, bit 6 whether the scene was known, 255 not scored) and how many queries in a row said it (LEB128). Null where the calibration bets on the mean of a tick.';

alter table riskd.track
    add column stream_detectors text[] not null default '{}',
    add column stream_lanes bigint[] not null default '{}',
    add column stream_gains bigint[] not null default '{}',
    add column stream_losses bigint[] not null default '{}',
    add column stream_memories bigint[] not null default '{}',
    add column price bigint not null default 0;
comment on column riskd.track.stream_detectors is 'The detectors that hold capital or remember a remarkable query.';
comment on column riskd.track.stream_lanes is 'Eight lanes of each, one detector after the other: units of 2^-20 bit.';
comment on column riskd.track.stream_gains is 'What remarkable queries brought each of these lanes.';
comment on column riskd.track.stream_losses is 'What unremarkable queries took from each of these lanes.';
comment on column riskd.track.stream_memories is
    'For each detector and mark 1 to 6, four bits from the lowest: how many scored queries ago it was met last; 0: more than eight.';
comment on column riskd.track.price is 'What sharing the starting capital among all lanes costs, in units of 2^-20 bit.';

alter table riskd.score_base_track
    add column stream_detectors text[] not null default '{}',
    add column stream_lanes bigint[] not null default '{}',
    add column stream_gains bigint[] not null default '{}',
    add column stream_losses bigint[] not null default '{}',
    add column stream_memories bigint[] not null default '{}',
    add column price bigint not null default 0;
