// First thing on every page: the sentences of its language.
import { useSentences } from "./text.ts";

export async function boot(): Promise<void> {
  const { lang } = document.documentElement;
  if (lang === "zh-CN") useSentences(lang, (await import("locale:zh-CN")).default);
  else useSentences("en", (await import("locale:en")).default);
}

/** Facts that the shell wrote into the page, by name. */
export function fact(name: string): string | undefined {
  return document.body.dataset[name] || undefined;
}

/** JSON that the shell wrote into the page. */
export function facts<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}
