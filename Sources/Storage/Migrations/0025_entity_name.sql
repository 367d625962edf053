-- A campaign's number is no user's name: the column that names an entity says so.

alter table riskd.track rename column user_name to entity_name;
alter table riskd.score_base_track rename column user_name to entity_name;
alter table riskd.tick_histogram rename column user_name to entity_name;
alter table riskd.sample rename column user_name to entity_name;
alter table riskd.sample_summary rename column user_name to entity_name;
alter table riskd.level_change rename column user_name to entity_name;
alter table riskd.action_applied rename column user_name to entity_name;
