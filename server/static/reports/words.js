// What the pages say, in the reader's language: English stands in the source, `data-words` holds the rest.
// `say` and `count` are the names that `pybabel extract` looks for.
// @ts-check

const root = /** @type {HTMLElement} */ (document.getElementById("reports"));
const known = JSON.parse(root.dataset.words ?? "{}");
export const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const locale = language === "tr" ? "tr-TR" : "en-GB";

/** Formatters are dear to make: one of each. */
const numbers = new Intl.NumberFormat(locale);
const weekday = new Intl.DateTimeFormat(locale, { weekday: "long" });
const dayMonth = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const dayMonthYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const wholeDate = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const conjunction = new Intl.ListFormat(locale, { type: "conjunction" });

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (slot, name) => (name in values ? String(values[name]) : slot));

/** One sentence in the reader's language. @param {string} message @param {Record<string, unknown>} [values] */
export const say = (message, values = {}) => fill(known[message] ?? message, values);

/** A sentence that depends on a number, `{n}` in the text. @param {string} one @param {string} many @param {number} n @param {Record<string, unknown>} [values] */
export function count(one, many, n, values = {}) {
  const both = known[one] ?? [one, many];
  const text = Array.isArray(both) ? (plural.select(n) === "one" ? both[0] : both[both.length - 1]) : both;
  return fill(text, { n: numbers.format(n), ...values });
}

/** The time of day. @param {Date|string} at */
export function clock(at) {
  const when = new Date(at);
  return [when.getHours(), when.getMinutes()].map((part) => String(part).padStart(2, "0")).join(language === "tr" ? "." : ":");
}

const startOfDay = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();

/** "today", "yesterday", "tomorrow", a weekday within a week, else the date. @param {Date|string} at */
export function day(at) {
  const when = new Date(at);
  const now = new Date();
  const ahead = Math.round((startOfDay(when) - startOfDay(now)) / 86_400_000);
  if (ahead === 0) return say("today");
  if (ahead === -1) return say("yesterday");
  if (ahead === 1) return say("tomorrow");
  if (Math.abs(ahead) < 7) return weekday.format(when);
  return (when.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(when);
}

/** @param {Date|string} at */
export const moment = (at) => `${day(at)} ${clock(at)}`;

/** @param {Date|string} at */
export const date = (at) => wholeDate.format(new Date(at));

/** Whole and unambiguous, for paper. @param {Date|string} at */
export const stamp = (at) => `${wholeDate.format(new Date(at))} ${clock(at)}`;

/** "a, b and c". @param {string[]} parts */
export const list = (parts) => conjunction.format(parts);

/** Folded as people search: case, accents and the dots of i. @param {string} text */
export const folded = (text) => text.toLocaleLowerCase(locale).normalize("NFD").replace(/\p{M}/gu, "").replace(/ı/g, "i");
