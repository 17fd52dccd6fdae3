// The studio while it waits: what the origin saw of the publishers, in words. Arguments: {url}.
import { openPage } from "../browser.mjs";

export default async function scenario(browser, { url }) {
  const { page, trouble } = await openPage(browser, new URL(url).origin, { viewport: { width: 1440, height: 900 }, locale: "en-US" });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.waitForSelector("headwater-studio[state=waiting]", { timeout: 30_000 });
  const lines = page.locator("headwater-encoder .log li > span:last-child");
  await lines.first().waitFor({ timeout: 30_000 });
  return { log: await lines.allTextContents(), ...trouble };
}
