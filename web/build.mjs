// Builds the pages: `node build.mjs` once, `--watch` at each change. Writes only into dist/.
import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const pages = ["watch", "replay", "home", "studio", "moderation", "operator", "embed"];
const sheets = ["page", "embed"];
const locales = ["en", "zh-CN"];
const target = ["chrome109", "firefox115", "safari16.4"];

const at = (...parts) => join(here, ...parts);
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 10);

// Sentences of one language: those of every page, or with `en:studio` those of one page alone.
async function sentences(path) {
  const [locale, part] = path.split(":");
  const own = ["studio.ftl", "moderation.ftl", "operator.ftl"];
  const names = (await readdir(at("locales", locale))).filter((name) => (part ? name === `${part}.ftl` : name.endsWith(".ftl") && !own.includes(name)));
  const texts = await Promise.all(names.sort().map((name) => readFile(at("locales", locale, name), "utf8")));
  return texts.join("\n").replace(/^#.*\n/gm, "").replace(/\n{2,}/g, "\n");
}

const own = {
  name: "own",
  setup(build) {
    build.onResolve({ filter: /^locale:/ }, ({ path }) => ({ path, namespace: "locale" }));
    build.onLoad({ filter: /.*/, namespace: "locale" }, async ({ path }) => ({
      contents: await sentences(path.slice("locale:".length)),
      loader: "text",
    }));
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const { code } = await esbuild.transform(text, { loader: "css", minify: true, target });
      return { contents: code, loader: "text" };
    });
  },
};

// Sprites: symbols only, so white space between tags carries nothing.
async function sprite(name) {
  const text = (await readFile(at("art", `${name}.svg`), "utf8")).replace(/>\s+</g, "><").trim();
  const path = `${hash(text)}/${name}.svg`;
  return { path, bytes: Buffer.from(text) };
}

async function bundle() {
  const [icons, art, logo] = await Promise.all(["icons", "art", "logo"].map(sprite));
  const shared = {
    absWorkingDir: here,
    bundle: true,
    minify: true,
    metafile: true,
    outdir: dist,
    write: false,
    target,
    entryNames: "[hash]/[name]",
    chunkNames: "[hash]/[name]",
    logLevel: "warning",
    legalComments: "none",
  };
  const scripts = await esbuild.build({
    ...shared,
    entryPoints: pages.map((page) => `app/${page}.ts`),
    format: "esm",
    splitting: true,
    define: { SPRITE: JSON.stringify(`/assets/${icons.path}`), ART: JSON.stringify(`/assets/${art.path}`) },
    plugins: [own],
  });
  const styles = await esbuild.build({
    ...shared,
    entryPoints: sheets.map((sheet) => `styles/${sheet}.css`),
  });
  const files = new Map([icons, art, logo].map(({ path, bytes }) => [path, bytes]));
  for (const { path, contents } of [...scripts.outputFiles, ...styles.outputFiles]) {
    files.set(path.slice(dist.length + 1), Buffer.from(contents));
  }
  return { files, outputs: { ...scripts.metafile.outputs, ...styles.metafile.outputs }, icons, art, logo };
}

const short = (path) => path.replace(/^dist\//, "");

// Sentences and hls.js are counted by themselves; all else that a page imports, at once or later, is its own.
const apart = (output) => /^locale:|node_modules\/hls\.js/.test(output.entryPoint ?? "");

// The imports of an output, itself first, each once; with `later` those too that it imports at run time.
function closure(outputs, path, later, seen = new Set(), without = []) {
  if (seen.has(path) || apart(outputs[path]) || without.includes(outputs[path].entryPoint)) return seen;
  seen.add(path);
  for (const { path: next, kind } of outputs[path].imports) {
    if (later || kind === "import-statement") closure(outputs, next, later, seen, without);
  }
  return seen;
}

// The output of the module that a page starts with, if the page imports it at run time.
const outputOf = (outputs, module) => Object.keys(outputs).find((path) => outputs[path].entryPoint === module);

function describe({ outputs, icons, art, logo }) {
  const manifest = { scripts: {}, styles: {}, locales: {}, sprite: icons.path, art: art.path, logo: logo.path };
  for (const [path, output] of Object.entries(outputs)) {
    const entry = output.entryPoint ?? "";
    const name = basename(entry).replace(/\.(ts|css)$/, "");
    if (entry.startsWith("app/") && pages.includes(name)) {
      // The hero of the home page moves only when the page has been there for a while.
      const all = closure(outputs, path, true, new Set(), name === "home" ? ["app/player/player.ts"] : []);
      const first = closure(outputs, path, false);
      for (const module of ["app/player/player.ts", "app/studio/studio.ts", "app/moderation/console.ts", "app/operator/board.ts", "app/home/home.ts"]) {
        const started = outputOf(outputs, module);
        if (started && all.has(started) && (name !== "studio" && name !== "moderation" || !module.includes("player"))) closure(outputs, started, false, first);
      }
      const [file, ...preload] = [...first].map(short);
      manifest.scripts[name] = { file, preload, later: [...all].filter((other) => !first.has(other)).map(short) };
    } else if (entry.startsWith("styles/")) {
      manifest.styles[name] = short(path);
    } else if (entry.startsWith("locale:")) {
      manifest.locales[entry.replace(/^(locale:)+/, "")] = short(path);
    } else if (entry.includes("node_modules/hls.js")) {
      manifest.player = short(path);
    }
  }
  return manifest;
}

// What each page costs against budget.json, in bytes after gzip -9; over it the build fails.
async function measure(files, manifest) {
  const budget = JSON.parse(await readFile(at("budget.json"), "utf8"));
  const cost = (paths) => [...new Set(paths)].reduce((sum, path) => sum + gzipSync(files.get(path), { level: 9 }).length, 0);
  const over = [];
  const check = (what, bytes, most) => {
    const line = `${what.padEnd(26)} ${(bytes / 1000).toFixed(1).padStart(6)} of ${(most / 1000).toFixed(0)} kB`;
    if (bytes > most) over.push(line);
    if (process.env.HEADWATER_WEB_FIGURES) console.log(line);
  };
  for (const [page, most] of Object.entries(budget.pages)) {
    const { file, preload, later } = manifest.scripts[page];
    const parts = (name) => [manifest.locales[name], manifest.locales[`${name}:${page}`]].filter(Boolean);
    const locale = Math.max(...locales.map((name) => cost(parts(name))));
    const critical = cost([file, ...preload]) + locale;
    check(`${page}: critical JS`, critical, most.critical);
    if (most.loaded) check(`${page}: JS in 5 s`, critical + cost(later) + (most.player ? cost([manifest.player]) : 0), most.loaded);
    check(`${page}: CSS`, cost([manifest.styles[most.sheet]]), most.css);
  }
  check("icons", cost([manifest.sprite]), budget.icons);
  if (over.length) throw new Error(`over budget (web/budget.json):\n${over.join("\n")}`);
}

async function write(files, manifest) {
  await rm(dist, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    const file = join(dist, path);
    await mkdir(dirname(file), { recursive: true });
    const quality = { [constants.BROTLI_PARAM_QUALITY]: process.argv.includes("--watch") ? 4 : 11 };
    await Promise.all([
      writeFile(file, bytes),
      writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 })),
      writeFile(`${file}.br`, brotliCompressSync(bytes, { params: quality })),
    ]);
  }
  await writeFile(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
}

async function build() {
  const built = await bundle();
  const manifest = describe(built);
  await measure(built.files, manifest);
  await write(built.files, manifest);
}

await build();
if (process.argv.includes("--watch")) {
  let running = Promise.resolve();
  const again = () => (running = running.then(build).catch((error) => console.error(error.message)));
  // One watch a folder: Node 18 watches no trees on Linux.
  const folders = (await readdir(at("app"), { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const watched = ["app", "art", "styles", "pages", ...locales.map((name) => `locales/${name}`), ...folders.map(({ name }) => `app/${name}`)];
  for (const folder of watched) watch(at(folder), again);
}
