// The operator's board in its states, from seconds that are made here: full, empty, two alarms, paused.
// Arguments: {base, setup: {name, value}, looks: [[theme, locale, [width, height]]], shots?}.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { openPage } from "../browser.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const START = Date.UTC(2026, 10, 25, 12, 43, 0);

// Numbers that look like chance and are the same in every run.
function numbers(seed) {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

const id = (prefix, number) => `${prefix}_${String(number).padStart(32, "0")}`;

function run(random, kind, from) {
  return Array.from({ length: 60 }, (_, index) => {
    if (kind === "gone" && index > 30) return null;
    if (kind === "new" && index < 22) return undefined;
    if (kind === "late") return Math.floor([380, 260, 150, 70, 340][(index + from) % 5] + random() * 60);
    return random() > 0.94 ? Math.floor(20 + random() * 90) : 0;
  }).filter((late) => late !== undefined);
}

function onAir(number, [slug, encoder, heights, kind]) {
  const random = numbers(number + 7);
  const renditions = heights.map((height, index) => {
    const late = run(random, kind, index);
    const parts = Array.from({ length: Math.ceil(late.length / 6) }, (_, msn) => ({ msn: 100 + msn, part: 0, late_ms: late.slice(msn * 6, msn * 6 + 6) }));
    return { rid: height ? `v${index}` : "a0", height, parts };
  });
  return {
    id: id("brd", number), channel_id: id("chn", number), channel_slug: slug, state: kind === "gone" ? "interrupted" : "live",
    encoder, bitrate_bps: 6_000_000 - number * 400_000, viewers: 8024 >> number, waiters: 212 - number * 20,
    requests: Array.from({ length: 30 }, () => Math.floor(30 + random() * 40)), part_ms: 333,
    late_p95_ms: kind === "late" ? 402 : 30 + number * 3, has_journal: true, renditions,
  };
}

const CHANNELS = [
  ["weekend-chess", "x264", [720, null], "gone"], ["harbour-district", "NVENC", [1080, 720, 480, null], "late"],
  ["凌晨面馆", "x264", [1080, 720, 480, null], "good"], ["walking-to-the-source-of-the-longest-river", "OBS 31", [1080, 720, null], "good"],
  ["grand-rounds-14", null, [1080, null], "good"], ["saturn-at-opposition", "x264", [720, null], "good"], ["patching-rain", "NVENC AV1", [1080, null], "good"],
  ["fluid-mechanics-08", "ffmpeg", [1080, null], "new"],
];

function second(name) {
  const random = numbers(3);
  const loud = name === "alarms";
  const broadcasts = name === "empty" ? [] : CHANNELS.map((channel, index) => onAir(index, loud ? channel : [channel[0], channel[1], channel[2], channel[3] === "new" ? "new" : "good"]));
  const wave = (low, high) => Array.from({ length: 60 }, () => Math.floor(low + random() * (high - low)));
  const at = (before) => new Date(START - before * 1000).toISOString();
  const alarms = !loud ? [] : [
    { code: "store_down", severity: "bad", since: at(700), args: { bytes: 3_100_000_000, bytes_max: 20_000_000_000, objects: 412, full_in_ms: 2_460_000 } },
    { code: "parts_late", severity: "warning", channel_id: id("chn", 1), broadcast_id: id("brd", 1), since: at(160), args: { p95_ms: 402, part_ms: 333 } },
  ];
  const requests = ["multivariant", "playlist", "segment", "part", "init", "unknown"].map((kind, index) => ({ kind, given: [2, 486, 31, 970, 3, 0][index], unchanged: [0, 12, 0, 0, 0, 0][index], refused: [0, 0, 1, 2, 0, 4][index], failed: loud && index === 2 ? 7 : 0 }));
  return {
    at: at(0), node: "origin-fra-1", version: "0.1.0", started_at: at(1_830_000),
    gauges: {
      broadcasts: broadcasts.length, viewers: broadcasts.length * 1800, parts_per_s: broadcasts.length * 9, sent_bps: broadcasts.length * 260_000_000, connections: 18_204,
      cache: { bytes: 5_100_000_000, bytes_max: 8_000_000_000, ring_bytes: 700_000_000, hits: 992, loads: 8 },
      spool: { bytes: loud ? 3_100_000_000 : 2_000_000, bytes_max: 20_000_000_000, objects: loud ? 412 : 3, lost: 0, full_in_ms: loud ? 2_460_000 : null },
      store: { puts: 1140, failures: loud ? 37 : 0, p50_ms: 80, p95_ms: loud ? 4200 : 190 },
      waiters: { now: broadcasts.length * 613, max: 100_000, held_avg_ms: 330, held_max_ms: 1100, timed_out: 0 }, requests,
      machine: { cores: 8, busy_permille: 310, memory_used_bytes: 11_200_000_000, memory_bytes: 32_000_000_000, resident_bytes: 6_300_000_000, disk_free_bytes: 412_000_000_000, disk_bytes: 1_000_000_000_000 },
    },
    history: {
      put_p95_ms: wave(180, 220).map((value, index) => (loud && index > 40 ? value + (index - 40) * 200 : value)), waiters: wave(4200, 5000), spool_bytes: wave(0, 9),
      ages: [4, 30, 120, 300, 600, null].map((up_to_s, row) => ({ up_to_s, requests: wave(0, [900, 200, 30, 8, 4, 6][row]) })),
    },
    alarms, broadcasts, broadcasts_more: loud ? 30 : 0,
    happened: name === "empty" ? [] : [
      { at: at(7000), what: "ingest", code: "ended", severity: null, channel_id: id("chn", 3) }, { at: at(900), what: "ingest", code: "accepted", severity: null, channel_id: id("chn", 2) },
      { at: at(700), what: "raised", code: "store_down", severity: "bad" }, { at: at(160), what: "raised", code: "parts_late", severity: "warning", channel_id: id("chn", 1) }, { at: at(40), what: "ingest", code: "interrupted", severity: null, channel_id: id("chn", 0) },
    ],
  };
}

async function judge(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), tags);
  return violations.map(({ id: rule, nodes }) => ({ rule, where: nodes.slice(0, 3).map(({ target }) => target.join(" ")), why: nodes[0]?.failureSummary }));
}

async function visit(browser, options, name, theme, locale, [width, height]) {
  const { context, page, trouble } = await openPage(browser, options.base, { viewport: { width, height }, colorScheme: theme, locale, reducedMotion: "reduce", timezoneId: "UTC" });
  await context.addCookies([{ ...options.setup, url: options.base }]);
  const body = `retry: 600000\n\nevent: operator.second\ndata: ${JSON.stringify(second(name))}\n\n`;
  await page.route("**/v1/operator/events", (route) => route.fulfill({ status: 200, contentType: "text/event-stream", body }));
  await page.goto(`${options.base}/operator`, { waitUntil: "load" });
  await page.waitForSelector("headwater-operator[state=ready]", { timeout: 30_000 });
  const found = { name: `${name}-${theme}-${locale}-${width}`, ...trouble };
  if (options.shots) {
    mkdirSync(options.shots, { recursive: true });
    await page.screenshot({ path: join(options.shots, `${found.name}.png`), fullPage: width < 600 });
  }
  found.alarms = await page.locator("headwater-operator .alarm:not(.calm) b").allTextContents();
  found.rows = await page.locator("headwater-operator .row").count();
  found.sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  found.violations = await judge(page);
  await page.keyboard.press("p");
  found.paused = await page.locator("headwater-operator[paused] .old").count();
  await page.keyboard.press("p");
  found.unpaused = await page.locator("headwater-operator:not([paused])").count();
  const cure = page.locator("headwater-operator details.alarm").first();
  if (await cure.count()) {
    await cure.locator("summary").press("Enter");
    found.cure = await cure.locator(".cure").innerText();
  }
  await context.close();
  return found;
}

export default async function scenario(browser, options) {
  const found = [];
  for (const [theme, locale, size] of options.looks)
    for (const name of ["alarms", "full", "empty"]) found.push(await visit(browser, options, name, theme, locale, size));
  return found;
}
