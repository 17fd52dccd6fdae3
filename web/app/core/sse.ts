// The event stream format, as a pure parser: text in pieces in, whole events out.

export interface ServerEvent {
  id: string;
  event: string;
  data: string;
}

/** Longest line that is kept; a longer one is dropped with its event. */
const LINE_MAX = 1_048_576;

export class SseParser {
  /** Reconnection time that the server asked for, in milliseconds. */
  retry: number | undefined;
  #rest = "";
  #id = "";
  #event = "";
  #data: string[] = [];
  #started = false;

  /** Takes the next piece of the stream; returns the events that it completed. */
  push(piece: string): ServerEvent[] {
    let text = this.#rest + piece;
    if (!this.#started && text.length > 0) {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    const events: ServerEvent[] = [];
    let from = 0;
    for (;;) {
      const end = lineEnd(text, from);
      if (!end) break;
      this.#line(text.slice(from, end.at), events);
      from = end.next;
    }
    this.#rest = text.slice(from);
    if (this.#rest.length > LINE_MAX) this.#rest = "";
    return events;
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) {
        events.push({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
      }
      this.#data = [];
      this.#event = "";
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? "" : line.slice(colon + 1);
    const value = raw.startsWith(" ") ? raw.slice(1) : raw;
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }
}

// A line ends at LF, CRLF or CR; a CR at the very end may be half of a CRLF, so it waits.
function lineEnd(text: string, from: number): { at: number; next: number } | undefined {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 10) return { at: index, next: index + 1 };
    if (code === 13) {
      if (index + 1 === text.length) return undefined;
      return { at: index, next: text.charCodeAt(index + 1) === 10 ? index + 2 : index + 1 };
    }
  }
  return undefined;
}
