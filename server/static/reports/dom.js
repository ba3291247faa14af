// Making pieces of a page. Whatever somebody wrote enters as text and only as text: Trusted Types forbid the rest.
// @ts-check

import { moment, say, stamp } from "./words.js";

/** Signs that change what a text looks like without being seen; joiners inside words and emoji stay as they are. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const SHAPES = { ok: "tick", wait: "glass", stop: "octagon", info: "info", off: "ring", help: "hand", sealed: "seal" };

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * One element. Properties: `on…` listens, `data` and `aria…` and the rest are attributes; false and null are left out.
 * @param {string} tag with classes, as "p.quiet.small" @param {Record<string, any>} [given] @param {...(Child|Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, given = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(given)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value") /** @type {any} */ (made).value = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  put(made, ...children);
  return made;
}

/** @param {Node} parent @param {...(Child|Child[])} children */
export function put(parent, ...children) {
  for (const child of /** @type {Child[]} */ (children.flat(Infinity))) if (child) parent.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
}

/** Replace all that stands in an element. @param {Element} parent @param {...(Child|Child[])} children */
export function show(parent, ...children) {
  parent.replaceChildren();
  put(parent, ...children);
}

/** @param {string} id @returns {HTMLElement} */
export function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no part ${id}`);
  return found;
}

/** An icon of the page's own set; the word beside it says the same. @param {string} name @returns {Node} */
export const icon = (name) => /** @type {HTMLTemplateElement} */ (part(`icon-${name}`)).content.cloneNode(true);

/** @param {"ok"|"wait"|"stop"|"info"|"off"|"help"|"sealed"} kind @param {string} words @param {string} [shape] */
export const chip = (kind, words, shape) => el(`span.state.${kind}`, {}, icon(shape ?? SHAPES[kind]), words);

/** @param {"ok"|"wait"|"stop"|"info"|"off"|"help"|"sealed"} kind @param {string} title @param {Child|Child[]} [text] @param {{role?: string, more?: Child[]}} [how] */
export const note = (kind, title, text = "", { role, more = [] } = {}) =>
  el(`div.note.${kind}`, { role }, icon(SHAPES[kind]), el("div.stack.tight", {}, el("p", {}, el("b", {}, title), " ", ...[text].flat()), ...more));

/** What somebody wrote, isolated and with hidden signs made visible. @param {string} text @returns {HTMLElement} */
export function told(text) {
  const holder = el("bdi.told", { dir: "auto" });
  let from = 0;
  for (const found of text.matchAll(HIDDEN)) {
    put(holder, text.slice(from, found.index));
    const code = `U+${(found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    put(holder, el("span.sign", { title: say("a sign that is not seen: {code}", { code }) }, code));
    from = found.index + found[0].length;
  }
  put(holder, text.slice(from));
  return holder;
}

/** Several paragraphs of what somebody wrote. @param {string} text @returns {HTMLElement[]} */
export const paragraphs = (text) => text.split(/\n+/).filter((line) => line.trim()).map((line) => el("p", { dir: "auto" }, told(line)));

/** @param {string} words @param {Record<string, any>} [given] `kind`: main, stop, sealed, bare, slim; `shape`: an icon */
export function button(words, { kind = "", shape = "", ...given } = {}) {
  return /** @type {HTMLButtonElement} */ (el(`button.btn${kind ? `.${kind.split(" ").join(".")}` : ""}`, { type: "button", ...given }, shape && icon(shape), words));
}

/** @param {string} id @param {string} label @param {HTMLElement} control @param {{hint?: string}} [more] */
export function field(id, label, control, { hint = "" } = {}) {
  control.id = id;
  const says = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", says);
  return el("div.field", {}, el("label", { for: id }, label), hint && el("p.hint", { id: `${id}-hint` }, hint), el("p.error", { id: `${id}-error`, hidden: true }), control);
}

/** Say beside a field what to do, or take it away; gives false, to end a check with. @param {string} id @param {string} words */
export function wrong(id, words) {
  const says = part(`${id}-error`);
  const control = part(id);
  show(says, words && icon("octagon"), words && el("span", {}, words));
  says.hidden = !words;
  says.parentElement?.classList.toggle("wrong", Boolean(words));
  control.setAttribute("aria-invalid", words ? "true" : "false");
  if (words) control.focus();
  return !words;
}

/** @param {Date|string} at @param {boolean} [paper] whole and unambiguous, for what is read years later */
export const time = (at, paper = false) => el("time", { datetime: new Date(at).toISOString() }, paper ? stamp(at) : moment(at));

/** The one polite voice of the page. @param {string} words */
export function announce(words) {
  part("says").textContent = words;
}

/** Go to a heading that has just come, so that a screen reader and the keyboard are there too. @param {HTMLElement} heading */
export function focusOn(heading) {
  heading.tabIndex = -1;
  heading.focus({ preventScroll: false });
}

/** While something runs the button says so and cannot be pressed twice. @param {HTMLButtonElement} pressed @param {() => Promise<void>} act */
export async function whileBusy(pressed, act) {
  if (pressed.getAttribute("aria-disabled") === "true") return;
  pressed.setAttribute("aria-disabled", "true");
  try {
    await act();
  } finally {
    pressed.removeAttribute("aria-disabled");
  }
}
