-- How the model's answer changed between earlier near images and a record's; null in older rows and without a finding.

alter table riskd.observation
    add column u_crossings int, -- near images that got another class
    add column u_descent float8, -- the steepest fall of an earlier image's class, in log-odds per unit of change
    add column u_steepest bigint, -- the sequence number of the image that it starts from; null: none fell
    add column m_crossings int,
    add column m_descent float8,
    add column m_steepest bigint;
