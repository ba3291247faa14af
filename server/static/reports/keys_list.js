// Who stands on the list: chosen by whoever holds the school's key, compared by voice, signed here.
// @ts-check

import * as api from "./api.js";
import { hex, unhex } from "./bytes.js";
import { announce, button, chip, el, note, part, show, whileBusy } from "./dom.js";
import { fingerprint } from "./keys25519.js";
import { ring } from "./keyring.js";
import { missingFor, NO_SIGN_KEY, signedFrom, signedInto, signOfficers } from "./officers.js";
import { showProblem, unlockForm } from "./unlocking.js";
import { list, say } from "./words.js";

/** @typedef {import("./officers.js").Role} Role */

const PLACES = /** @type {Record<string, [Role, () => string][]>} */ ({
  safeguarding: [["lead", () => say("safeguarding lead")], ["deputy", () => say("deputy")]],
  head: [["head", () => say("head")]],
  governor: [["alternate", () => say("alternate")]],
});
/** @returns {Record<Role, string>} */
export const placeNames = () => ({ lead: say("safeguarding lead"), deputy: say("deputy"), head: say("head"), alternate: say("alternate"), recovery: say("recovery sheet") });

/** @returns {Record<string, string>} */
export const officeNames = () => ({ teacher: say("teacher"), technician: say("technician"), safeguarding: say("safeguarding lead"), head: say("head"), governor: say("governor") });

/** What stands between these people and a list that counts, in words. @param {string[]} lacks @returns {string[]} */
export function lackWords(lacks) {
  const words = {
    people: say("a second person with a key"),
    lead: say("a safeguarding lead or deputy"),
    head: say("the head, or a governor as alternate, for reports about staff"),
    sheet: say("the recovery sheet"),
    twice: say("each key only once"),
  };
  return lacks.map((lack) => words[lack] ?? lack);
}

/** @param {any} standing */
export function stateChip(standing) {
  if (standing.state === "listed") return chip("ok", say("On the list"));
  if (standing.state === "waiting") return chip("wait", say("Key made, not on the list yet"));
  if (standing.state === "left") return chip("off", say("No longer on the list"));
  return chip("off", say("No key yet"));
}

/** Everybody who may hold a key, for people who do not sign. @returns {Promise<HTMLElement>} */
export async function peopleTable() {
  const rows = await Promise.all(ring.standings.map(async (one) => {
    const print = one.key ? await fingerprint(unhex(one.key, 32), unhex(one.sign_key, 32)) : "";
    const offices = list(one.roles.map((role) => officeNames()[role] ?? role));
    return el("tr", {},
      el("th", { scope: "row" }, el("bdi", {}, one.name), el("br"), el("span.small.quiet", {}, offices)),
      el("td", { "data-label": say("State") }, stateChip(one)),
      el("td", { "data-label": say("On the list as") }, placeNames()[one.place] ?? el("span.quiet", {}, say("nothing"))),
      el("td.code.print", { "data-label": say("Fingerprint") }, print || el("span.quiet", {}, say("none yet"))));
  }));
  const caption = say("Everybody whose office may hold a key");
  const heads = [say("Who"), say("State"), say("On the list as"), say("Fingerprint")].map((words) => el("th", { scope: "col" }, words));
  return el("div.tablebox", { tabindex: "0", role: "region", "aria-label": caption }, el("table.cards", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)));
}

/** Whether these are the very keys the signed list has of them, or my own record: then nobody has to be asked again. */
function hasKnownKeys(one) {
  const known = ring.officer(one.key_id);
  if (known !== null) return hex(known.key) === one.key && hex(known.signKey) === one.sign_key;
  return one.staff === ring.me.staff && ring.record?.key === one.key && ring.record?.sign_key === one.sign_key;
}

const isHead = (one) => one.roles.includes("head");

/** One person's lines in the form. */
async function personLines(one) {
  const print = await fingerprint(unhex(one.key, 32), unhex(one.sign_key, 32));
  const known = hasKnownKeys(one);
  const places = one.roles.flatMap((role) => (role === "governor" && isHead(one) ? [] : PLACES[role] ?? [])); // the alternate reads what is about the head
  const on = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: one.state === "listed" || one.state === "waiting" }));
  const compared = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: known }));
  const place = /** @type {HTMLSelectElement} */ (el("select", { "aria-label": say("{name} is on the list as", { name: one.name }) }, places.map(([code, words]) => el("option", { value: code, selected: one.place === code }, words()))));
  const overlaps = one.overlaps.map((pair) => list(pair.map((role) => officeNames()[role] ?? role)));
  const node = el("li.stack.tight", {},
    el("label.choice", {}, on, el("span", {}, el("b", {}, el("bdi", {}, one.name)), ` · ${list(one.roles.map((role) => officeNames()[role] ?? role))} `, stateChip(one))),
    el("div.indent.stack.tight", {}, place, el("p.code", {}, print),
      !known && el("label.choice", {}, compared, el("span", {}, say("{name} read me these letters by voice, and they are the same", { name: one.name }))),
      overlaps.length > 0 && note("wait", say("Holds offices that watch over one another: {offices}.", { offices: overlaps.join("; ") }), say("Ask somebody else to review their cases as well."))));
  return { node, one, on, compared, place };
}

/**
 * The form that signs the next list; only whoever holds the school's key sees it.
 * @param {() => Promise<void>} after when a list was published
 */
export async function signForm(after) {
  const holders = ring.standings.filter((one) => one.key && one.state !== "left");
  const leavers = ring.standings.filter((one) => one.state === "left" && one.place);
  const lines = await Promise.all(holders.map(personLines));
  const says = el("p.small", { id: "sign-says" });
  const open = el("div");
  const press = button(say("Sign the list"), { kind: "main", shape: "key", type: "submit", "aria-describedby": "sign-says" });
  const chosen = () => lines.filter((line) => line.on.checked);
  const lacks = () => {
    const people = chosen().map((line) => ({ role: line.place.value, key: unhex(line.one.key, 32) }));
    const missing = lackWords(missingFor([...people, { role: "recovery", key: NO_SIGN_KEY }]));
    const heads = chosen().filter((line) => isHead(line.one) && ["lead", "deputy"].includes(line.place.value)).map((line) => line.one.name);
    if (heads.length && !people.some((one) => one.role === "alternate")) missing.push(say("a governor as alternate, because {names} is the head: a report about the head would go to them", { names: list(heads) }));
    const silent = chosen().filter((line) => !line.compared.checked).map((line) => line.one.name);
    if (silent.length) missing.push(say("the letters of {names}, compared by voice", { names: list(silent) }));
    return missing;
  };
  const look = () => {
    const missing = lacks();
    says.textContent = missing.length ? say("Still missing: {what}.", { what: list(missing) }) : say("The list is whole: {count} people and the recovery sheet.", { count: chosen().length });
    press.toggleAttribute("aria-disabled", false);
    if (missing.length) press.setAttribute("aria-disabled", "true");
  };
  const signNow = async () => {
    const { root, beside } = /** @type {import("./keyring.js").Keys} */ (ring.keys);
    if (!root) throw new Error(say("Your key does not hold the school’s key."));
    const now = new Date().toISOString();
    const people = chosen().map(({ one, place }) => ({ name: one.name, role: /** @type {Role} */ (place.value), key: unhex(one.key, 32), signKey: unhex(one.sign_key, 32), since: ring.officer(one.key_id)?.since ?? now }));
    const sheet = unhex(beside.sheet, 32);
    const before = ring.listed?.officers.find((one) => one.role === "recovery" && hex(one.key) === beside.sheet);
    const officers = [...people, { name: "Recovery sheet", role: /** @type {Role} */ ("recovery"), key: sheet, signKey: NO_SIGN_KEY, since: before?.since ?? now }];
    const changes = ring.given ? signedFrom(ring.given).changes : [];
    const signed = await signOfficers(root, (ring.listed?.seq ?? 0) + 1, officers, changes);
    await api.replace("/officers", { ...signedInto(signed), root_box: beside.root_box });
    announce(say("The list is signed. Laptops take it with their next policy."));
    await after();
  };
  const form = el("form.stack", {}, el("ul.plain.stack.officers", {}, lines.map((line) => line.node)), says, el("div.row", {}, press));
  form.addEventListener("change", () => {
    look();
    announce(says.textContent ?? "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (press.getAttribute("aria-disabled") === "true") return;
    if (!ring.isOpen) {
      const signed = () => {
        show(open);
        return signNow();
      };
      show(open, el("h3", {}, say("Signing needs your key")), unlockForm({ id: "sign-passphrase", label: say("Open my key and sign"), then: signed }));
      part("sign-passphrase").focus();
      return;
    }
    void whileBusy(press, signNow).catch((problem) => showProblem(problem));
  });
  look();
  return el("section.card.stack", {},
    el("h2", {}, say("The list of people who open reports")),
    el("p", {}, say("Whoever is ticked can open reports from now on. Take a tick away when somebody leaves: what comes later is no longer sealed to them; what they have read stays read.")),
    el("p.small.quiet", {}, say("Lead and deputies read what pupils report; the head what is about staff; an alternate what is about the head.")),
    leavers.length > 0 && note("wait", say("{names} no longer has the office.", { names: list(leavers.map((one) => one.name)) }), say("Sign a list without them.")),
    form, open);
}
