const sdk = await import(`${process.env.SDK}/lib/index.js`);
const { logger } = await import(`${process.env.SDK}/lib/logger.js`);
logger.setLevel("error");
const client = sdk.createClient({ baseUrl: "@{url}", accessToken: "@{token}", userId: "@{user}",
	deviceId: "@{device}" });
await client.initRustCrypto({ useIndexedDB: false });
let heard = 0;
client.on(sdk.ClientEvent.Event, (event) => client.decryptEventIfNeeded(event));
client.on(sdk.MatrixEventEvent.Decrypted, (event) => {
	if (event.isDecryptionFailure() || event.getSender() === "@{user}") {
		return;
	}
	heard++;
	const answer = { "!ping": "pong", "!heard": String(heard) }[event.getContent().body];
	answer && client.sendTextMessage(event.getRoomId(), answer);
});
// Else it keeps, and goes through, all that was ever said.
client.on(sdk.ClientEvent.Sync, () => {
	for (const room of client.getRooms()) {
		room.getLiveTimeline().getEvents().length > 100 && room.resetLiveTimeline();
	}
});
await client.startClient({ initialSyncLimit: 10, lazyLoadMembers: true });
