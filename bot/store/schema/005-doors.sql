-- One person, many doors: codes that show two accounts to be one's, and, for as long as joining two
-- people can be undone, what it moved and what it put aside.

CREATE TABLE door_code (
	hash TEXT PRIMARY KEY,              -- keyed; the code itself is nowhere
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL UNIQUE REFERENCES person ON DELETE CASCADE,
	network TEXT NOT NULL,              -- the door it was asked for at
	account TEXT NOT NULL,
	at_us INTEGER NOT NULL
) WITHOUT ROWID;

-- Who was told what a join would do, and may say it again: keyed hashes of a handle and of the join.
CREATE TABLE door_ask (
	who TEXT PRIMARY KEY,
	what TEXT NOT NULL,
	at_us INTEGER NOT NULL
) WITHOUT ROWID;

-- Codes that were none, by a keyed hash of who tried them.
CREATE TABLE door_try (
	id INTEGER PRIMARY KEY,
	who TEXT NOT NULL,
	at_us INTEGER NOT NULL
);
CREATE INDEX door_try_who ON door_try (who, at_us);

-- Two people that became one. The row of who they were stays, bare, until this one goes: its number
-- must not become somebody else's. Nothing but this refers to it.
CREATE TABLE merge (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	into_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	from_id INTEGER NOT NULL,
	made INTEGER NOT NULL,              -- the account was nobody's: from_id was made for this
	took_zone INTEGER NOT NULL DEFAULT 0, -- into_id had none of their own
	at_us INTEGER NOT NULL
);
CREATE INDEX merge_into ON merge (into_id);

CREATE TABLE moved (
	merge_id INTEGER NOT NULL REFERENCES merge ON DELETE CASCADE,
	place TEXT NOT NULL,                -- "table.column"
	what NOT NULL,                      -- the row's number, or what else it is known by
	stranger TEXT,                      -- the keyed hash that stood for the person
	PRIMARY KEY (merge_id, place, what)
) WITHOUT ROWID;
-- The numbers of these are given again.
CREATE TRIGGER moved_record AFTER DELETE ON record BEGIN
	DELETE FROM moved WHERE place = 'record.person_id' AND what = old.id;
END;
CREATE TRIGGER moved_reading AFTER DELETE ON reading BEGIN
	DELETE FROM moved WHERE place IN ('reading.reader_id', 'reading.maker_id')
		AND what = old.entry_id;
END;

-- Where both were members of a group one row stays.
CREATE TABLE aside_member (
	merge_id INTEGER NOT NULL REFERENCES merge ON DELETE CASCADE,
	group_id INTEGER NOT NULL REFERENCES groups,
	name TEXT NOT NULL,
	fold TEXT NOT NULL,
	intro TEXT NOT NULL,
	joined_at_us INTEGER NOT NULL,
	left_at_us INTEGER,
	remind INTEGER NOT NULL,
	stays_left_us INTEGER,              -- left_at_us of the row that stays, as it was
	PRIMARY KEY (merge_id, group_id)
) WITHOUT ROWID;

-- Where both let a work pass, likewise.
CREATE TABLE aside_pass (
	merge_id INTEGER NOT NULL REFERENCES merge ON DELETE CASCADE,
	id INTEGER NOT NULL,
	group_id INTEGER NOT NULL REFERENCES groups,
	work_id INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
	at_us INTEGER NOT NULL,
	PRIMARY KEY (merge_id, id)
) WITHOUT ROWID;
CREATE INDEX aside_pass_work ON aside_pass (work_id);

-- Where one read the other's work: nobody is the close reader of their own.
CREATE TABLE aside_reading (
	merge_id INTEGER NOT NULL REFERENCES merge ON DELETE CASCADE,
	entry_id INTEGER NOT NULL REFERENCES entry ON DELETE CASCADE,
	group_id INTEGER NOT NULL REFERENCES groups,
	by_from INTEGER NOT NULL,           -- from_id was the reader, or else into_id
	drawn_at_us INTEGER NOT NULL,
	PRIMARY KEY (merge_id, entry_id)
) WITHOUT ROWID;
CREATE INDEX aside_reading_entry ON aside_reading (entry_id);

-- Two who became one may both have shown something in a round of the past.
DROP INDEX entry_one;
CREATE INDEX entry_one ON entry (round_id, person_id) WHERE round_id IS NOT NULL;
