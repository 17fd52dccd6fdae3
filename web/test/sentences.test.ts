import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FluentBundle, FluentResource } from "@fluent/bundle";

declare const WEB: string;

function files(folder: string, ending: string): string[] {
  return readdirSync(join(WEB, folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name), ending) : entry.name.endsWith(ending) ? [join(folder, entry.name)] : []));
}

const read = (path: string) => readFileSync(join(WEB, path), "utf8");

function sentences(locale: string): Map<string, string> {
  const text = readdirSync(join(WEB, "locales", locale)).sort().map((name) => read(join("locales", locale, name))).join("\n");
  const found = new Map<string, string>();
  for (const [, id, value] of text.matchAll(/^([a-z][a-z0-9-]*) =([\s\S]*?)(?=\n[a-z#]|\n*$(?![\s\S]))/gm)) {
    assert.ok(!found.has(id as string), `${locale}: ${id} is there twice`);
    found.set(id as string, value as string);
  }
  const errors = new FluentBundle(locale).addResource(new FluentResource(text));
  assert.deepEqual(errors, []);
  return found;
}

const english = sentences("en");
const chinese = sentences("zh-CN");
const scripts = files("app", ".ts").map((path) => [path, read(path)] as const);
const templates = files("pages", ".html").map((path) => [path, read(path)] as const);

test("both languages have the same sentences", () => {
  assert.deepEqual([...chinese.keys()].sort(), [...english.keys()].sort());
});

test("both languages use the same variables", () => {
  const names = (text: string) => [...new Set(text.match(/\$[a-z_]+/g) ?? [])].sort();
  for (const [id, text] of english) {
    const unused = names(text).filter((name) => !names(chinese.get(id) ?? "").includes(name) && name !== "$count" && name !== "$coins");
    const extra = names(chinese.get(id) ?? "").filter((name) => !names(text).includes(name));
    assert.deepEqual([unused, extra], [[], []], id);
  }
});

const literal = /\b(?:t|page\.t|page\.with)\(\s*(["'`])([a-z][a-z0-9-]*)\1/g;
const conditional = /\bt\(\s*[^()"'`]*(?:\([^()]*\)[^()"'`]*)*\?\s*"([a-z0-9-]+)"\s*:\s*"([a-z0-9-]+)"/g;

test("every sentence that code asks for is there", () => {
  for (const [path, text] of [...scripts, ...templates]) {
    for (const [, , id] of text.matchAll(literal)) assert.ok(english.has(id as string), `${path}: ${id}`);
    for (const [, one, other] of text.matchAll(conditional)) {
      assert.ok(english.has(one as string) && english.has(other as string), `${path}: ${one}, ${other}`);
    }
  }
});

test("no sentence is there for nothing", () => {
  const all = [...scripts, ...templates].map(([, text]) => text).join("\n");
  const rust = readFileSync(join(WEB, "../api/src/pages.rs"), "utf8") + readdirSync(join(WEB, "../api/src/pages")).map((name) => read(join("../api/src/pages", name))).join("\n");
  const prefixes = [...all.matchAll(/`([a-z][a-z-]*-)\$\{|coded\("([a-z-]+)"/g)].map(([, a, b]) => a ?? `${b}-`);
  const unused = [...english.keys()].filter((id) => !`${all}${rust}`.includes(`"${id}"`) && !prefixes.some((prefix) => id.startsWith(prefix)));
  assert.deepEqual(unused, []);
});

test("templates hold no text of their own", () => {
  const allowed = /^(Headwater|Ctrl K|·|↵|[^\p{L}]*)$/u;
  for (const [path, text] of templates) {
    const bare = text.replace(/\{% block kind %\}\w*/, "").replace(/\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}/g, "").replace(/<(script|style)[\s\S]*?<\/\1>/g, "").split(/<[^>]*>/);
    for (const words of bare) for (const word of words.split("·")) assert.match(word.trim(), allowed, path);
  }
});

test("elements hold no text of their own", () => {
  for (const [path, text] of scripts) {
    for (const [, words] of text.matchAll(/>([^<>{}`$=;()]*\p{L}{3,}[^<>{}`$=;()]*)<\//gu)) {
      assert.match((words as string).trim(), /^(index\.m3u8|\/metrics|Headwater|English|Esc|Shift|headwater .*|hw_live_•*)?$/, `${path}: ${words}`);
    }
  }
});
