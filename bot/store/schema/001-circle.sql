-- The circle's memory. Times are UTC microseconds (_us), days Julian day numbers. A person's rows
-- exist from the moment they join; NULL where a person stood means "a former member".

CREATE TABLE groups (
	id INTEGER PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,           -- the configuration's section: '' for [group]
	next_work INTEGER NOT NULL DEFAULT 1, -- numbers are never used twice
	quiet_until_us INTEGER NOT NULL DEFAULT 0,
	cap_told INTEGER NOT NULL DEFAULT 0   -- the organizers know that the group has grown large
);

CREATE TABLE person (
	id INTEGER PRIMARY KEY,
	zone TEXT                           -- IANA name; NULL: the group's
);

-- A person's account on a network; `account` is folded as the network folds it.
CREATE TABLE handle (
	network TEXT NOT NULL,
	account TEXT NOT NULL,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	spelled TEXT NOT NULL,              -- as the network spells it, to address a private post
	used_at_us INTEGER NOT NULL,        -- the last-used door gets the private posts
	PRIMARY KEY (network, account)
) WITHOUT ROWID;
CREATE INDEX handle_person ON handle (person_id);

CREATE TABLE member (
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	name TEXT NOT NULL,
	fold TEXT NOT NULL,                 -- the name as compared
	intro TEXT NOT NULL,
	joined_at_us INTEGER NOT NULL,
	left_at_us INTEGER,
	remind INTEGER NOT NULL DEFAULT 0,
	forget_asked_us INTEGER,            -- waits for `forget me` to be said again
	PRIMARY KEY (group_id, person_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX member_fold ON member (group_id, fold);
CREATE INDEX member_person ON member (person_id);

CREATE TABLE work (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	number INTEGER NOT NULL,
	maker_id INTEGER REFERENCES person ON DELETE SET NULL,
	title TEXT NOT NULL,                -- '' once its maker is forgotten
	link TEXT,
	want TEXT,
	made_at_us INTEGER NOT NULL,
	UNIQUE (group_id, number)
);
CREATE INDEX work_maker ON work (maker_id, group_id);
CREATE INDEX work_same ON work (maker_id, group_id, link, title);

CREATE TABLE round (
	id INTEGER PRIMARY KEY,
	group_id INTEGER NOT NULL REFERENCES groups,
	day INTEGER NOT NULL,               -- its opening day; every step is computed from it
	rule TEXT NOT NULL,                 -- how that day was found, to notice a changed configuration
	state TEXT NOT NULL CHECK (state IN ('planned', 'open', 'last-call', 'closed', 'archived', 'skipped')),
	opens_at_us INTEGER,                -- opened by hand; NULL: as configured
	closes_at_us INTEGER,               -- closed or extended by hand; NULL: as configured
	opened_at_us INTEGER,               -- when it was really opened, maybe late
	quiet INTEGER NOT NULL DEFAULT 0    -- it closed and nobody had shown anything
);
CREATE INDEX round_state ON round (group_id, state);
CREATE INDEX round_day ON round (group_id, day);

CREATE TABLE entry (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	round_id INTEGER REFERENCES round,  -- NULL: kept for the next round
	work_id INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	shown_at_us INTEGER NOT NULL,
	late INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX entry_one ON entry (round_id, person_id) WHERE round_id IS NOT NULL;
CREATE UNIQUE INDEX entry_kept ON entry (group_id, person_id) WHERE round_id IS NULL;
CREATE INDEX entry_work ON entry (work_id);
CREATE INDEX entry_person ON entry (person_id);

CREATE TABLE reading (
	entry_id INTEGER PRIMARY KEY REFERENCES entry ON DELETE CASCADE,
	group_id INTEGER NOT NULL REFERENCES groups,
	reader_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	maker_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	drawn_at_us INTEGER NOT NULL
);
CREATE INDEX reading_reader ON reading (reader_id, group_id, drawn_at_us);
CREATE INDEX reading_pair ON reading (reader_id, maker_id, group_id);
CREATE INDEX reading_maker ON reading (maker_id);

CREATE TABLE note (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	work_id INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	private INTEGER NOT NULL,           -- said to kith alone: for the maker only
	text TEXT NOT NULL,
	at_us INTEGER NOT NULL
);
CREATE INDEX note_work ON note (work_id, at_us);
CREATE INDEX note_person ON note (person_id, group_id, at_us);

CREATE TABLE share (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	work_id INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	place TEXT NOT NULL,
	because TEXT NOT NULL,
	at_us INTEGER NOT NULL
);
CREATE INDEX share_work ON share (work_id, at_us);
CREATE INDEX share_person ON share (person_id, group_id, at_us);

CREATE TABLE thanks (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	to_id INTEGER REFERENCES person ON DELETE SET NULL,
	text TEXT,
	at_us INTEGER NOT NULL
);
CREATE INDEX thanks_person ON thanks (person_id, group_id, at_us);
CREATE INDEX thanks_to ON thanks (to_id);

CREATE TABLE story (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	work_id INTEGER NOT NULL REFERENCES work ON DELETE CASCADE,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	text TEXT NOT NULL,
	at_us INTEGER NOT NULL
);
CREATE INDEX story_work ON story (work_id, at_us);
CREATE INDEX story_person ON story (person_id);

CREATE TABLE vouch (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER REFERENCES person ON DELETE CASCADE, -- for a member ...
	stranger TEXT,                      -- ... or a keyed hash of somebody's handle
	by_id INTEGER REFERENCES person ON DELETE SET NULL,
	at_us INTEGER NOT NULL
);
CREATE INDEX vouch_person ON vouch (person_id, group_id);
CREATE INDEX vouch_stranger ON vouch (group_id, stranger) WHERE stranger IS NOT NULL;
CREATE INDEX vouch_by ON vouch (by_id);

CREATE TABLE absence (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	kind TEXT NOT NULL CHECK (kind IN ('away', 'rest')),
	from_us INTEGER NOT NULL,
	until_us INTEGER NOT NULL
);
CREATE INDEX absence_person ON absence (person_id, group_id, until_us);

CREATE TABLE holiday (
	id INTEGER PRIMARY KEY,
	group_id INTEGER NOT NULL REFERENCES groups,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL
);
CREATE INDEX holiday_group ON holiday (group_id);

-- What a person's command recorded, so that they can undo, edit or delete it for a day.
-- A row's number is never given to another (AUTOINCREMENT above), or one would undo the other.
CREATE TABLE record (
	id INTEGER PRIMARY KEY,
	group_id INTEGER NOT NULL REFERENCES groups,
	person_id INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,
	kind TEXT NOT NULL,                 -- the table it is in
	row_id INTEGER NOT NULL,
	before INTEGER,                     -- what it took the place of
	event TEXT NOT NULL,                -- the message that said it
	at_us INTEGER NOT NULL
);
CREATE INDEX record_person ON record (person_id, group_id, at_us);
CREATE INDEX record_event ON record (event);

-- What kith has said or will say. The key stays, so nothing is said twice; the text does not.
CREATE TABLE outbox (
	key TEXT PRIMARY KEY,
	seq INTEGER NOT NULL,
	network TEXT NOT NULL,
	room TEXT,
	account TEXT,
	shown TEXT,
	person_id INTEGER REFERENCES person ON DELETE SET NULL,
	about_id INTEGER REFERENCES person ON DELETE SET NULL, -- whom it tells of
	source TEXT,                        -- the message it came from, while it is unsaid
	reply_to TEXT,
	thread TEXT,
	edits TEXT,
	kind INTEGER NOT NULL,
	expires_at_us INTEGER NOT NULL,
	not_before_us INTEGER NOT NULL,
	word TEXT NOT NULL,
	markup TEXT,                        -- NULL once it was said or given up
	attachment TEXT
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (seq) WHERE markup IS NOT NULL;
CREATE INDEX outbox_source ON outbox (source) WHERE source IS NOT NULL;
CREATE INDEX outbox_old ON outbox (expires_at_us);
CREATE INDEX outbox_person ON outbox (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX outbox_about ON outbox (about_id) WHERE about_id IS NOT NULL;

-- Facts about this store itself: the key of its hashes.
CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta(key, value) VALUES ('hash-key', lower(hex(randomblob(32))));
