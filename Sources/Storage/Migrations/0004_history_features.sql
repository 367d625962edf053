-- A model whose metric compares features remembers these, not images.

alter table riskd.history_image
    alter column height drop not null,
    alter column width drop not null,
    alter column channels drop not null,
    alter column pixels drop not null,
    add column features bytea, -- little-endian 32-bit floats
    add constraint history_image_content check ((pixels is null) <> (features is null));
alter table riskd.history_image alter column features set storage external;
comment on table riskd.history_image is
    'What similarity compares of earlier inputs: an image, or a feature vector where the metric is features.';
