-- Campaigns: chains of near-duplicate images, whoever sent them.

alter table riskd.observation
    add column campaign bigint, -- the campaign that the record joined: the sequence of its first image; null: none
    add column campaign_probability float8, -- of the class of the campaign's first image
    add column campaign_fall float8, -- how far that lies below the chain's highest before
    add column repeat_of bigint, -- the first record with the same image; null: not an exact repeat
    add column campaign_detectors text[], -- rungs of the campaign's track, in parallel; null without a campaign
    add column campaign_rungs smallint[];
create index observation_campaign on riskd.observation (model, campaign, sequence) where campaign is not null;
create index observation_repeat on riskd.observation (model, repeat_of) where repeat_of is not null;

create table riskd.campaign (
    model text collate "C" not null,
    id bigint not null, -- the sequence of its first image's record, which is no member
    label text not null, -- the class of the first image
    class_index int, -- its place in the model's order; null: probabilities were not logged
    peak float8 not null, -- the highest probability of that class along the chain
    last_sequence bigint not null,
    last_joined timestamptz not null, -- the newest event time of its images, exact repeats aside
    members bigint not null, -- records that joined
    primary key (model, id)
);
create index campaign_last on riskd.campaign (model, last_joined);
comment on table riskd.campaign is 'How far every chain of near-duplicates has come, as of the last batch.';

alter table riskd.track drop constraint track_kind_check;
alter table riskd.track add constraint track_kind_check check (kind in ('user', 'campaign', 'model', 'global'));
comment on column riskd.track.user_name is 'The user''s name or the campaign''s number; empty for all others.';
comment on column riskd.tick_histogram.user_name is 'The user''s name or the campaign''s number; empty for all others.';
comment on column riskd.sample.user_name is 'The user''s name or the campaign''s number; empty for all others.';
comment on column riskd.level_change.user_name is 'The user''s name or the campaign''s number; empty for all others.';
