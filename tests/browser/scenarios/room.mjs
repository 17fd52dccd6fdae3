// Two viewers in one room and a moderator, by keys and buttons as people do it.
// Arguments: {base, watch, setup, whole}. Without `whole` only the room itself: words, a gift, a removal.
import { openPage } from "../browser.mjs";

const patience = { timeout: 60_000 };

async function open(browser, url) {
  const { origin } = new URL(url);
  const opened = await openPage(browser, origin, { viewport: { width: 1280, height: 800 }, locale: "en-US", colorScheme: "dark" });
  opened.page.setDefaultTimeout(patience.timeout);
  await opened.page.goto(url, { waitUntil: "domcontentloaded" });
  return opened;
}

// A viewer whose picture moves and whose room is open.
async function viewer(browser, url) {
  const { page, trouble } = await open(browser, url);
  await page.waitForSelector("headwater-player[state=playing]", patience);
  await page.waitForSelector("headwater-comments[state=live]", patience);
  const before = await page.evaluate(() => document.querySelector("headwater-player video").currentTime);
  await page.waitForFunction((from) => document.querySelector("headwater-player video").currentTime > from + 1, before, patience);
  const behind = await page.locator("headwater-latency .behind").textContent();
  await page.waitForFunction(() => document.querySelector("#account b")?.textContent, null, patience);
  const name = await page.locator("#account b").textContent();
  return { page, trouble, name, behind };
}

async function say(page, composer, text) {
  const field = page.locator(`${composer} input`);
  await field.fill(text);
  await field.press("Enter");
}

const row = (page, text) => page.locator("headwater-comments .row", { hasText: text });

// Ink of these very words on the canvas over the picture.
function onPicture(text) {
  const layer = document.querySelector("headwater-player").layer;
  const word = layer?.shown.find((flight) => flight.text === text);
  if (!word) return false;
  const canvas = layer.shadowRoot.querySelector("canvas");
  const scale = canvas.width / layer.clientWidth;
  const left = Math.max(0, word.x);
  const width = Math.min(word.x + word.width, layer.clientWidth) - left;
  if (width < word.width / 2) return false;
  const box = [left, word.y, width, word.height].map((value) => Math.round(value * scale));
  const { data } = canvas.getContext("2d").getImageData(...box);
  let ink = 0;
  for (let index = 3; index < data.length; index += 4) if (data[index] > 128) ink += 1;
  return ink > 40;
}

async function overPicture(page, text) {
  await page.waitForFunction(onPicture, text, { ...patience, polling: "raf" });
}

// Words in the list and over the picture, from one to the other and back.
async function words(a, b) {
  for (const [from, to, text] of [[a, b, "前方高能 from the first"], [b, a, "hello from the second"]]) {
    await say(from.page, "headwater-composer.on-picture", text);
    await Promise.all([overPicture(to.page, text), overPicture(from.page, text), row(to.page, text).waitFor(), row(from.page, text).waitFor()]);
  }
  await say(a.page, "headwater-composer.beside", "only in the list");
  await row(b.page, "only in the list").waitFor();
  return { flies: await b.page.evaluate(() => document.querySelector("headwater-player").layer.shown.map(({ text }) => text)) };
}

const wallet = async (page) => Number((await page.locator("#wallet .chip").textContent()).replace(/\D/g, ""));

async function untilWallet(page, balance) {
  const there = (wanted) => Number(document.querySelector("#wallet .chip")?.textContent.replace(/\D/g, "")) === wanted;
  await page.waitForFunction(there, balance, patience);
}

// Three presses of one gift: a combo that grows on both screens, a wallet that falls, a list that moves.
async function gift(a, b) {
  await a.page.waitForSelector("#wallet .chip");
  const before = await wallet(a.page);
  await b.page.locator("#tab-gifts").click();
  const rank = b.page.locator("#panel .rank", { hasText: a.name }).locator("b");
  const press = () => a.page.locator("headwater-gifts[layout=row] button[data-sku=river-lantern]").click();
  const combo = ({ page }, count) => page.locator("headwater-combos .combo", { hasText: a.name }).locator(".count", { hasText: `×${count}` }).waitFor();
  await press();
  for (const { page } of [a, b]) await page.locator("headwater-combos .combo", { hasText: a.name }).waitFor();
  await rank.getByText("50", { exact: true }).waitFor();
  await press();
  await Promise.all([combo(a, 2), combo(b, 2)]);
  await press();
  await Promise.all([combo(a, 3), combo(b, 3)]);
  await rank.getByText("150", { exact: true }).waitFor();
  await untilWallet(a.page, before - 150);
  await b.page.locator("#tab-comments").click();
  const shown = b.page.locator("headwater-comments .gift-row", { hasText: a.name });
  await shown.locator(".times", { hasText: "×3" }).waitFor();
  return { before, after: await wallet(a.page), row: (await shown.last().innerText()).replace(/\s+/g, " ") };
}

async function home(browser, base) {
  const { page, trouble } = await open(browser, `${base}/`);
  await page.waitForSelector("headwater-home[state=ready]");
  await page.locator("headwater-home .hero, headwater-card").first().waitFor();
  await page.waitForFunction(() => document.querySelector("headwater-home").shadowRoot.querySelectorAll("headwater-card[ended]").length === 0);
  const cards = await page.evaluate(() => {
    const root = document.querySelector("headwater-home").shadowRoot;
    const hero = root.querySelector(".hero");
    const read = (box, link, live) => ({ title: box.querySelector(".title")?.textContent.trim(), href: link.getAttribute("href"), live, reason: box.querySelector(".reason")?.textContent.trim() ?? "" });
    const found = hero ? [read(hero, hero.querySelector("a"), !!hero.querySelector(".facts b"))] : [];
    for (const { shadowRoot } of root.querySelectorAll("headwater-card")) found.push(read(shadowRoot, shadowRoot.querySelector("a"), !!shadowRoot.querySelector(".live")));
    return found;
  });
  await page.context().close();
  return { cards, trouble };
}

// The owner signs in with the link that the program printed, then opens the console.
async function console_(browser, base, setup) {
  const { page, trouble } = await open(browser, setup);
  await page.waitForSelector("headwater-studio:not([state=loading])");
  const studio = await page.locator("headwater-studio").getAttribute("state");
  await page.goto(`${base}/moderation`);
  await page.waitForSelector("headwater-moderation[state=ready]");
  return { page, trouble, studio };
}

// Brings the item with these words on the desk, claimed, and reads what the moderator reads.
async function take({ page }, text) {
  const item = page.locator("headwater-queue .item", { hasText: text });
  const bar = page.locator("headwater-queue button.bar");
  await item.or(bar).first().waitFor();
  if (!(await item.isVisible())) await bar.click();
  await item.click();
  await page.locator("headwater-item[state=claimed] h2", { hasText: text }).waitFor();
  const desk = page.locator("headwater-item");
  return {
    marked: await desk.locator("h2 mark").allTextContents(),
    why: (await desk.locator(".why").innerText()).replace(/\s+/g, " "),
    selected: await item.getAttribute("aria-selected"),
  };
}

async function judge({ page }, text, deed) {
  await page.locator(`headwater-item button[data-deed=${deed}]`).click();
  await page.locator("headwater-queue .item", { hasText: text }).waitFor({ state: "detached" });
}

// Two held comments, one approved and one removed; the removed one was never seen by the other.
async function held(a, b, owner) {
  const spam = "有兼职，日结三百，加薇❤信 hh88xx 了解";
  const harmless = "has anyone tried to buy followers for a river?";
  await say(a.page, "headwater-composer.beside", spam);
  await a.page.waitForSelector("headwater-composer.beside[state=held]");
  const told = await a.page.locator("headwater-composer.beside [role=status] span").first().innerText();
  await say(b.page, "headwater-composer.beside", harmless);
  await b.page.waitForSelector("headwater-composer.beside[state=held]");
  const kept = await take(owner, harmless);
  await judge(owner, harmless, "approve");
  await Promise.all([row(a.page, harmless).waitFor(), row(b.page, harmless).waitFor()]);
  const removed = await take(owner, spam);
  await judge(owner, spam, "delete");
  await row(b.page, "only in the list").first().waitFor();
  return { told, kept, removed, leaked: await row(b.page, spam).count() };
}

// Notes the moment at which the comment is gone from this page.
function watchRemoval(id) {
  const list = document.querySelector("headwater-comments").shadowRoot;
  const gone = () => {
    const row = list.querySelector(`[data-id="${id}"]`);
    return !row || row.classList.contains("removed");
  };
  window.removedAt = undefined;
  const observer = new MutationObserver(() => {
    if (!gone()) return;
    window.removedAt = performance.timeOrigin + performance.now();
    observer.disconnect();
  });
  observer.observe(list, { subtree: true, childList: true, attributes: true, characterData: true });
  return !gone();
}

// A shown comment is reported by one who saw it, judged, and leaves both pages.
async function removal(a, b, owner) {
  const text = "only in the list";
  const seen = row(b.page, text);
  await seen.hover();
  await seen.locator("[data-act=report]").click();
  const item = await take(owner, text);
  const id = await seen.getAttribute("data-id");
  const watched = await Promise.all([a, b].map(({ page }) => page.evaluate(watchRemoval, id)));
  await judge(owner, text, "delete");
  const answered = await owner.page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/decisions"));
    return performance.timeOrigin + asked.at(-1).responseEnd;
  });
  const removedAt = [];
  for (const { page } of [a, b]) {
    await page.waitForFunction(() => window.removedAt !== undefined, null, patience);
    removedAt.push(await page.evaluate(() => window.removedAt));
  }
  const stands = await Promise.all([a, b].map(({ page }) => page.locator(`headwater-comments [data-id="${id}"]`).innerText()));
  return { item, watched, after_ms: removedAt.map((at) => Math.round(at - answered)), stands };
}

export default async function scenario(browser, { base, watch, setup, whole }) {
  const a = await viewer(browser, watch);
  const b = await viewer(browser, watch);
  const found = { names: [a.name, b.name], behind: [a.behind, b.behind] };
  found.words = await words(a, b);
  found.gift = await gift(a, b);
  if (whole) found.home = await home(browser, base);
  const owner = await console_(browser, base, setup);
  found.studio = owner.studio;
  if (whole) found.held = await held(a, b, owner);
  found.removal = await removal(a, b, owner);
  const troubles = [a, b, owner].map(({ trouble }) => trouble);
  return { ...found, console: troubles.flatMap(({ console: said }) => said), foreign: troubles.flatMap(({ foreign }) => foreign) };
}
