// What the viewer chose, kept on this device; a private window without storage just forgets.

export function recall<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`hw-${key}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(`hw-${key}`, JSON.stringify(value));
  } catch {
    // Nothing to do: the choice holds until the page is left.
  }
}
