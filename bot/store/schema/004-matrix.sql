-- What Matrix asks for: what every network can use, and below what a Matrix account has to remember between two starts. Tokens are sealed with a key that is not
-- in the store.

ALTER TABLE outbox ADD COLUMN room_else TEXT;   -- where a private post is said if there is no way to them
ALTER TABLE outbox ADD COLUMN markup_else TEXT; -- what is said there then; NULL: the same
ALTER TABLE outbox ADD COLUMN work_id INTEGER REFERENCES work ON DELETE SET NULL; -- which work it tells of; stays
CREATE INDEX outbox_work ON outbox (work_id) WHERE work_id IS NOT NULL;

ALTER TABLE place ADD COLUMN moved_to TEXT;     -- the room it goes on in, while it is still called by this one
ALTER TABLE place ADD COLUMN muted_told_us INTEGER NOT NULL DEFAULT 0;

CREATE TABLE matrix_account (
	network TEXT PRIMARY KEY,
	homeserver TEXT NOT NULL,           -- where it answers: a base URL, as discovered
	user TEXT NOT NULL,
	device TEXT NOT NULL,
	token TEXT NOT NULL,                -- sealed
	refresh_token TEXT,                 -- sealed; NULL: the token does not expire
	expires_at_us INTEGER NOT NULL DEFAULT 0, -- 0: nobody said
	filter TEXT NOT NULL DEFAULT '',    -- the filter's text, and how the server calls it
	filter_id TEXT NOT NULL DEFAULT '',
	since TEXT                          -- the last next_batch handled; NULL: no sync was yet
) WITHOUT ROWID;

-- Rooms kith is in, and how they are called in places: by their own id unless they go on from
-- another or were written as an alias.
CREATE TABLE matrix_room (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	place TEXT NOT NULL,                -- '' for a room that is no place
	direct TEXT,                        -- for whom alone it is, a Matrix id; NULL: it is not direct
	inside INTEGER NOT NULL DEFAULT 0,  -- kith has joined it
	seq INTEGER NOT NULL DEFAULT 0,     -- in the order in which kith came to know them
	PRIMARY KEY (network, room)
) WITHOUT ROWID;
CREATE INDEX matrix_room_direct ON matrix_room (network, direct) WHERE direct IS NOT NULL;

-- The state of those rooms as far as kith minds it.
CREATE TABLE matrix_state (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	type TEXT NOT NULL,                 -- m.room.create, m.room.power_levels, ...; no members
	sender TEXT NOT NULL,
	content TEXT NOT NULL,              -- JSON
	PRIMARY KEY (network, room, type)
) WITHOUT ROWID;

CREATE TABLE matrix_member (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	user TEXT NOT NULL,
	membership TEXT NOT NULL,           -- join or invite; others have no row
	shown TEXT,                         -- the display name there
	PRIMARY KEY (network, room, user)
) WITHOUT ROWID;

-- Invitations that are not answered yet: a row goes when the homeserver has taken the answer.
CREATE TABLE matrix_invite (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	inviter TEXT NOT NULL,
	shown TEXT NOT NULL,                -- how the inviter is called
	direct INTEGER NOT NULL,            -- to talk in private
	answer INTEGER NOT NULL,            -- 0: not decided, 1: kith goes there, 2: it refuses
	PRIMARY KEY (network, room)
) WITHOUT ROWID;

-- Events whose handling changed something: none of them is handled again.
CREATE TABLE matrix_event (
	network TEXT NOT NULL,
	event TEXT NOT NULL,
	at_us INTEGER NOT NULL,             -- when it was handled
	PRIMARY KEY (network, event)
) WITHOUT ROWID;
CREATE INDEX matrix_event_at ON matrix_event (at_us);

-- Which event says which post, of what may be amended or answered.
CREATE TABLE matrix_spoken (
	network TEXT NOT NULL,
	event TEXT NOT NULL,
	key TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	PRIMARY KEY (network, event, key)   -- a long post has several; an amended one says several
) WITHOUT ROWID;
CREATE INDEX matrix_spoken_key ON matrix_spoken (network, key);
CREATE INDEX matrix_spoken_at ON matrix_spoken (at_us);

-- A hole in a room's timeline that is being filled: /messages is asked backwards from `token` on
-- until it comes to `until`.
CREATE TABLE matrix_gap (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	token TEXT NOT NULL,
	until TEXT NOT NULL,                -- the since of the sync that had the hole
	from_us INTEGER NOT NULL,           -- when kith listened there last
	asked INTEGER NOT NULL DEFAULT 0,   -- events got so far
	PRIMARY KEY (network, room)
) WITHOUT ROWID;

-- Events that wait for that, or came out of it: the room's, in this order.
CREATE TABLE matrix_waiting (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	seq INTEGER NOT NULL,               -- before the hole's end: counted down from -1
	event TEXT NOT NULL,                -- JSON, as it came
	backlog INTEGER NOT NULL,
	at_us INTEGER NOT NULL,             -- since when it waits
	PRIMARY KEY (network, room, seq)
) WITHOUT ROWID;

-- Whom kith is opening a direct room for: creating one has no transaction id, so that a kill leaves it
-- to the next sync to tell whether there is one.
CREATE TABLE matrix_opening (
	network TEXT NOT NULL,
	user TEXT NOT NULL,
	PRIMARY KEY (network, user)
) WITHOUT ROWID;
