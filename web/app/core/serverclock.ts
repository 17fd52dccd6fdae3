// The server's time, learnt from what the stream says: the badge says nothing before it is known.

/** A page that slept or changed its clock starts anew when a lesson is older than all by this much. */
const JUMP_MS = 10_000;

export class ServerClock {
  #offset: number | undefined;

  /**
   * Takes a server time that was true at or before it arrived here. Each lesson is late by the way and by
   * a busy page, never early, so the largest difference is the nearest to the truth. `isNow` says that the
   * time is the server's at sending: only such a one tells that a clock was set anew.
   */
  learn(serverMs: number, localMs: number, isNow = false): void {
    if (!Number.isFinite(serverMs)) return;
    const offset = serverMs - localMs;
    const jumped = isNow && this.#offset !== undefined && this.#offset - offset > JUMP_MS;
    if (this.#offset === undefined || offset > this.#offset || jumped) this.#offset = offset;
  }

  /** Now by the server's clock; unknown before the first lesson. */
  now(localMs: number = Date.now()): number | undefined {
    return this.#offset === undefined ? undefined : localMs + this.#offset;
  }
}
