// Text of a danmaku, drawn once with its outline and kept: the loop only copies pixels.

export interface Ink {
  text: string;
  size: number;
  colour: string;
  own: boolean;
  scale: number;
  font: string;
}

export interface Bitmap {
  image: OffscreenCanvas | HTMLCanvasElement;
  /** Width and height in CSS pixels. */
  width: number;
  height: number;
}

const KEPT_MAX = 300;
const kept = new Map<string, Bitmap>();

function canvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  if ("OffscreenCanvas" in globalThis) return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement("canvas"), { width, height });
}

const ruler = canvas(1, 1).getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export function measure(text: string, size: number, font: string): number {
  ruler.font = `600 ${size}px ${font}`;
  return Math.ceil(ruler.measureText(text).width);
}

/** The bitmap of this text; one that was drawn lately is used again. */
export function bitmap(ink: Ink): Bitmap {
  const key = JSON.stringify(ink);
  const known = kept.get(key);
  if (known) {
    kept.delete(key);
    kept.set(key, known);
    return known;
  }
  const drawn = draw(ink);
  kept.set(key, drawn);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value as string);
  return drawn;
}

function draw({ text, size, colour, own, scale, font }: Ink): Bitmap {
  const pad = own ? 9 : 3;
  const width = measure(text, size, font) + 2 * pad;
  const height = Math.ceil(size * 1.4);
  const image = canvas(Math.ceil(width * scale), Math.ceil(height * scale));
  const context = image.getContext("2d") as CanvasRenderingContext2D;
  context.scale(scale, scale);
  context.font = `600 ${size}px ${font}`;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  if (own) {
    context.beginPath();
    context.roundRect(1, 1, width - 2, height - 2, 5);
    context.fillStyle = "#060a0d66";
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = "#4fd1df";
    context.stroke();
  }
  context.lineWidth = 4;
  context.strokeStyle = "#000000bf";
  context.strokeText(text, pad, height / 2);
  context.fillStyle = colour;
  context.fillText(text, pad, height / 2);
  return { image, width, height };
}
