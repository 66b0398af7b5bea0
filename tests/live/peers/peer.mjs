// Users of matrix-js-sdk, as many as are asked for, driven by lines of JSON on stdin.
//
//   {"id": 1, "who": "ana", "do": "start", "base", "user", "device", "token", "crypto"?, "accept"?}
//   {"id": 2, "who": "ana", "do": "call", "method": "joinRoom", "args": ["!room:hs.test"]}
//   {"id": 3, "who": "ana", "do": "upload", "data": "<base64>", "name", "type"}
//   {"id": 4, "who": "ana", "do": "stop"}
//
// Each is answered by {"id", "result"} or {"id", "error"}. Everything a user's syncs bring is told
// as {"who", "event"}: of timelines, of state, receipts and typing; what was decrypted once more,
// with "clear"; and {"who", "me", "room"}, the user's own membership. `accept`: invites by this
// user are followed. `call` may be any method of MatrixClient.
import { createInterface } from "node:readline";
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

// stdout is for answers; the SDK would speak there, too.
for (const level of ["trace", "debug", "info", "log", "warn", "error"]) {
	console[level] = (...all) => process.env.PEER_DEBUG && process.stderr.write(`${all.join(" ")}\n`);
}
logger.setLevel(process.env.PEER_DEBUG ? "debug" : "silent");

const users = new Map();

function tell(line) {
	process.stdout.write(`${JSON.stringify(line)}\n`);
}

function told(event) {
	return { ...event.event, room_id: event.getRoomId() };
}

function follow(who, client, accept) {
	client.on("event", (event) => tell({ who, event: told(event) }));
	client.on("Event.decrypted", (event) => tell({ who, event: told(event), clear: {
		type: event.getType(), content: event.getContent(),
		failure: event.isDecryptionFailure() ? event.decryptionFailureReason : null,
	} }));
	client.on("Room.myMembership", (room, membership) => {
		tell({ who, me: membership, room: room.roomId });
		const me = room.getMember(client.getUserId());
		if (membership === "invite" && accept && me?.events.member?.getSender() === accept) {
			client.joinRoom(room.roomId).catch((e) => tell({ who, error: String(e) }));
		}
	});
}

const verbs = {
	async start({ who, base, user, device, token, crypto, accept }) {
		const client = sdk.createClient({ baseUrl: base, userId: user, deviceId: device,
			accessToken: token });
		if (crypto) {
			await client.initRustCrypto({ useIndexedDB: false });
		}
		follow(who, client, accept);
		const ready = new Promise((resolve) => client.on("sync", function heard(state) {
			if (state === "PREPARED") {
				client.off("sync", heard);
				resolve();
			}
		}));
		await client.startClient({ initialSyncLimit: 50, disablePresence: true });
		users.set(who, client);
		await ready;
	},
	call({ who, method, args }) {
		const client = users.get(who);
		if (typeof client?.[method] !== "function") {
			throw new Error(`${who} has no ${method}`);
		}
		return client[method](...args);
	},
	upload({ who, data, name, type }) {
		return users.get(who).uploadContent(Buffer.from(data, "base64"), { name, type });
	},
	stop({ who }) {
		users.get(who)?.stopClient();
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
