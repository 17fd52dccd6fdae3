// The player alone, for frames on other pages; partners hear its events by message.
import { boot, facts } from "./core/boot.ts";
import type { Channel } from "./core/model.ts";
import { Room } from "./core/room.ts";
import { Session } from "./core/session.ts";
import type { Player } from "./player/player.ts";

await boot();
await import("./player/player.ts");

const { channel, creator, replay } = facts<{ channel: Channel; creator: string; replay?: string | null }>("facts") ?? { channel: undefined, creator: "" };
const player = document.querySelector<Player>("headwater-player");
if (player && channel) {
  const room = new Room(channel.room_id, new Session(channel.room_id));
  room.start([]);
  player.room = room;
  player.autoplay = true;
  player.facts = { creator, replay: replay ?? undefined, startedAt: Date.parse(channel.broadcast?.started_at ?? "") || undefined };
  const address = channel.hls ?? `/hls/${channel.slug}/index.m3u8`;
  if (channel.broadcast) player.url = address;
  else player.state = "waiting";
  room.addEventListener("event", (event) => {
    const change = (event as CustomEvent<{ type: string; at?: string }>).detail;
    const status = /^broadcast\.(started|interrupted|resumed|ended|taken_down)$/.exec(change.type)?.[1];
    if (!status) return;
    if (status === "started") player.url = address;
    player.broadcastIs(status as "started", Date.parse(change.at ?? "") || Date.now());
  });
  for (const name of ["state", "time", "ended"]) {
    player.addEventListener(`headwater-${name}`, (event) => {
      const message = { headwater: 1, type: name, detail: (event as CustomEvent).detail };
      if (parent !== window && document.referrer) parent.postMessage(message, new URL(document.referrer).origin);
    });
  }
}
