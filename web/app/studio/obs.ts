// Sets OBS up through its own socket on this machine (obs-websocket 5): server, key, keyframes; then reads them back.

/** As much of a WebSocket as we use, so that a test can stand in for OBS. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: (() => void) | null;
}

export type ObsTrouble = "unreachable" | "password" | "refused" | "differs";

export class ObsError extends Error {
  constructor(readonly trouble: ObsTrouble, detail = "") {
    super(`${trouble} ${detail}`);
  }
}

interface Message {
  op: number;
  d: Record<string, unknown>;
}

const ADDRESS = "ws://127.0.0.1:4455";
const PATIENCE_MS = 5000;

/** The answer to OBS's challenge: base64(SHA-256(base64(SHA-256(password + salt)) + challenge)). */
export async function answer(password: string, salt: string, challenge: string): Promise<string> {
  const digest = async (text: string) => {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return btoa(String.fromCharCode(...bytes));
  };
  return digest((await digest(password + salt)) + challenge);
}

export class Obs {
  #next = 1;
  #waiting = new Map<string, (message: Message) => void>();
  #identified: ((error?: ObsError) => void) | undefined;

  private constructor(readonly socket: Socket, readonly password: string) {
    socket.onmessage = ({ data }) => void this.#take(JSON.parse(data) as Message);
    socket.onclose = () => this.#closed();
  }

  /** Connects and identifies; `open` makes the socket. */
  static async connect(password: string, open: (address: string) => Promise<Socket>): Promise<Obs> {
    const socket = await open(ADDRESS).catch(() => {
      throw new ObsError("unreachable");
    });
    const obs = new Obs(socket, password);
    await patience(new Promise<void>((done, fail) => (obs.#identified = (error) => (error ? fail(error) : done()))));
    return obs;
  }

  /** Sets service, key and a keyframe interval of two seconds, and checks that OBS kept them. */
  async configure(server: string, key: string): Promise<void> {
    const service = { streamServiceType: "rtmp_custom", streamServiceSettings: { server, key, use_auth: false } };
    await this.#ask("SetStreamServiceSettings", service);
    const kept = await this.#ask("GetStreamServiceSettings");
    const settings = kept.streamServiceSettings as { server?: string; key?: string } | undefined;
    if (settings?.server !== server || settings?.key !== key) throw new ObsError("differs");
    const video = await this.#ask("GetVideoSettings");
    const fps = Number(video.fpsNumerator ?? 30) / Number(video.fpsDenominator ?? 1);
    const simple = { UseAdvanced: "true", x264Settings: `keyint=${Math.round(fps * 2)}`, VBitrate: "6000" };
    for (const [parameterName, parameterValue] of Object.entries(simple)) {
      await this.#ask("SetProfileParameter", { parameterCategory: "SimpleOutput", parameterName, parameterValue });
    }
  }

  close(): void {
    this.socket.onclose = null;
    this.socket.close();
  }

  #ask(requestType: string, requestData: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const requestId = String(this.#next++);
    const reply = new Promise<Record<string, unknown>>((done, fail) => {
      this.#waiting.set(requestId, ({ d }) => {
        const status = d.requestStatus as { result: boolean; comment?: string };
        if (status.result) done((d.responseData ?? {}) as Record<string, unknown>);
        else fail(new ObsError("refused", status.comment ?? requestType));
      });
    });
    this.socket.send(JSON.stringify({ op: 6, d: { requestType, requestId, requestData } }));
    return patience(reply);
  }

  async #take(message: Message): Promise<void> {
    const { op, d } = message;
    if (op === 0) {
      const wanted = d.authentication as { salt: string; challenge: string } | undefined;
      const identify: Record<string, unknown> = { rpcVersion: 1, eventSubscriptions: 0 };
      if (wanted) identify.authentication = await answer(this.password, wanted.salt, wanted.challenge);
      this.socket.send(JSON.stringify({ op: 1, d: identify }));
    } else if (op === 2) {
      this.#identified?.();
    } else if (op === 7) {
      const id = String(d.requestId);
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    }
  }

  // OBS closes the socket when the password is wrong.
  #closed(): void {
    this.#identified?.(new ObsError("password"));
  }
}

function patience<T>(promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, fail) => {
    const timer = setTimeout(() => fail(new ObsError("unreachable")), PATIENCE_MS);
    void promise.catch(() => undefined).finally(() => clearTimeout(timer));
  });
  return Promise.race([promise, late]);
}

/** A real socket to OBS on this machine. */
export function openSocket(address: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(address, "obswebsocket.json");
    socket.onopen = () => done(socket as unknown as Socket);
    socket.onerror = () => fail(new Error("no OBS here"));
  });
}
