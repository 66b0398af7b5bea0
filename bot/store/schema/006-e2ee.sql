-- End-to-end encryption on Matrix. Pickles and secrets are locked with a key that is not in the store. All of it belongs to one device of kith's: with another one
-- it goes, except whose identity is whose.

CREATE TABLE e2ee_own (
	network TEXT PRIMARY KEY,
	user TEXT NOT NULL,                 -- whose keys
	device TEXT NOT NULL,               -- these are
	account TEXT NOT NULL,              -- pickle
	published INTEGER NOT NULL DEFAULT 0, -- the homeserver has the device's keys
	signer TEXT,                        -- the self-signing key that has signed it, and
	signature TEXT,                     -- its signature; NULL: none has
	fallback_at_us INTEGER NOT NULL DEFAULT 0, -- when the fallback key was published
	fallback_old INTEGER NOT NULL DEFAULT 0, -- the one before it is still good
	moved INTEGER NOT NULL DEFAULT 0,   -- since the last generation something was kept, here or of what the device agreed on with others
	generation INTEGER NOT NULL DEFAULT 0 -- the homeserver was told of none that is greater
) WITHOUT ROWID;

-- The owner's keys, if kith made them: seeds, sealed.
CREATE TABLE e2ee_crosssign (
	network TEXT PRIMARY KEY,
	user TEXT NOT NULL,
	master TEXT NOT NULL,
	self_signing TEXT NOT NULL,
	user_signing TEXT NOT NULL,
	uploaded INTEGER NOT NULL DEFAULT 0 -- the homeserver has taken them
) WITHOUT ROWID;

-- Whose lists of devices are followed, and who they are. `pinned` outlives the following.
CREATE TABLE e2ee_user (
	network TEXT NOT NULL,
	user TEXT NOT NULL,
	followed INTEGER NOT NULL,          -- in some encrypted room with kith
	outdated INTEGER NOT NULL,          -- 0: no; else greater each time it is marked so
	self_signing TEXT,                  -- their key, signed by
	pinned TEXT,                        -- their master key, as it was last; NULL: they had none
	changed INTEGER NOT NULL DEFAULT 0, -- that is not the first they had
	left_us INTEGER NOT NULL DEFAULT 0, -- when the following ended
	PRIMARY KEY (network, user)
) WITHOUT ROWID;

-- Between which syncs kith did not hear whose lists have changed.
CREATE TABLE e2ee_changes (
	network TEXT PRIMARY KEY,
	since TEXT NOT NULL,
	until TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE e2ee_device (
	network TEXT NOT NULL,
	user TEXT NOT NULL,
	device TEXT NOT NULL,
	curve25519 TEXT NOT NULL,
	ed25519 TEXT NOT NULL,              -- never another one
	shown TEXT,
	megolm INTEGER NOT NULL,
	signed INTEGER NOT NULL,
	gone INTEGER NOT NULL DEFAULT 0,    -- since when it is not on their list any more; 0: it is
	PRIMARY KEY (network, user, device)
) WITHOUT ROWID;
CREATE INDEX e2ee_device_key ON e2ee_device (network, user, curve25519);

CREATE TABLE e2ee_session (
	network TEXT NOT NULL,
	user TEXT NOT NULL,                 -- whose device it is with: anybody can say that a key is theirs
	curve25519 TEXT NOT NULL,           -- that device's, as is
	ed25519 TEXT NOT NULL,
	session TEXT NOT NULL,
	pickle TEXT NOT NULL,
	used INTEGER NOT NULL,              -- when it last brought something, or was begun: the greatest is the one to speak in
	heard TEXT NOT NULL,                -- hashes of the last messages that it read
	known INTEGER NOT NULL,             -- 0: a stranger's; 1: of somebody whose list is followed; 2: it is on that list
	PRIMARY KEY (network, user, curve25519, session)
);
CREATE INDEX e2ee_session_stranger ON e2ee_session (network, used) WHERE known = 0;

-- When a session was last replaced because it failed.
CREATE TABLE e2ee_wedged (
	network TEXT NOT NULL,
	user TEXT NOT NULL,
	curve25519 TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	waiting INTEGER NOT NULL,           -- the new one is still to be begun
	PRIMARY KEY (network, user, curve25519)
) WITHOUT ROWID;

CREATE TABLE e2ee_outgoing (
	id INTEGER PRIMARY KEY,
	network TEXT NOT NULL,
	txn TEXT NOT NULL,
	about TEXT NOT NULL,
	type TEXT NOT NULL,
	messages TEXT NOT NULL              -- the body of the request, JSON
);
CREATE INDEX e2ee_outgoing_about ON e2ee_outgoing (network, about);

-- What kith speaks in, a room. Only those that it speaks in now.
CREATE TABLE e2ee_outbound (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	session TEXT NOT NULL,
	pickle TEXT NOT NULL,               -- as it was when indices were last leased
	leased INTEGER NOT NULL,            -- none from here on was used
	since_us INTEGER NOT NULL,
	visibility TEXT,                    -- what newcomers may read, as it was then
	PRIMARY KEY (network, room)
) WITHOUT ROWID;

-- Sessions of ours that were spoken in, to know our own again.
CREATE TABLE e2ee_spoken (
	network TEXT NOT NULL,
	session TEXT NOT NULL,
	room TEXT NOT NULL,
	leased INTEGER NOT NULL,            -- no index of it from here on was used
	at_us INTEGER NOT NULL,
	PRIMARY KEY (network, session)
) WITHOUT ROWID;

-- Who has the key of it, or was told why not.
CREATE TABLE e2ee_shared (
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	user TEXT NOT NULL,
	device TEXT NOT NULL,
	curve25519 TEXT NOT NULL,
	code TEXT,                          -- m.room_key.withheld; NULL: they have it
	PRIMARY KEY (network, room, user, device)
) WITHOUT ROWID;

-- What others speak in: whoever has its key may give it on, as their own.
CREATE TABLE e2ee_inbound (
	id INTEGER PRIMARY KEY,
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	session TEXT NOT NULL,
	sender TEXT NOT NULL,
	curve25519 TEXT NOT NULL,           -- of the device that gave it
	ed25519 TEXT NOT NULL,
	at_us INTEGER NOT NULL,             -- when it was last of use, to the day
	used INTEGER NOT NULL DEFAULT 0,    -- something was read with it
	floor INTEGER NOT NULL DEFAULT 0,   -- which event used an index before this is forgotten
	pickle TEXT NOT NULL,
	UNIQUE (network, room, session, sender)
);
CREATE INDEX e2ee_inbound_sender ON e2ee_inbound (network, sender, room, at_us);
CREATE INDEX e2ee_inbound_unused ON e2ee_inbound (network, sender, at_us) WHERE used = 0;

-- Which event used which index: another one with the same is a replay. A row an event.
CREATE TABLE e2ee_index (
	session INTEGER NOT NULL,           -- e2ee_inbound.id
	at INTEGER NOT NULL,
	event TEXT NOT NULL,
	sent_us INTEGER NOT NULL,           -- its origin_server_ts
	PRIMARY KEY (session, at)
) WITHOUT ROWID;
-- No foreign key, which would be looked up for every event.
CREATE TRIGGER e2ee_inbound_gone AFTER DELETE ON e2ee_inbound BEGIN
	DELETE FROM e2ee_index WHERE session = old.id;
END;

-- Keys that somebody says they do not give. Nothing proves it.
CREATE TABLE e2ee_withheld (
	network TEXT NOT NULL,
	sender TEXT NOT NULL,
	room TEXT NOT NULL,
	session TEXT NOT NULL,
	code TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	PRIMARY KEY (network, sender, room, session)
) WITHOUT ROWID;
CREATE INDEX e2ee_withheld_sender ON e2ee_withheld (network, sender, at_us);

-- Events that cannot be read yet.
CREATE TABLE e2ee_unread (
	id INTEGER PRIMARY KEY,             -- in this order
	network TEXT NOT NULL,
	room TEXT NOT NULL,
	event TEXT NOT NULL,
	author TEXT NOT NULL,               -- who said it
	session TEXT,                       -- what it waits for: a session's key,
	sender TEXT,                        -- or somebody's devices
	code TEXT,                          -- why the key is not coming
	ready INTEGER NOT NULL DEFAULT 0,   -- it has come: to be tried again
	backlog INTEGER NOT NULL,
	at_us INTEGER NOT NULL,             -- since when; 0: it is to wait no longer
	text TEXT NOT NULL,                 -- JSON, as it came
	UNIQUE (network, room, event)
);

-- Devices whose owner was told lately why kith does not do what they say, by a keyed hash.
CREATE TABLE device_told (
	who TEXT PRIMARY KEY,
	at_us INTEGER NOT NULL
) WITHOUT ROWID;

-- Devices of kith's own that are never to be used again: their keys are lost, or known elsewhere.
CREATE TABLE matrix_stale (
	network TEXT NOT NULL,
	device TEXT NOT NULL,
	PRIMARY KEY (network, device)
) WITHOUT ROWID;
