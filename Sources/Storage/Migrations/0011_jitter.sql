-- How a user's recent images show the record's scene again, moved; null in older rows and where no images are compared.

alter table riskd.observation
    add column jitter_matches int, -- recent images of the user that show it
    add column jitter_moved int, -- among those, how many show it elsewhere
    add column jitter_independence float8; -- of the motions, 0 (a smooth path) to 1 (chance)
