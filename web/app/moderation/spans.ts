// Marked places of a text: spans in Unicode scalar values, merged, cut at the text's ends.

export interface Piece {
  text: string;
  marked: boolean;
}

/** Splits a text at its marked places; pieces joined give the text again. */
export function pieces(text: string, spans: readonly (readonly [number, number])[]): Piece[] {
  const scalars = Array.from(text);
  const marks = new Array<boolean>(scalars.length).fill(false);
  for (const [from, to] of spans) {
    for (let index = Math.max(0, from); index < Math.min(scalars.length, to); index += 1) marks[index] = true;
  }
  const result: Piece[] = [];
  scalars.forEach((scalar, index) => {
    const marked = marks[index] ?? false;
    const last = result.at(-1);
    if (last?.marked === marked) last.text += scalar;
    else result.push({ text: scalar, marked });
  });
  return result;
}
