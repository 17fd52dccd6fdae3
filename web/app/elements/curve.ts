// Smooth lines through equal steps: sparklines, heat and retention share the water's curve.

/** The same values with their edges worn off, as water would: each shared with its neighbours. */
export function worn(values: readonly number[]): number[] {
  const weights = [1, 2, 3, 2, 1];
  return values.map((_, index) => {
    let sum = 0;
    let weight = 0;
    weights.forEach((share, offset) => {
      const value = values[index + offset - 2];
      if (value === undefined) return;
      sum += value * share;
      weight += share;
    });
    return sum / weight;
  });
}

/** An SVG path through `values`, from 0 to `width`, high values at the top of `height`. */
export function curve(values: readonly number[], width: number, height: number, range?: { least: number; most: number }): string {
  if (values.length === 0) return `M 0 ${height} L ${width} ${height}`;
  const least = range?.least ?? 0;
  const most = Math.max(range?.most ?? Math.max(...values), least + Number.EPSILON);
  const step = width / Math.max(1, values.length - 1);
  const y = (value: number) => height - ((value - least) / (most - least)) * height;
  const point = (index: number) => `${(index * step).toFixed(1)} ${y(values[index] as number).toFixed(2)}`;
  let path = `M ${point(0)}`;
  for (let index = 1; index < values.length; index += 1) {
    const middle = ((index - 0.5) * step).toFixed(1);
    const [before, after] = [y(values[index - 1] as number).toFixed(2), y(values[index] as number).toFixed(2)];
    path += ` C ${middle} ${before} ${middle} ${after} ${point(index)}`;
  }
  return path;
}
