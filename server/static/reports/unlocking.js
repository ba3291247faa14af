// The question for the passphrase, wherever a key is needed.
// @ts-check

import { CannotOpen, unhex } from "./bytes.js";
import { announce, button, el, field, note, part, whileBusy, wrong } from "./dom.js";
import { fingerprint } from "./keys25519.js";
import { IDLE_MS, ring } from "./keyring.js";
import { clock, say } from "./words.js";

/**
 * A form that opens my key. `then` runs with the key open.
 * @param {{id?: string, label?: string, hint?: string, then: () => void|Promise<void>}} how
 */
export function unlockForm({ id = "passphrase", label = say("Open for one hour"), hint = "", then }) {
  const control = /** @type {HTMLInputElement} */ (el("input", { type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false" }));
  const press = button(label, { kind: "sealed", shape: "key", type: "submit" });
  const form = el("form.stack", {}, field(id, say("Passphrase"), control, { hint }), showTyped(control), el("div.row", {}, press, el("a.btn.bare", { href: "/reports/keys#lost" }, say("I have lost it"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(press, async () => {
      if (!control.value.trim()) return void wrong(id, say("Type the passphrase you wrote down."));
      try {
        await ring.unlock(control.value);
      } catch (problem) {
        if (!(problem instanceof CannotOpen)) return showProblem(problem);
        return void wrong(id, say("This passphrase does not open your key. Look at each letter; capitals and dashes do not matter."));
      }
      control.value = "";
      wrong(id, "");
      announce(say("Your key is open until {time}.", { time: clock(new Date(ring.openUntil)) }));
      try {
        await then();
      } catch (problem) {
        showProblem(problem);
      }
    });
  });
  return form;
}

/** @param {HTMLInputElement} control */
export function showTyped(control) {
  const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", onchange: () => { control.type = box.checked ? "text" : "password"; } }));
  return el("label.choice", {}, box, el("span", {}, say("Show what I type")));
}

/** How long my key stays open, and the way to close it. @returns {HTMLElement} */
export function openLine() {
  const until = clock(new Date(ring.openUntil));
  const minutes = IDLE_MS / 60_000;
  return el("p.quiet", {}, say("Your key is open on this computer until {time}, or until nobody touches it for {minutes} minutes.", { time: until, minutes }));
}

/** @returns {HTMLButtonElement} */
export const closeButton = () => button(say("Close my key"), { shape: "lock", onclick: () => ring.close() });

/** Why nothing is opened or sealed now: the list of officers does not prove itself. @returns {HTMLElement} */
export const distrustNote = () =>
  note("stop", say("Do not write or open anything here now."), say("The server shows a list of officers that this browser cannot believe. Ask the head to read you the fingerprint of the school’s key, and tell the technician."), {
    role: "alert",
    more: [el("p.small.quiet", { lang: "en" }, ring.distrust)],
  });

/**
 * The first time a browser sees the school's key nothing proves it but people: it stays asked until they compare.
 * @returns {HTMLElement|null}
 */
export function compareNote() {
  if (ring.isCompared) return null;
  const letters = el("p.code", {}, "…");
  void fingerprint(unhex(ring.given.root, 32)).then((print) => { letters.textContent = print; });
  const holder = note("wait", say("This browser does not know the school’s key yet."), say("Compare these letters with the recovery sheet, the head’s page or a laptop’s own check. If they differ, write nothing here and tell the head."), { more: [letters, el("p", {}, button(say("They are the same"), { kind: "slim", onclick: () => {
    ring.compared();
    holder.remove();
  } }))] });
  return el("div.gap", {}, holder);
}

/** Show a problem where people look. @param {unknown} problem @param {HTMLElement} [where] */
export function showProblem(problem, where = part("trouble")) {
  const said = problem instanceof CannotOpen ? say("A seal does not open. Nothing was changed.") : problem instanceof Error ? problem.message : String(problem);
  where.replaceChildren(note("stop", say("That was not done."), said, { role: "alert" }));
  where.scrollIntoView({ block: "nearest" });
}
