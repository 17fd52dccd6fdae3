// Sentences: the same Fluent files as the server's shells, one id per sentence.
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

export type Arguments = Record<string, FluentVariable>;

let bundle = new FluentBundle("en", { useIsolating: false });

/** The language of the page: `en` or `zh-CN`, set by the server on `<html lang>`. */
export let locale = "en";

export function useSentences(language: string, source: string): void {
  locale = language;
  bundle = new FluentBundle(language, { useIsolating: false });
  bundle.addResource(new FluentResource(source));
}

/** The sentence of this id; the id itself when it is missing, so that a gap is seen. */
export function t(id: string, values?: Arguments): string {
  const message = bundle.getMessage(id);
  if (!message?.value) return id;
  return bundle.formatPattern(message.value, values ?? null, []);
}

/** Whether there is a sentence of this id: for ids made from codes of the server. */
export function known(id: string): boolean {
  return bundle.hasMessage(id);
}

/** The sentence of a code; `fallback` when the code is newer than this page. */
export function coded(prefix: string, code: string, fallback: string, values?: Arguments): string {
  const id = `${prefix}-${code.replace(/_/g, "-")}`;
  return t(known(id) ? id : fallback, values);
}

/** A name inside a sentence keeps its own direction. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}
