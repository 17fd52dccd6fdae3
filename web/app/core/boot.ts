// First thing on every page: the sentences of its language.
import { useSentences } from "./text.ts";

type Sentences = Promise<{ default: string }>;

const everywhere: Record<string, () => Sentences> = {
  en: () => import("locale:en"),
  "zh-CN": () => import("locale:zh-CN"),
};

const ofOnePage: Record<string, () => Sentences> = {
  "en:studio": () => import("locale:en:studio"),
  "zh-CN:studio": () => import("locale:zh-CN:studio"),
  "en:moderation": () => import("locale:en:moderation"),
  "zh-CN:moderation": () => import("locale:zh-CN:moderation"),
  "en:operator": () => import("locale:en:operator"),
  "zh-CN:operator": () => import("locale:zh-CN:operator"),
};

/** Loads the sentences of the page's language; `part` names a page with sentences of its own. */
export async function boot(part?: "studio" | "moderation" | "operator"): Promise<void> {
  const language = document.documentElement.lang === "zh-CN" ? "zh-CN" : "en";
  const wanted = [everywhere[language], part && ofOnePage[`${language}:${part}`]];
  const texts = await Promise.all(wanted.map((load) => load?.()));
  useSentences(language, texts.map((text) => text?.default ?? "").join("\n"));
}

/** JSON that the shell wrote into the page. */
export function facts<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}
