import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../app/moderation/spans.ts";
import { forAll } from "./chance.ts";

const shown = (text: string, spans: [number, number][]) => pieces(text, spans).map(({ text: part, marked }) => (marked ? `[${part}]` : part)).join("");

test("spans count Unicode scalar values", () => {
  assert.equal(shown("加薇❤信 hh", [[1, 4]]), "加[薇❤信] hh");
  assert.equal(shown("😀abc", [[1, 2]]), "😀[a]bc");
});

test("spans that touch are one, those outside are cut", () => {
  assert.equal(shown("abcdef", [[0, 2], [1, 4]]), "[abcd]ef");
  assert.equal(shown("abc", [[-3, 1], [2, 99]]), "[a]b[c]");
  assert.equal(shown("abc", []), "abc");
});

test("pieces joined are the text", () => {
  forAll(200, (random) => {
    const text = Array.from({ length: random.whole(0, 30) }, () => String.fromCodePoint(random.whole(32, 0x1f640))).join("").replace(/[\ud800-\udfff](?![\udc00-\udfff])/g, "");
    const spans = Array.from({ length: random.whole(0, 4) }, () => [random.whole(-2, 32), random.whole(-2, 32)] as [number, number]);
    assert.equal(pieces(text, spans).map(({ text: part }) => part).join(""), text);
  });
});
