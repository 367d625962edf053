-- What is lost of a log is counted in bytes, and generations that were rotated away unseen are found.

alter table riskd.source_file
    add column known_size bigint not null default 0,
    add column modified bigint not null default 0,
    add column place text not null default '',
    add column lost_bytes bigint not null default 0;
-- What was rotated away before this version ran is not read again: it is older than what was read.
update riskd.source_file set known_size = position_offset, modified = (extract(epoch from updated) * 1000000000)::bigint;
alter table riskd.source_file
    alter column known_size drop default, alter column modified drop default,
    alter column place drop default, alter column lost_bytes drop default;
comment on column riskd.source_file.known_size is 'Bytes that it was seen to have.';
comment on column riskd.source_file.modified is 'When it was last written to, in nanoseconds since the epoch; 0: not known.';
comment on column riskd.source_file.place is 'Where it was last, without links on the way; empty: not known.';
comment on column riskd.source_file.lost_bytes is 'Bytes that were there, and gone before they were read.';

create or replace view riskd_audit.sources as
    select id as source, updated as time, path, lines, position_offset, finished, lost_bytes from riskd.source_file;
