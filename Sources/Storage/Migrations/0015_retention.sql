-- What is left when old scores are deleted: the tracks as they stood at the end of a tick, from which all later samples are computed.

create table riskd.score_base (
    singleton boolean primary key check (singleton),
    tick bigint not null, -- samples of later ticks are kept
    next_sample_id bigint not null,
    made timestamptz not null -- by the wall clock
);
comment on table riskd.score_base is 'Where recomputation begins once older histograms are deleted; missing before that.';

create table riskd.score_base_track (like riskd.track including all);
comment on table riskd.score_base_track is 'The tracks as they stood then, computed from what was deleted.';
