// Signing in as the owner: by the one-time link that the server printed, then by cookie.
import { ApiError, call, get } from "./api.ts";

export interface Me {
  id: string;
  display_name: string;
  role?: string | null;
}

/** Trades the link's token for a session and takes it out of the address at once. */
export async function signIn(): Promise<Me | undefined> {
  const url = new URL(location.href);
  const setup = url.searchParams.get("setup");
  if (setup) {
    url.searchParams.delete("setup");
    history.replaceState(null, "", url);
    await call("/v1/auth/setup-sessions", { body: { setup_token: setup } }).catch(() => undefined);
  }
  try {
    return await get<Me>("/v1/users/me");
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  }
}
