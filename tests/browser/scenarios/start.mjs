// Starts the program beside an open page and plays its demo with hls.js: how long to the first frame.
// Arguments: {program, data}.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const library = createRequire(import.meta.url).resolve("hls.js/dist/hls.min.js");

function firstFrame(url) {
  const video = document.querySelector("video");
  const hls = new Hls({ lowLatencyMode: true, enableWorker: false });
  const shown = new Promise((done) => video.requestVideoFrameCallback(() => done(Date.now())));
  hls.on(Hls.Events.ERROR, (_, data) => data.fatal && setTimeout(() => hls.loadSource(url), 50));
  hls.loadSource(url);
  hls.attachMedia(video);
  video.play().catch(() => {});
  return shown;
}

export default async function scenario(browser, { program, data }) {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>player</title><video muted></video>");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}`);
  await page.addScriptTag({ content: readFileSync(library, "utf8") });
  const addresses = ["--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"];
  const started = Date.now();
  const child = spawn(program, ["serve", "--demo", "--json", "--data", data, ...addresses], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const lines = createInterface({ input: child.stdout });
    const ready = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
    const listening = Date.now();
    const shown = await page.evaluate(firstFrame, ready.demo.hls);
    return { listening_ms: listening - started, first_frame_ms: shown - started };
  } finally {
    child.kill();
    server.close();
  }
}
