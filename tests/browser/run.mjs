// One scenario in headless Chromium: `node run.mjs NAME JSON`. Prints what it found as JSON.
import { openBrowser } from "./browser.mjs";

const [name, text] = process.argv.slice(2);
const { default: scenario } = await import(`./scenarios/${name}.mjs`);
const browser = await openBrowser();
try {
  const found = await scenario(browser, JSON.parse(text));
  process.stdout.write(JSON.stringify(found));
} finally {
  await browser.close();
}
