// A recording: each danmaku flies at the frame on which it was said, after a seek and in one long play.
// Arguments: {base, recording, said: [{text, pdt_at}]}. The picture is our test picture: its frames carry
// their own clock, so what is compared is the frame and not what the page believes of it.
import { openPage } from "../browser.mjs";

const patience = { timeout: 60_000 };

// Runs in the page. Notes, for each text, the clock of the first frame over which it flies.
function watch(texts) {
  const player = document.querySelector("headwater-player");
  const video = player.querySelector("video");
  const canvas = new OffscreenCanvas(768, 16);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const clock = () => {
    context.drawImage(video, 256, 32, 768, 16, 0, 0, 768, 16);
    const pixels = context.getImageData(0, 8, 768, 1).data;
    let value = 0;
    for (let bit = 0; bit < 48; bit += 1) value = value * 2 + (pixels[(bit * 16 + 8) * 4] > 126 ? 1 : 0);
    return value;
  };
  window.first = {};
  const run = {};
  window.run = run;
  const look = () => {
    if (window.run !== run) return;
    const flying = new Set((player.layer?.shown ?? []).map(({ text }) => text));
    for (const text of texts) if (flying.has(text)) window.first[text] ??= { clock: clock(), media_ms: video.currentTime * 1000 };
    requestAnimationFrame(look);
  };
  look();
}

async function seek(page, ms) {
  await page.evaluate(async (to) => {
    const { video } = document.querySelector("headwater-player");
    video.pause();
    const arrived = new Promise((done) => video.addEventListener("seeked", done, { once: true }));
    document.querySelector("headwater-player").seek(Math.max(0, to) / 1000);
    await arrived;
  }, ms);
}

// Plays from `from` until each of these texts was over the picture.
async function flights(page, from, texts) {
  await seek(page, from);
  await page.evaluate(watch, texts);
  await page.evaluate(() => document.querySelector("headwater-player video").play());
  await page.waitForFunction((wanted) => wanted.every((text) => window.first[text]), texts, patience);
  return page.evaluate(() => window.first);
}

// What the list says stands at each text: its time, and whether it is before or after "you are here".
async function listed(page, said) {
  const found = {};
  for (const { text } of said) {
    const row = page.locator("headwater-replay-comments .row", { hasText: text });
    found[text] = { at_ms: Number(await row.locator(".when").getAttribute("data-seek")), later: await row.evaluate((element) => element.classList.contains("later")) };
  }
  return found;
}

export default async function scenario(browser, { base, recording, said }) {
  const { page, trouble } = await openPage(browser, base, { viewport: { width: 1280, height: 800 }, locale: "en-US", colorScheme: "dark" });
  await page.goto(`${base}/replay/${recording}`, { waitUntil: "domcontentloaded" });
  await page.waitForSelector("headwater-replay-comments[state=ready]", patience);
  await page.waitForSelector("headwater-player[state=playing]", patience);
  await seek(page, 0);
  await page.locator("headwater-replay-comments .here", { hasText: "0:00" }).waitFor();
  const list = await listed(page, said);
  const texts = said.map(({ text }) => text);
  const sought = {};
  for (const text of texts) Object.assign(sought, await flights(page, list[text].at_ms - 1500, [text]));
  const played = await flights(page, list[texts[0]].at_ms - 500, texts);
  await page.locator("headwater-replay-comments .row:not(.later)", { hasText: texts.at(-1) }).waitFor();
  const heard = await listed(page, said);
  await page.context().close();
  const flown = said.map(({ text, pdt_at }) => ({
    text,
    later_before: list[text].later,
    later_after: heard[text].later,
    sought_ms: sought[text].clock - Date.parse(pdt_at),
    played_ms: played[text].clock - Date.parse(pdt_at),
  }));
  return { flown, ...trouble };
}
