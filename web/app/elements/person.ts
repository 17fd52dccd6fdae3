// Names of people: their colour, their length.
import { cut } from "../core/format.ts";
import { hash } from "../core/hash.ts";
import type { Author } from "../core/model.ts";
import { t } from "../core/text.ts";

export { art, icon } from "../core/element.ts";

/** Creator and moderators have their class's colour, everyone else one of twelve. */
export function nameClass({ id, display_name, badges }: Author): string {
  if (badges?.includes("creator")) return "creator";
  if (badges?.includes("moderator")) return "moderator";
  return `c${hash(id ?? display_name) % 12}`;
}

/** A shown name of at most 24 graphemes; an anonymous giver has none. */
export function isolatedName({ id, display_name }: Author): string {
  return id === undefined && !display_name ? t("anonymous") : cut(display_name, 24);
}
