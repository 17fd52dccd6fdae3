// The server's time, learnt from the stream's hello: the badge says nothing before it is known.

export class ServerClock {
  #offset: number | undefined;
  #error = Number.POSITIVE_INFINITY;

  /** Takes a server time that arrived now; `error_ms` is how much older it may be than it says. */
  learn(serverMs: number, localMs: number, errorMs = 0): void {
    if (errorMs > this.#error) return;
    this.#error = errorMs;
    this.#offset = serverMs - localMs;
  }

  /** Now by the server's clock; unknown before the first lesson. */
  now(localMs: number = Date.now()): number | undefined {
    return this.#offset === undefined ? undefined : localMs + this.#offset;
  }
}
