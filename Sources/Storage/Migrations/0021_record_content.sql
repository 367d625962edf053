-- A record is recognised by its id and a digest of its content, not by an id that its caller may have chosen.
-- Rows from before have no digest: they stand for whatever has their id and is not newer than anything stored by then.

alter table riskd.seen add column digest bytea not null default '';
alter table riskd.seen alter column digest drop default;
alter table riskd.seen drop constraint seen_pkey, add primary key (vpart, model, record_id, digest);
comment on table riskd.seen is 'Every record that was used: a record that comes twice, with the same content, counts once.';
comment on column riskd.seen.digest is '128 bits of SHA-256 of what is scored; empty in rows from before it was kept.';

alter table riskd.pipeline add column undigested_until timestamptz;
-- No record is newer than the watermark and the longest lateness.
update riskd.pipeline set undigested_until = coalesce(watermark + interval '1 hour', 'infinity')
where exists (select from riskd.seen);
comment on column riskd.pipeline.undigested_until is 'No record without a digest in seen is newer; null: there is none.';

alter table riskd.observation add column degraded text[];
comment on column riskd.observation.degraded is 'Fields that were not used as they were logged, each with the reason; null: none.';

-- Images that were sent as numbers are compared as they were sent.
alter table riskd.history_image add column fractions bytea;
alter table riskd.history_image alter column fractions set storage external;
alter table riskd.history_image add column sent bytea;
alter table riskd.history_image add column label_index int;
comment on column riskd.history_image.fractions is 'What the values lie above pixels, in 256ths of a grey level, signed; null: nothing.';
comment on column riskd.history_image.sent is '128 bits of SHA-256 of the values as they were sent; null: as bytes.';
comment on column riskd.history_image.label_index is 'The place of label in probabilities; null: not known, or from before it was kept.';
