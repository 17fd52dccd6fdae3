// Where danmaku fly: a pure function of media time, so that live, replay and a paused picture agree.

export interface Flight {
  id: string;
  /** Media time at which it enters, in milliseconds. */
  at: number;
  /** Drawn width in pixels. */
  width: number;
  /** Higher stays longer when there are too many; own ones are never shed. */
  rank: number;
  own: boolean;
}

export interface Placed extends Flight {
  row: number;
}

export interface Sky {
  /** Width of the picture in pixels. */
  width: number;
  /** How many rows there are. */
  rows: number;
  /** Time from edge to edge, in milliseconds. */
  travel: number;
  /** Pixels between a tail and the next head. */
  gap: number;
  /** How many fly at once. */
  most: number;
}

/** Left edge of a flight at a media time; outside [at, at + travel] it is not on the picture. */
export function left(sky: Sky, flight: Flight, now: number): number {
  return sky.width - ((sky.width + flight.width) * (now - flight.at)) / sky.travel;
}

/** Whether a flight is on the picture. */
export function aloft(sky: Sky, flight: Flight, now: number): boolean {
  return now >= flight.at && now < flight.at + sky.travel;
}

/** Whether two flights of one row would ever come closer than the gap. */
export function collide(sky: Sky, one: Flight, other: Flight): boolean {
  const [first, second] = one.at <= other.at ? [one, other] : [other, one];
  const end = first.at + sky.travel;
  if (second.at >= end) return false;
  // Both move evenly, so their distance is smallest at one end of the time that they share.
  const room = (now: number) => left(sky, second, now) - (left(sky, first, now) + first.width);
  return room(second.at) < sky.gap || room(end) < sky.gap;
}

export class Rows {
  #placed: Placed[] = [];

  constructor(readonly sky: Sky) {}

  /** Flights that have a row, oldest first. */
  get placed(): readonly Placed[] {
    return this.#placed;
  }

  /** Gives the flight the highest free row; none when the sky is full. Own ones push others out. */
  place(flight: Flight): Placed | undefined {
    const near = this.#placed.filter((other) => Math.abs(other.at - flight.at) < this.sky.travel);
    if (!flight.own && near.length >= this.sky.most && !this.#shed(near, flight)) return undefined;
    for (let row = 0; row < this.sky.rows; row += 1) {
      const free = near.every((other) => other.row !== row || !collide(this.sky, other, flight));
      if (free) return this.#add(flight, row);
    }
    return flight.own ? this.#force(flight, near) : undefined;
  }

  /** Takes a flight away: gone from the next frame on. */
  remove(id: string): void {
    this.#placed = this.#placed.filter((flight) => flight.id !== id);
  }

  /** Forgets what left the picture before this media time. */
  forget(before: number): void {
    this.#placed = this.#placed.filter((flight) => flight.at + this.sky.travel > before);
  }

  #add(flight: Flight, row: number): Placed {
    const placed = { ...flight, row };
    let index = this.#placed.length;
    while (index > 0 && (this.#placed[index - 1] as Placed).at > flight.at) index -= 1;
    this.#placed.splice(index, 0, placed);
    return placed;
  }

  // Makes room for a higher rank by taking out the lowest one that flies with it.
  #shed(near: Placed[], flight: Flight): boolean {
    let lowest: Placed | undefined;
    for (const other of near) {
      if (!other.own && other.rank < (lowest?.rank ?? flight.rank)) lowest = other;
    }
    if (!lowest) return false;
    near.splice(near.indexOf(lowest), 1);
    this.remove(lowest.id);
    return true;
  }

  #force(flight: Flight, near: Placed[]): Placed | undefined {
    let best: { row: number; hit: Placed[] } | undefined;
    for (let row = 0; row < this.sky.rows; row += 1) {
      const hit = near.filter((other) => other.row === row && collide(this.sky, other, flight));
      if (hit.some((other) => other.own)) continue;
      if (!best || hit.length < best.hit.length) best = { row, hit };
    }
    if (!best) return undefined;
    for (const { id } of best.hit) this.remove(id);
    return this.#add(flight, best.row);
  }
}
