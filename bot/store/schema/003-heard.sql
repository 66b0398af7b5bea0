-- What kith heard last in its places, and what it has said about what it missed there.

ALTER TABLE place ADD COLUMN heard_us INTEGER NOT NULL DEFAULT 0;       -- the last thing heard, by the network's clock
ALTER TABLE place ADD COLUMN stopped_us INTEGER NOT NULL DEFAULT 0;     -- it listened until then and left; 0: it runs, or was killed
ALTER TABLE place ADD COLUMN missed_told_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE place ADD COLUMN ejected_told_us INTEGER NOT NULL DEFAULT 0;
