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

-- Whoever writes a track says all of it.
alter table riskd.track
    alter column stream_detectors drop default,
    alter column stream_lanes drop default,
    alter column stream_gains drop default,
    alter column stream_losses drop default,
    alter column stream_memories drop default,
    alter column price drop default;
alter table riskd.score_base_track
    alter column stream_detectors drop default,
    alter column stream_lanes drop default,
    alter column stream_gains drop default,
    alter column stream_losses drop default,
    alter column stream_memories drop default,
    alter column price drop default;

create or replace view riskd_audit.histograms as
    select tick, time, entity_kind, model, user_name as name, queries, detectors, cells, counts, calibration_id, steps
    from riskd.tick_histogram;

-- The bound counts queries, not ticks.
drop view riskd_audit.false_alarms;
create view riskd_audit.false_alarms as
    with levels as (select generate_series(1, 4) as level),
    asked as (
        select date_trunc('quarter', time, 'UTC') as time, model, entity_kind, sum(queries)::bigint as queries
        from riskd.sample where not derived group by 1, 2, 3),
    entries as (
        select date_trunc('quarter', c.time, 'UTC') as time, c.model, c.entity_kind, l.level, count(*) as entries
        from riskd.level_change c join levels l on c.from_level < l.level and c.to_level >= l.level group by 1, 2, 3, 4),
    judged as (
        select date_trunc('quarter', a.starts, 'UTC') as time, a.model, a.subject_kind as entity_kind, l.level, count(*) as alerts,
            count(*) filter (where verdict = 'attack') as attack, count(*) filter (where verdict = 'benign') as benign,
            count(*) filter (where verdict = 'test') as test, count(*) filter (where verdict = 'unknown') as unknown,
            count(*) filter (where verdict is null) as unjudged
        from riskd.alert a join levels l on a.peak_level >= l.level where not a.drill group by 1, 2, 3, 4)
    select t.time, t.model, t.entity_kind, (array['low', 'medium', 'high', 'critical'])[l.level] as level, t.queries,
        coalesce(e.entries, 0) as entries, coalesce(j.alerts, 0) as alerts, coalesce(j.attack, 0) as attack,
        coalesce(j.benign, 0) as benign, coalesce(j.test, 0) as test, coalesce(j.unknown, 0) as unknown,
        coalesce(j.unjudged, 0) as unjudged
    from asked t cross join levels l
        left join entries e using (time, model, entity_kind, level)
        left join judged j using (time, model, entity_kind, level);
comment on view riskd_audit.false_alarms is
    'A10: of each quarter, how often levels were entered and what people found; riskd audit false-alarms adds the stated bound.';
