// A partner's back end, with nothing but a client generated from openapi.yaml: from a channel to a
// decision. Arguments: base URL, an API key with every scope. Prints a line a step, exits 1 at the
// first that is not as the contract says.
import createClient from "openapi-fetch";
import { randomUUID } from "node:crypto";
import type { paths } from "./build/api.js";

const [baseUrl, key] = process.argv.slice(2);
if (!baseUrl || !key) throw new Error("walk BASE KEY");
const connect = (token: string) =>
  createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
const partner = connect(key);

let steps = 0;
function step<T>(name: string, answer: { data?: T; error?: unknown; response: Response }, status: number): T {
  steps += 1;
  if (answer.response.status !== status || (answer.data === undefined && status !== 202))
    throw new Error(`${name}: ${answer.response.status} ${JSON.stringify(answer.error)}`);
  console.log(`${steps}. ${name}: ${answer.response.status}`);
  return answer.data as T;
}

async function* events(roomId: string, token: string, last?: string) {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (last) headers["last-event-id"] = last;
  const response = await fetch(`${baseUrl}/v1/rooms/${roomId}/events`, { headers });
  if (response.status !== 200 || !response.body) throw new Error(`events: ${response.status}`);
  let buffer = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    buffer += chunk;
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const block = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      const field = (name: string) =>
        block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data) yield { id: field("id") ?? "", type: field("event") ?? "", data: JSON.parse(data) };
    }
  }
}

async function until(stream: AsyncGenerator<{ id: string; type: string; data: any }>, type: string) {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error(`the stream ended before ${type}`);
    if (value.type === type) return value;
  }
}

const slug = `walk-${randomUUID().slice(0, 8)}`;
const channel = step("make a channel", await partner.POST("/v1/channels", { body: { slug, title: "Walk" } }), 201);
const path = { channel_id: channel.id };
step("make a stream key", await partner.POST("/v1/channels/{channel_id}/stream-keys", { params: { path }, body: { label: "OBS" } }), 201);
step("read the channel", await partner.GET("/v1/channels/{channel_id}", { params: { path } }), 200);
step("list broadcasts", await partner.GET("/v1/broadcasts", { params: { query: { channel_id: channel.id } } }), 200);

const mint = async (name: string) =>
  step(
    `mint ${name}'s token`,
    await partner.POST("/v1/viewer-tokens", {
      body: {
        room_id: channel.room_id,
        user: { external_id: name, display_name: name },
        capabilities: ["read", "comment", "gift"],
        ttl_s: 600,
      },
    }),
    201,
  );
const ana = await mint(`ana-${slug}`);
const ben = await mint(`ben-${slug}`);
const anaClient = connect(ana.token);
const benClient = connect(ben.token);

const room = { room_id: channel.room_id };
const stream = events(channel.room_id, ben.token);
await until(stream, "stream.hello");
const said = step(
  "comment",
  await anaClient.POST("/v1/rooms/{room_id}/comments", { params: { path: room }, body: { body: "hello from a client", kind: "chat" } }),
  201,
);
const seen = await until(stream, "comment.created");
if (seen.data.comment.id !== said.id) throw new Error("another comment arrived");
step("list comments", await benClient.GET("/v1/rooms/{room_id}/comments", { params: { path: room } }), 200);

step("gift types", await benClient.GET("/v1/gift-types", {}), 200);
const header = { "Idempotency-Key": randomUUID() };
step(
  "grant coins",
  await partner.POST("/v1/wallet-grants", { params: { header: { "Idempotency-Key": randomUUID() } }, body: { user_id: ana.user_id, coins: 100, reason: "welcome" } }),
  201,
);
const gift = { params: { header }, body: { room_id: channel.room_id, gift: "pebble", quantity: 3 } };
const sent = step("send a gift", await anaClient.POST("/v1/gifts", gift), 201);
const again = step("send it again", await anaClient.POST("/v1/gifts", gift), 201);
if (sent.id !== again.id || again.balance !== sent.balance) throw new Error("the gift was sent twice");
await until(stream, "gift.sent");
const wallet = step("read the wallet", await anaClient.GET("/v1/wallet", {}), 200);
if (wallet.balance !== sent.balance) throw new Error("the wallet disagrees with the receipt");

step(
  "report the comment",
  await benClient.POST("/v1/reports", { body: { subject_kind: "comment", subject_id: said.id, reason_code: "spam" } }),
  201,
);
const queues = step("list queues", await partner.GET("/v1/moderation/queues", {}), 200);
const queue = queues.data[0];
if (!queue) throw new Error("no queue");
const claims = step(
  "claim",
  await partner.POST("/v1/moderation/queues/{queue_id}/claims", { params: { path: { queue_id: queue.id } }, body: { max: 20 } }),
  200,
);
const policies = step("list policies", await partner.GET("/v1/moderation/policies", {}), 200);
const policy = policies.data[0];
if (!policy) throw new Error("no policy");
let decided = false;
for (const claim of claims.data) {
  const item = step("read an item", await partner.GET("/v1/moderation/items/{item_id}", { params: { path: { item_id: claim.item_id } } }), 200);
  if (item.subject_id !== said.id) continue;
  step(
    "decide",
    await partner.POST("/v1/moderation/items/{item_id}/decisions", {
      params: { path: { item_id: claim.item_id } },
      body: { lease_token: claim.lease_token, outcome: "remove", policy_ids: [policy.id], actions: [] },
    }),
    201,
  );
  decided = true;
}
if (!decided) throw new Error("the reported comment was not in the queue");
const removed = await until(stream, "comment.deleted");
if (removed.data.comment_id !== said.id) throw new Error("another comment was removed");
step("read the home feed", await benClient.GET("/v1/feeds/home", { params: { query: { limit: 10 } } }), 200);
await stream.return(undefined);
console.log(`${steps} passed, 0 failed`);
process.exit(0);
