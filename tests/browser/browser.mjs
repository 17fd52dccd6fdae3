// Debian's Chromium, driven by playwright-core; never a browser that a test tool downloads.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export async function openBrowser() {
  const executablePath = paths.find((path) => existsSync(path));
  if (!executablePath) throw new Error("Chromium is missing: run `make tools`");
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
}

// A page that keeps what went wrong: console errors, exceptions, requests to any other host.
export async function openPage(browser, origin, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const trouble = { console: [], foreign: [] };
  page.on("console", (message) => {
    if (message.type() === "error") trouble.console.push(message.text());
  });
  page.on("pageerror", (error) => trouble.console.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    const own = url.startsWith(origin) || /^(data|blob|about):/.test(url);
    if (!own) trouble.foreign.push(url);
  });
  return { context, page, trouble };
}
