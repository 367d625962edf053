-- Which images were counted by the distance alarms: the newest of them, newest first.

alter table riskd.observation
    add column u_near bigint[], -- sequence numbers; null in older rows and without a finding
    add column m_near bigint[];
