-- Summaries by the hour outlive those by the minute, which go with their samples.

alter table riskd.sample_summary_end add column minutes_from timestamptz;
comment on column riskd.sample_summary_end.minutes_from is 'Summaries by the minute, and samples, are deleted before this; null: none are.';
