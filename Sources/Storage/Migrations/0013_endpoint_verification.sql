-- An endpoint that is new, or leads elsewhere than before, gets a test message first, and nothing else until it has taken that.

alter table riskd.endpoint add column identity text, add column verified timestamptz;
comment on column riskd.endpoint.identity is 'A digest of where it leads and how it is signed; null until a riskd that asks for tests has seen it.';
comment on column riskd.endpoint.verified is 'When it first took a message as what it is; null: it gets tests only.';
-- Those that have taken messages need no test.
update riskd.endpoint e set verified = (select min(settled) from riskd.outbox where endpoint = e.name and state = 'delivered');
