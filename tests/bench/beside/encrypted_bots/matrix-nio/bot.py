import asyncio
import nio


async def main():
    config = nio.AsyncClientConfig(store_sync_tokens=True, encryption_enabled=True)
    client = nio.AsyncClient("@{url}", "@{user}", "@{device}", "@{dir}", config)
    client.restore_login("@{user}", "@{device}", "@{token}")
    heard = 0

    async def on_message(room, event):
        nonlocal heard
        heard += event.decrypted
        answer = {"!ping": "pong", "!heard": str(heard)}.get(event.body)
        if answer:
            await client.room_send(room.room_id, "m.room.message",
                                   {"msgtype": "m.text", "body": answer},
                                   ignore_unverified_devices=True)

    client.add_event_callback(on_message, nio.RoomMessageText)
    await client.sync_forever(timeout=30000)

asyncio.run(main())
