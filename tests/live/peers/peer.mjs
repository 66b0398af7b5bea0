// Users of matrix-js-sdk, as many as are asked for, driven by lines of JSON on stdin.
//
//   {"id": 1, "who": "ana", "do": "start", "base", "user", "device", "token", "accept"?, "crypto"?,
//    "password"?}
//   {"id": 2, "who": "ana", "do": "call", "method": "joinRoom", "args": ["!room:hs.test"]}
//   {"id": 3, "who": "ana", "do": "upload", "data": "<base64>", "name", "type"}
//   {"id": 4, "who": "ana", "do": "stop"}
//
// Each is answered by {"id", "result"} or {"id", "error"}. Everything a user's syncs bring is told
// as {"who", "event"}: of timelines, of state, receipts and typing; and {"who", "me", "room"}, the
// user's own membership. `accept`: invites by this user are followed. `call` may be any method of
// MatrixClient.
//
// `crypto` is "strict" (only devices that their owner has signed are read and written to) or "lax".
// With a `password` the device is signed: by a new identity, if the user has none, else by what
// they keep (`keep`), which another of their devices here has opened. What is encrypted is told
// first as it came, then as it was read, or why not: {"who", "event", "clear": {"type", "content",
// "failure", "shield", "reason"}}, with the shield that a client would show. These are for those
// users:
//
//   "crypto" {method, args}     any method of CryptoApi
//   "renew" {password}          they have another identity from now on
//   "keep" {}                   their secrets are put into secret storage
//   "entered" {room}            waits until the SDK knows whether that room is encrypted
//   "shown" {room, event}       what is shown of it now, as in "clear"
//   "sessions" {room}           the ids of the Megolm sessions there that can be read
//   "devices" {user}            {id: whether its owner has signed it}, as it is known here
//   "passing" {out?, in?}       what is done with messages from device to device: `out` "send",
//                               "drop" (the SDK believes they were sent) or "hold"; `in` "take",
//                               "drop" or "spoil"
//   "release" {}                what was held is sent
import { createInterface } from "node:readline";
import * as sdk from "matrix-js-sdk";
import * as trust from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger } from "matrix-js-sdk/lib/logger.js";

// stdout is for answers; the SDK would speak there, too.
for (const level of ["trace", "debug", "info", "log", "warn", "error"]) {
	console[level] = (...all) => process.env.PEER_DEBUG && process.stderr.write(`${all.join(" ")}\n`);
}
logger.setLevel(process.env.PEER_DEBUG ? "debug" : "silent");

const users = new Map(); // who -> { client, way }
const opened = new Map(); // user -> what opens their secret storage

function tell(line) {
	process.stdout.write(`${JSON.stringify(line)}\n`);
}

function told(event) {
	return { ...event.event, room_id: event.getRoomId() };
}

async function until(what, condition, seconds = 30) {
	for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
		const got = await condition();
		if (got) {
			return got;
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`waited in vain for ${what}`);
}

// How a user's requests come to the server, and its answers to them.
class Way {
	out = "send";
	in = "take";
	held = [];

	fetch = async (resource, options) => {
		const { pathname } = new URL(resource);
		if (this.out !== "send" && pathname.includes("/sendToDevice/")) {
			if (this.out === "hold") {
				this.held.push([resource, { ...options, signal: undefined }]);
			}
			return Response.json({});
		}
		const answer = await fetch(resource, options);
		if (this.in === "take" || !answer.ok || !pathname.endsWith("/sync")) {
			return answer;
		}
		const body = await answer.json();
		const events = body.to_device?.events ?? [];
		if (this.in === "drop") {
			events.length = 0;
		}
		for (const message of events.flatMap((e) => Object.values(e.content.ciphertext ?? {}))) {
			message.body = message.body?.replace(/.{4}$/, (end) => (end === "AAAA" ? "BBBB" : "AAAA"));
		}
		return Response.json(body, { status: answer.status });
	};

	async release() {
		for (const request of this.held.splice(0)) {
			await fetch(...request);
		}
	}
}

async function shown(client, event) {
	const failed = event.isDecryptionFailure();
	const info = failed ? null : await client.getCrypto().getEncryptionInfoForEvent(event);
	return {
		type: event.getType(), content: event.getContent(),
		failure: failed ? event.decryptionFailureReason : null,
		shield: info && trust.EventShieldColour[info.shieldColour],
		reason: info?.shieldReason == null ? null : trust.EventShieldReason[info.shieldReason],
	};
}

function follow(who, client, accept) {
	client.on("event", (event) => {
		tell({ who, event: told(event) });
		// Else only what is at the end of a room.
		client.getCrypto() && client.decryptEventIfNeeded(event);
	});
	client.on("Event.decrypted", async (event) =>
		tell({ who, event: told(event), clear: await shown(client, event) }));
	client.on("Room.myMembership", (room, membership) => {
		tell({ who, me: membership, room: room.roomId });
		const me = room.getMember(client.getUserId());
		if (membership === "invite" && accept && me?.events.member?.getSender() === accept) {
			client.joinRoom(room.roomId).catch((e) => tell({ who, error: String(e) }));
		}
	});
}

const secretStorage = (user) => ({
	getSecretStorageKey: async ({ keys }) =>
		(opened.has(user) ? [Object.keys(keys)[0], opened.get(user)] : null),
	cacheSecretStorageKey: (id, info, key) => opened.set(user, key),
});

async function sign(client, password, anew) {
	const crypto = client.getCrypto(), user = client.getUserId();
	// The SDK has to know before whether there is an identity.
	await crypto.userHasCrossSigningKeys(user, true);
	await crypto.bootstrapCrossSigning({ setupNewCrossSigning: anew,
		authUploadDeviceSigningKeys: (upload) => upload(
			{ type: "m.login.password", identifier: { type: "m.id.user", user }, password }) });
	await until("the device to be signed", async () =>
		(await crypto.getDeviceVerificationStatus(user, client.getDeviceId()))?.signedByOwner);
}

function method(object, who, name) {
	if (typeof object?.[name] !== "function") {
		throw new Error(`${who} has no ${name}`);
	}
	return object[name].bind(object);
}

const clientOf = ({ who }) => users.get(who)?.client;
const cryptoOf = (asked) => clientOf(asked)?.getCrypto();

const verbs = {
	async start({ who, base, user, device, token, accept, crypto, password }) {
		const way = new Way();
		const client = sdk.createClient({ baseUrl: base, userId: user, deviceId: device,
			accessToken: token, fetchFn: way.fetch, cryptoCallbacks: secretStorage(user) });
		if (crypto) {
			await client.initRustCrypto({ useIndexedDB: false });
			client.getCrypto().setDeviceIsolationMode(crypto === "strict"
				? new trust.OnlySignedDevicesIsolationMode()
				: new trust.AllDevicesIsolationMode(false));
		}
		follow(who, client, accept);
		const ready = new Promise((resolve) => client.on("sync", function heard(state) {
			if (state === "PREPARED") {
				client.off("sync", heard);
				resolve();
			}
		}));
		await client.startClient({ initialSyncLimit: 50, disablePresence: true });
		users.set(who, { client, way });
		await ready;
		if (crypto && password) {
			await sign(client, password, false);
		}
	},
	call: (asked) => method(clientOf(asked), asked.who, asked.method)(...asked.args),
	crypto: (asked) => method(cryptoOf(asked), asked.who, asked.method)(...asked.args),
	upload: (asked) => clientOf(asked).uploadContent(Buffer.from(asked.data, "base64"),
		{ name: asked.name, type: asked.type }),
	renew: (asked) => sign(clientOf(asked), asked.password, true),
	async keep(asked) {
		const crypto = cryptoOf(asked);
		await crypto.bootstrapSecretStorage({ setupNewSecretStorage: true,
			createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase() });
	},
	entered: (asked) => until(`the state of ${asked.room}`, async () => {
		const state = clientOf(asked).getRoom(asked.room)?.currentState;
		const encrypted = state?.getStateEvents("m.room.encryption", "");
		return state?.getStateEvents("m.room.create", "") &&
			(!encrypted || await cryptoOf(asked).isEncryptionEnabledInRoom(asked.room));
	}),
	shown: (asked) => shown(clientOf(asked),
		clientOf(asked).getRoom(asked.room).findEventById(asked.event)),
	sessions: async (asked) => (await cryptoOf(asked).exportRoomKeys())
		.filter((key) => key.room_id === asked.room).map((key) => key.session_id),
	async devices(asked) {
		const crypto = cryptoOf(asked);
		const known = await crypto.getUserDeviceInfo([asked.user], true);
		const found = {};
		for (const id of known.get(asked.user)?.keys() ?? []) {
			const status = await crypto.getDeviceVerificationStatus(asked.user, id);
			found[id] = Boolean(status?.signedByOwner);
		}
		return found;
	},
	passing({ who, ...how }) {
		const { way } = users.get(who);
		way.out = how.out ?? way.out;
		way.in = how.in ?? way.in;
	},
	release: ({ who }) => users.get(who).way.release(),
	stop({ who }) {
		users.get(who)?.client.stopClient();
		users.delete(who);
	},
};

// What the SDK answers with may be one of its own objects, which hang together in circles.
function plain(result) {
	try {
		JSON.stringify(result);
		return result ?? null;
	} catch {
		return null;
	}
}

createInterface({ input: process.stdin }).on("line", async (line) => {
	const asked = JSON.parse(line);
	try {
		tell({ id: asked.id, result: plain(await verbs[asked.do](asked)) });
	} catch (e) {
		tell({ id: asked.id, error: e?.message ?? String(e) });
	}
}).on("close", () => process.exit());
