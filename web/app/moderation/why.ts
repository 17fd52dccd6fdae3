// Why an item is here, as sentences.
import { percent } from "../core/format.ts";
import { coded, locale, t } from "../core/text.ts";
import type { Item } from "./model.ts";

export interface Reason {
  sign: string;
  title: string;
  text: string;
  short: string;
  score?: number;
}

export function why(item: Item): Reason[] {
  const reasons: Reason[] = [];
  for (const hit of item.evidence.hits ?? []) {
    const kind = hit.kind ?? "terms";
    const title = coded("rule", kind, "rule-other", { kind });
    const variant = hit.variant ? coded("variant", hit.variant, "variant-other", { variant: hit.variant }) : "";
    const text = hit.reading ? t("mod-read-as", { reading: hit.reading }) : variant;
    // Two places that were read the same way are one reason: the words themselves show both.
    if (!reasons.some((known) => known.title === title && known.text === text)) reasons.push({ sign: "flag", title, text, short: title });
  }
  if (item.report_count > 0) {
    const words = (item.evidence.reports ?? []).map(({ text, reason_code }) => text || reason_code).filter(Boolean);
    const title = t("mod-reports", { count: item.report_count });
    reasons.push({ sign: "people", title, text: words.slice(0, 3).join(" · "), short: title });
  }
  const shown = percent(locale, item.risk);
  reasons.push({ sign: "chart", title: t("mod-score", { shown }), text: item.reason_codes.map((code) => coded("policy", code, "policy-other")).join(" · "), short: t("mod-score", { shown }), score: item.risk });
  return reasons;
}
