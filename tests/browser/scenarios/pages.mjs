// Opens pages in each theme and language, runs axe, and keeps every error and foreign request.
// Arguments: {base, pages: [{name, path, waitFor?, signedIn?}], themes, locales, sizes: [[w, h]], setup?, shots?}.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { openPage } from "../browser.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// axe is evaluated by the driver, past the page's own content security policy.
async function judge(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: "tag", values } }),
    tags,
  );
  return result.violations.map((violation) => ({
    rule: violation.id,
    where: violation.nodes.slice(0, 3).map((node) => node.target.join(" ")),
    why: violation.nodes[0]?.failureSummary,
  }));
}

async function visit(browser, options, { page: wanted, theme, locale, size }) {
  const [width, height] = size;
  const { context, page, trouble } = await openPage(browser, options.base, {
    viewport: { width, height },
    colorScheme: theme,
    locale,
    reducedMotion: "reduce",
  });
  if (options.setup && wanted.signedIn) {
    await context.addCookies([{ ...options.setup, url: options.base }]);
  }
  const response = await page.goto(options.base + wanted.path, { waitUntil: "load" });
  if (wanted.waitFor) await page.waitForSelector(wanted.waitFor, { timeout: 30_000 });
  const name = `${wanted.name}-${theme}-${locale}-${width}`;
  if (options.shots) {
    mkdirSync(options.shots, { recursive: true });
    await page.screenshot({ path: join(options.shots, `${name}.png`) });
  }
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  const violations = await judge(page);
  const lang = await page.evaluate(() => document.documentElement.lang);
  await context.close();
  return { name, status: response.status(), lang, violations, sideways, ...trouble };
}

export default async function scenario(browser, options) {
  const found = [];
  for (const page of options.pages)
    for (const theme of options.themes)
      for (const locale of options.locales)
        for (const size of options.sizes)
          found.push(await visit(browser, options, { page, theme, locale, size }));
  return found;
}
