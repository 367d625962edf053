-- How much of what is logged can be seen, by source and model, and whose lines cannot: written with the lines that it counts.

create table riskd.coverage (
    kind text collate "C" not null, -- source, model, other_sources, other_models, totals, counted or version
    name text collate "C" not null,
    state bytea not null,
    primary key (kind, name)
);
alter table riskd.coverage alter column state set storage external;
comment on table riskd.coverage is
    'How many of the last lines of each source and model could not be used, compared or judged; packed, written with the lines.';

create table riskd.coverage_account (
    user_name text collate "C" primary key,
    unusable bigint not null,
    uncertain bigint not null,
    used bigint not null,
    reason text not null
);
comment on table riskd.coverage_account is
    'At most 256 accounts, among them every one to which more than a 256th of the unusable lines belong.';
comment on column riskd.coverage_account.uncertain is 'How many of the unusable lines may belong to accounts that were forgotten.';
