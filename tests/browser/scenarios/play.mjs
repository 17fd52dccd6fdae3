// Plays a stream for some seconds in one player and reads the clock out of its frames.
// Arguments: {url, player: "hlsjs" | "shaka" | "native", seconds}.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const libraries = {
  "/hls.js": require.resolve("hls.js/dist/hls.min.js"),
  "/shaka.js": require.resolve("shaka-player/dist/shaka-player.compiled.js"),
};

function host() {
  const server = createServer((request, response) => {
    const file = libraries[request.url];
    response.setHeader("content-type", file ? "text/javascript" : "text/html");
    response.end(file ? readFileSync(file) : "<!doctype html><title>player</title><video muted></video>");
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

// Runs in the page. The clock is 48 bits, most significant first, as 16 px blocks from (256, 32).
async function play({ url, player, seconds }) {
  const video = document.querySelector("video");
  const found = { player, errors: [], fatal: [], stalls: 0, stalled_ms_max: 0, frames: 0, latency_ms: [], startup_ms: null };
  const canvas = new OffscreenCanvas(768, 16);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const started = performance.now();
  const ended = new Promise((resolve) => video.addEventListener("ended", resolve));
  let playing = false;
  let stalled = null;
  const resume = () => {
    if (stalled !== null) found.stalled_ms_max = Math.max(found.stalled_ms_max, performance.now() - stalled);
    stalled = null;
  };
  video.addEventListener("playing", () => {
    playing = true;
    resume();
  });
  video.addEventListener("waiting", () => {
    if (!playing || video.ended) return;
    found.stalls += 1;
    stalled ??= performance.now();
  });
  video.addEventListener("error", () => found.errors.push(`video: ${video.error?.message}`));
  const readClock = () => {
    context.drawImage(video, 256, 32, 768, 16, 0, 0, 768, 16);
    const pixels = context.getImageData(0, 8, 768, 1).data;
    let clock = 0;
    for (let bit = 0; bit < 48; bit += 1) clock = clock * 2 + (pixels[(bit * 16 + 8) * 4] > 126 ? 1 : 0);
    return clock;
  };
  const frame = () => {
    found.frames += 1;
    found.startup_ms ??= performance.now() - started;
    if (video.videoWidth === 1280) found.latency_ms.push(Date.now() - readClock());
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  if (player === "hlsjs") {
    const hls = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5, enableWorker: false });
    hls.on(Hls.Events.ERROR, (_, data) => {
      found.errors.push(`${data.details}${data.fatal ? " (fatal)" : ""}`);
      if (data.fatal) found.fatal.push(data.details);
    });
    hls.loadSource(url);
    hls.attachMedia(video);
  } else if (player === "shaka") {
    const shakaPlayer = new shaka.Player();
    await shakaPlayer.attach(video);
    shakaPlayer.addEventListener("error", (event) => {
      found.errors.push(`shaka ${event.detail.code}`);
      // A live stream's failed requests (1001 to 1003) are asked again for ever.
      const isAskedAgain = event.detail.code >= 1001 && event.detail.code <= 1003;
      if (event.detail.severity === 2 && !isAskedAgain) found.fatal.push(`shaka ${event.detail.code}`);
    });
    shakaPlayer.configure({ streaming: { lowLatencyMode: true, liveSync: { enabled: true } } });
    await shakaPlayer.load(url);
  } else {
    video.src = url;
  }
  video.play().catch((error) => found.errors.push(`play: ${error.message}`));
  await Promise.race([ended, new Promise((done) => setTimeout(done, seconds * 1000))]);
  resume();
  const quality = video.getVideoPlaybackQuality();
  return { ...found, dropped: quality.droppedVideoFrames, ended: video.ended, time: video.currentTime, duration: video.duration };
}

export default async function scenario(browser, options) {
  const server = await host();
  const origin = `http://127.0.0.1:${server.address().port}`;
  const page = await browser.newPage();
  await page.goto(origin);
  const library = { hlsjs: "/hls.js", shaka: "/shaka.js" }[options.player];
  if (library) await page.addScriptTag({ url: library });
  const found = await page.evaluate(play, options);
  server.close();
  const sorted = found.latency_ms.slice(30).sort((a, b) => a - b);
  found.latency = sorted.length
    ? { p50: sorted[Math.floor(sorted.length / 2)], p95: sorted[Math.floor(sorted.length * 0.95)] }
    : null;
  delete found.latency_ms;
  return found;
}
