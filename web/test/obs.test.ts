import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, Obs, ObsError, type Socket } from "../app/studio/obs.ts";

interface Request {
  requestType: string;
  requestId: string;
  requestData: Record<string, unknown>;
}

// An OBS that keeps what it is told, or loses it; closes the door to a wrong password.
class FakeObs implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  service: unknown;
  profile: Record<string, unknown> = {};

  constructor(readonly password: string, readonly forgets = false) {
    setTimeout(() => this.#say(0, { rpcVersion: 1, authentication: password ? { salt: "salt", challenge: "challenge" } : undefined }));
  }

  send(text: string): void {
    const { op, d } = JSON.parse(text) as { op: number; d: Request & { authentication?: string } };
    if (op === 1) void this.#identify(d.authentication);
    else this.#say(7, { requestType: d.requestType, requestId: d.requestId, requestStatus: { result: true, code: 100 }, responseData: this.#act(d) });
  }

  close(): void {
    this.onclose?.();
  }

  async #identify(given: string | undefined): Promise<void> {
    const wanted = this.password ? await answer(this.password, "salt", "challenge") : undefined;
    if (given === wanted) this.#say(2, { negotiatedRpcVersion: 1 });
    else this.close();
  }

  #act({ requestType, requestData }: Request): Record<string, unknown> {
    if (requestType === "SetStreamServiceSettings") this.service = requestData;
    if (requestType === "SetProfileParameter") this.profile[String(requestData.parameterName)] = requestData.parameterValue;
    if (requestType === "GetVideoSettings") return { fpsNumerator: 60, fpsDenominator: 1 };
    if (requestType === "GetStreamServiceSettings") return this.forgets ? {} : (this.service as Record<string, unknown>);
    return {};
  }

  #say(op: number, d: unknown): void {
    setTimeout(() => this.onmessage?.({ data: JSON.stringify({ op, d }) }));
  }
}

const connect = (obs: FakeObs, password: string) => Obs.connect(password, () => Promise.resolve(obs));
const trouble = (wanted: string) => (error: unknown) => error instanceof ObsError && error.trouble === wanted;

test("OBS is set to our server, our key and a keyframe each two seconds", async () => {
  const fake = new FakeObs("secret");
  const obs = await connect(fake, "secret");
  await obs.configure("rtmp://127.0.0.1:1935/live", "hw_live_x");
  assert.deepEqual(fake.service, { streamServiceType: "rtmp_custom", streamServiceSettings: { server: "rtmp://127.0.0.1:1935/live", key: "hw_live_x", use_auth: false } });
  assert.equal(fake.profile.x264Settings, "keyint=120");
});

test("an OBS without a password needs none", async () => {
  await (await connect(new FakeObs(""), "")).configure("a", "b");
});

test("a wrong password is said to be one", () => assert.rejects(connect(new FakeObs("secret"), "wrong"), trouble("password")));

test("an OBS that does not keep what it was told is found out", async () => {
  const obs = await connect(new FakeObs("", true), "");
  await assert.rejects(obs.configure("a", "b"), trouble("differs"));
});

test("no OBS is said to be none", () => assert.rejects(Obs.connect("", () => Promise.reject(new Error("refused"))), trouble("unreachable")));
