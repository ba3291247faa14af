// Making a key: passphrase shown and typed back; for whoever makes the school's key also the recovery sheet,
// printed and typed back. Nothing counts before that, and nothing leaves the browser unwrapped.
// @ts-check

import * as api from "./api.js";
import { hex } from "./bytes.js";
import { button, el, field, focusOn, note, show, whileBusy, wrong } from "./dom.js";
import { fingerprint } from "./keys25519.js";
import { ring } from "./keyring.js";
import { boxRoot, newSheet, readSheet, wrongGroups } from "./recovery.js";
import { showProblem, showTyped } from "./unlocking.js";
import { say, stamp } from "./words.js";
import { newKeys, newPassphrase, tidyPassphrase, wrapKeys } from "./wrapping.js";
import { proofOf } from "./writing.js";

const stay = (event) => event.preventDefault();

/** @param {HTMLElement} view @param {number} step @param {number} last @param {string} title @param {...(Node|string)} more */
function step(view, step, last, title, ...more) {
  const rails = el("ol", { "aria-hidden": "true" }, Array.from({ length: last }, (_, at) => el(at + 1 < step ? "li.done" : at + 1 === step ? "li.here" : "li")));
  const heading = el("h2", {}, title);
  show(view, el("section.card.stack.ceremony", {}, el("div.rails", {}, rails, el("span", {}, say("Step {step} of {last}", { step, last }))), heading, ...more, el("div", { id: "trouble" })));
  focusOn(heading);
}

/** The passphrase: shown, hidden, typed back. @returns {Promise<string>} */
function passphraseSteps(view, last) {
  const made = newPassphrase();
  return new Promise((done) => {
    const first = () => step(
      view, 1, last, say("Your passphrase"),
      el("p", {}, say("Write these 16 letters on paper, now. Keep the paper where only you get at it, and not beside this computer.")),
      el("p.secret", { id: "made" }, made),
      el("p.quiet", {}, say("The computer made it, because made ones cannot be guessed. Nobody can look it up for you: not the technician, not the people who wrote this program.")),
      el("div.row", {}, button(say("I have written it down"), { kind: "main", onclick: second })),
    );
    const second = () => {
      const control = /** @type {HTMLInputElement} */ (el("input", { type: "password", autocomplete: "off", spellcheck: "false" }));
      const form = el("form.stack", {}, field("typed", say("Your passphrase, from the paper"), control, { hint: say("Capitals and dashes do not matter.") }), showTyped(control),
        el("div.row", {}, button(say("Check it"), { kind: "main", type: "submit" }), button(say("Show it again"), { onclick: first })));
      form.addEventListener("submit", (event) => {
        stay(event);
        if (tidyPassphrase(control.value) !== tidyPassphrase(made)) return void wrong("typed", say("This is not what was shown. Compare letter by letter, or have it shown again."));
        done(made);
      });
      step(view, 2, last, say("Type it back"), el("p", {}, say("So that we both know the paper is right.")), form);
    };
    first();
  });
}

/** The recovery sheet as it goes on paper. @param {{spelt: string, publicKey: Uint8Array}} sheet @param {string} school @param {string} rootPrint @param {string} sheetPrint */
function paper(sheet, school, rootPrint, sheetPrint) {
  const groups = el("ol.groups", {}, sheet.spelt.split("-").map((group) => el("li", {}, group)));
  return el("div.paper-sheet.stack", { id: "sheet" },
    el("h3", {}, say("Recovery sheet for sealed reports")),
    el("p", {}, say("{school}, made on {when} by {who}", { school, when: stamp(new Date()), who: ring.me.name })),
    groups,
    el("p", {}, say("Whoever holds this sheet can open every report of every pupil. Put it in a sealed envelope, sign across the flap, and lock it in the school’s safe. Never copy it, never photograph it.")),
    el("p", {}, say("It is for one case only: nobody is left who can open the reports. It is typed in under Reports, Keys.")),
    el("p.small.code", {}, say("Sheet {sheet} · School’s key {root}", { sheet: sheetPrint, root: rootPrint })));
}

/** @returns {Promise<{spelt: string, publicKey: Uint8Array}>} */
export async function sheetSteps(view, from, last, school, rootPublic) {
  const made = await newSheet();
  const prints = [await fingerprint(rootPublic), await fingerprint(made.publicKey)];
  return new Promise((done) => {
    const first = () => step(
      view, from, last, say("The recovery sheet"),
      el("p", {}, say("If passphrases are lost, this sheet is the only way back to what children wrote. Print it, or write it down.")),
      paper(made, school, prints[0], prints[1]),
      el("div.row", {}, button(say("Print the sheet"), { shape: "printer", onclick: () => window.print() }), button(say("I have it on paper"), { kind: "main", onclick: second })),
    );
    const second = () => {
      const control = /** @type {HTMLTextAreaElement} */ (el("textarea.sheet-typed", { rows: "4", autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }));
      const form = el("form.stack", {}, field("typed", say("The 14 groups, from the paper"), control, { hint: say("Spaces or dashes between them do not matter. O counts as 0, I and L as 1.") }),
        el("div.row", {}, button(say("Check the sheet"), { kind: "main", type: "submit" }), button(say("Show it again"), { onclick: first })));
      form.addEventListener("submit", async (event) => {
        stay(event);
        const bad = wrongGroups(control.value, made.spelt);
        if (bad.length === 14 || !control.value.trim()) return void wrong("typed", say("Type all 14 groups, as they stand on the paper."));
        if (bad.length) return void wrong("typed", say("Look at group {groups}: it is not what the sheet says.", { groups: bad.join(", ") }));
        await readSheet(control.value);
        done(made);
      });
      step(view, from + 1, last, say("Type the sheet back"), el("p", {}, say("It counts only when it was read from the paper once.")), form);
    };
    first();
  });
}

/**
 * The whole ceremony, until the server keeps the wrapped key.
 * @param {HTMLElement} view
 * @param {{withRoot: boolean, school: string, root?: import("./keys25519.js").KeyPair, sheet?: string, rootBox?: string, keys?: import("./keyring.js").Keys}} how
 *   `root`: the school's key brought back from the sheet, with the sheet and its box as they were;
 *   `keys`: my own, to go under a new passphrase
 */
export async function makeKey(view, { withRoot, school, root, sheet = "", rootBox = "", keys: before }) {
  const warn = (event) => event.preventDefault();
  addEventListener("beforeunload", warn);
  try {
    const last = withRoot ? 4 : 2;
    const keys = before ?? (await newKeys(withRoot));
    if (root) keys.root = root;
    const passphrase = await passphraseSteps(view, last);
    let beside = before ? before.beside : { sheet, root_box: rootBox };
    if (withRoot && keys.root) {
      const made = await sheetSteps(view, 3, last, school, keys.root.publicKey);
      beside = { sheet: hex(made.publicKey), root_box: hex(await boxRoot(made.publicKey, keys.root)) };
    }
    await keep(view, last, keys, passphrase, beside);
  } finally {
    removeEventListener("beforeunload", warn);
  }
}

/** Wrap and send; if the server does not answer, the same keys can be sent again. */
export async function keep(view, last, keys, passphrase, beside) {
  const staff = String(ring.me.staff);
  const record = await wrapKeys(keys, passphrase, staff, beside);
  const body = { record, key: hex(keys.key.publicKey), sign_key: hex(keys.sign.publicKey), proof: hex(await proofOf(keys.sign, staff, keys.key.publicKey)) };
  const print = await fingerprint(keys.key.publicKey, keys.sign.publicKey);
  return new Promise((done) => {
    const again = button(say("Try again"), { kind: "main", onclick: () => whileBusy(again, send) });
    const send = async () => {
      try {
        await api.replace("/keys/mine", body);
      } catch (problem) {
        step(view, last, last, say("Not kept yet"), el("p", {}, say("Stay on this page: your key is only here until the server keeps it.")), el("div.row", {}, again));
        return showProblem(problem);
      }
      const heading = el("h2", {}, say("Your key is made"));
      show(view, el("section.card.stack", {}, heading,
        note("ok", say("Only you can open it."), say("The server keeps it wrapped; without your passphrase it is of no use to anybody.")),
        el("p", {}, say("Read these letters to whoever signs the list, by voice or on the phone, so that they know the key is yours:")),
        el("p.secret", {}, print),
        el("div.row", {}, button(say("Go on"), { kind: "main", onclick: () => done(undefined) }))));
      focusOn(heading);
    };
    void send();
  });
}

