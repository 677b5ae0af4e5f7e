// Names. They are cleaned as the server cleans them (actors/canvas/name.go; testdata/names.json there says how, for
// both). Names that look alike are told apart.

const MAX = 20; // UTF-16 code units

// Characters that show nothing and are not spaces: control, format, line breaks, ignorable, blank letters.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFFD\u2800\u{1D159}]/u;
const JOINER = /[\u200C\u200D\uFE0F]/u;
const ORDINARY = /^[ -~]*$/; // true of almost all names
const SYMBOL = /^\p{So}$/u;
const EMOJI_END = /^[\p{So}\uFE0F\u{1F3FB}-\u{1F3FF}]$/u;
// Letters and marks of scripts whose spelling has joiners.
const JOINED = /^(?=[\p{L}\p{M}])[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}]$/u;

/** Makes a name of what was typed: one that shows something, does not affect the text around it, and is not too long. */
export function cleanName(text) {
  if (ORDINARY.test(text) && text.length <= MAX) return trim(text);
  const seen = [...text].filter((c) => JOINER.test(c) || !UNSEEN.test(c));
  const kept = [];
  seen.forEach((c, i) => {
    if (!JOINER.test(c) || joins(kept[kept.length - 1] ?? "", c, seen[i + 1] ?? "")) kept.push(c);
  });
  const clean = trim(kept.join(""));
  let name = "";
  for (const character of clean) {
    if (name.length + character.length > MAX) break;
    name += character;
  }
  return trim(name);
}

/** Whether a joiner has an effect where it stands. */
function joins(before, c, behind) {
  if (c === "\uFE0F") return SYMBOL.test(before);
  if (c === "\u200D" && EMOJI_END.test(before) && SYMBOL.test(behind)) return true;
  return JOINED.test(before) && JOINED.test(behind);
}

/** Removes space around the name, marks at its beginning (they would combine with the text before it), and joiners at its end. */
function trim(text) {
  return text.replace(/^[\s\p{M}]+/u, "").replace(/[\s\u200C\u200D]+$/u, "");
}

// By Latin letter, the letters that look like it: Cyrillic, Greek, Armenian, Cherokee and small capitals, as far as
// fonts draw them alike.
const LOOKS = {
  a: "аАɑαΑ", b: "ЬВΒвʙ", c: "сϲС", d: "ԁ", e: "еЕΕєҽ", g: "ɡ", h: "һНΗнհ", i: "іІΙιıіⅰ", j: "јЈ", k: "кКΚκ", m: "мМΜ", n: "Νոп",
  o: "оОΟοσօ", p: "рРΡρ", q: "ԛ", r: "г", s: "ѕЅ", t: "тТΤτ", u: "υսц", v: "ѵν", w: "ԝωա", x: "хХΧχ", y: "уУΥүγ", z: "Ζ",
};
const LOOKS_LIKE = new Map(Object.entries(LOOKS).flatMap(([latin, others]) => [...others].map((other) => [other, latin])));
const UPRIGHT = /[Il1|ⅼ∣ǀ]/gu; // one stroke, in most fonts
const ROUND = /[O0]/g;

/** The same for two names that look the same at a glance. */
export function skeleton(name) {
  const plain = [...name.normalize("NFKD")].filter((c) => !UNSEEN.test(c)).map((c) => LOOKS_LIKE.get(c) ?? c).join("");
  return plain.replace(UPRIGHT, "l").replace(ROUND, "o").toLowerCase().replace(/rn/g, "m").replace(/vv/g, "w").replace(/\p{M}/gu, "").replace(/\s+/g, " ");
}

/**
 * How to show names so that nobody passes for somebody else: names that look alike get the end of their id, as much of it as
 * tells them apart.
 * @param {Map<number, string>} names by user id
 * @returns {Map<string, Map<number, string>>} what to show, by user id, by skeleton
 */
export function tellApart(names) {
  const groups = new Map();
  for (const [user, name] of names) {
    const look = skeleton(name);
    if (!groups.has(look)) groups.set(look, new Map());
    groups.get(look).set(user, name);
  }
  for (const group of groups.values()) {
    if (group.size === 1) continue;
    const ids = [...group.keys()].map((user) => user.toString(16).padStart(12, "0"));
    const digits = [4, 8, 12].find((n) => new Set(ids.map((id) => id.slice(-n))).size === ids.length);
    [...group].forEach(([user, name], i) => group.set(user, `${name} ·${ids[i].slice(-digits)}`));
  }
  return groups;
}
