// Who watches: a guest of this room (a viewer token, kept in memory), named after the first comment.
import { call } from "./api.ts";
import { locale } from "./text.ts";

export interface Guest {
  token: string;
  user_id: string;
  display_name: string;
  expires_at: string;
  capabilities: string[];
}

export class Session extends EventTarget {
  guest: Guest | undefined;
  #pending: Promise<Guest> | undefined;

  constructor(readonly roomId: string) {
    super();
  }

  /** The guest's token, asked for once and again shortly before it ends. */
  async token(): Promise<string | undefined> {
    const guest = this.guest;
    if (guest && Date.parse(guest.expires_at) - Date.now() > 60_000) return guest.token;
    this.#pending ??= this.#open().finally(() => (this.#pending = undefined));
    return (await this.#pending).token;
  }

  /** Gives the guest another name. */
  async rename(name: string): Promise<void> {
    await this.#open(name);
  }

  can(capability: string): boolean {
    return this.guest?.capabilities.includes(capability) ?? false;
  }

  async #open(name?: string): Promise<Guest> {
    const body: Record<string, string> = { room_id: this.roomId, locale };
    if (name) body.display_name = name;
    const { value } = await call<Guest>("/v1/guest-sessions", { body });
    this.guest = value;
    this.dispatchEvent(new Event("change"));
    return value;
  }
}

/** The owner, known by the session cookie: no token goes along. */
export class OwnerSession extends Session {
  override token(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }
}
