-- Which files formed each second opinion, beside the other opinion_* columns.

alter table riskd.observation
    add column opinion_models text[]; -- the first 16 hex digits of each file's SHA-256; null in older rows
