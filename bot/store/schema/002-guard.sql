-- The guard: what it read and did, and what people told it to leave alone. The text of a message is
-- never here, only keyed hashes; of somebody who has not joined, only that of their account or nick,
-- for thirty days.

CREATE TABLE place (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	group_id INTEGER NOT NULL REFERENCES groups,
	since_us INTEGER NOT NULL,          -- kith's first day there: a new place is only observed
	PRIMARY KEY (network, room)
) WITHOUT ROWID;

ALTER TABLE groups ADD COLUMN pitch_mode TEXT; -- as an organizer set it; NULL: as configured
ALTER TABLE groups ADD COLUMN observed_told_us INTEGER NOT NULL DEFAULT 0;

-- What read like a pitch, and what was decided.
CREATE TABLE pitch (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER REFERENCES person ON DELETE CASCADE, -- a member ...
	stranger TEXT,                      -- ... or a keyed hash of an account or nick; neither: forgotten
	place TEXT NOT NULL,                -- network/room
	text TEXT NOT NULL,                 -- a keyed hash of the folded text
	event TEXT NOT NULL,                -- a keyed hash of the message's id: it may be edited or deleted
	verdict TEXT NOT NULL,              -- how it was read; 'maybe' is kept by observe mode alone
	reasons TEXT NOT NULL,              -- names of cues, a space between
	decision TEXT NOT NULL CHECK (decision IN ('ignore', 'nudge', 'decline', 'hold')),
	crowded INTEGER NOT NULL DEFAULT 0, -- held because enough had been said in the room
	observed INTEGER NOT NULL,          -- decided, and not acted on
	state TEXT NOT NULL CHECK (state IN ('open', 'misread', 'welcome', 'closed', 'over', 'withdrawn')),
	settled_us INTEGER NOT NULL DEFAULT 0, -- when its state changed
	at_us INTEGER NOT NULL
);
CREATE INDEX pitch_person ON pitch (person_id, group_id, at_us);
CREATE INDEX pitch_stranger ON pitch (stranger, group_id, at_us) WHERE stranger IS NOT NULL;
CREATE INDEX pitch_at ON pitch (group_id, at_us);
CREATE INDEX pitch_event ON pitch (event);

-- Texts somebody said are no pitch: no name is kept with them.
CREATE TABLE exempt (
	group_id INTEGER NOT NULL REFERENCES groups,
	text TEXT NOT NULL,                 -- a keyed hash of the folded text
	at_us INTEGER NOT NULL,
	PRIMARY KEY (group_id, text)
) WITHOUT ROWID;

-- An organizer's leave, for a while.
CREATE TABLE leave (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER REFERENCES person ON DELETE CASCADE,
	stranger TEXT,
	until_us INTEGER NOT NULL
);
CREATE INDEX leave_person ON leave (person_id, group_id);
CREATE INDEX leave_stranger ON leave (group_id, stranger) WHERE stranger IS NOT NULL;

-- Days on which a member launches something: they have no room for others', and may tell of it.
CREATE TABLE launch (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	from_us INTEGER NOT NULL,
	until_us INTEGER NOT NULL
);
CREATE INDEX launch_person ON launch (person_id, group_id, until_us);

-- The week's promotion budget: what is asked for by `pitch`, and launches as they are told of.
CREATE TABLE promotion (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER REFERENCES person ON DELETE CASCADE, -- NULL: said, and since forgotten
	text TEXT,                          -- what kith is to say; NULL once said, or for a launch
	week INTEGER,                       -- the Monday whose budget it took; NULL: it waits
	at_us INTEGER NOT NULL              -- when it was asked for; once it has its week, when it was said
);
CREATE INDEX promotion_week ON promotion (group_id, week);
CREATE INDEX promotion_person ON promotion (person_id);

-- Works a member let pass; nobody is told, and it needs no reason.
CREATE TABLE pass (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	work_id INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
	at_us INTEGER NOT NULL,
	UNIQUE (person_id, work_id)
);
CREATE INDEX pass_work ON pass (work_id);
