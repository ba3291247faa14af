// From sealed bytes to words, with everything the reader has to be told beside them.
// @ts-check

import { CannotOpen, hex, text, unbase64, unhex } from "./bytes.js";
import { grantHolds, openEnvelope, readEnvelope } from "./envelopes.js";
import { ring } from "./keyring.js";
import { COARSE, URGENCY } from "./labels.js";
import { signerName } from "./writing.js";
import { list, say, stamp } from "./words.js";

/** @typedef {{kind: "stop"|"wait"|"info", title: string, text: string}} Warning */
/** @typedef {{words: any, warnings: Warning[], to: string[]}} OpenedReport */

const CONTACT = ["contact", "exploitation", "sexual-image"];
const CONDUCT = ["bullying", "harassment", "conduct", "offensive-message", "hate"];

/** What the outside has to say of such words; as policies/reports.coarse. @param {string[]} harms @param {string} subject */
export function coarseOf(harms, subject) {
  if (subject === "staff" || subject === "head") return "staff";
  if (harms.some((harm) => CONTACT.includes(harm))) return "contact";
  return harms.some((harm) => CONDUCT.includes(harm)) ? "conduct" : "content";
}

/** @param {any} row a case @returns {import("./envelopes.js").Place} */
export const placeOf = (row) => ({ id: row.report, device: row.origin === "staff" ? "staff" : row.device, kind: row.origin === "staff" ? "staff-report" : "report" });

const isText = (value) => typeof value === "string";
const strings = (value) => Array.isArray(value) && value.every(isText);
/** A word that stands for something: labels are looked up by it, so it must be none that every object has. */
const isToken = (value) => isText(value) && !(value in {});
const WORDS = { origin: "pupil", tier: "", year: "", room: "", display_name: "", os_user: "", person: null, reply_key: null };
const DRAFT = { subject: "nobody-known", whom: "me", where: "here", urgency: "soon", words: "", addresses: [], talk_to: "", naming: "named", by_pictures: false, not_to: [], language: "en" };
const TOKENS = ["subject", "whom", "where", "urgency", "naming", "language"];

/** The same with what may be left out; one part of another type spoils the whole, never the page that shows it. */
function filled(given, usual) {
  const whole = { ...given };
  for (const [name, value] of Object.entries(usual)) {
    const found = given[name] === undefined ? value : given[name];
    const fits = Array.isArray(value) ? strings(found) : value === null ? found === null || isText(found) : typeof found === typeof value;
    if (!fits) throw new CannotOpen("the words are not a report this version knows");
    whole[name] = found;
  }
  return whole;
}

const isCount = (value) => value === null || value === undefined || (Number.isSafeInteger(value) && value >= 0);
const isApp = (one) => typeof one === "object" && one !== null && isText(one.app) && isCount(one.minutes) && isCount(one.pupils);
const ACTIVITY = { room: "", device: "", hostname: "", login: "", name: "", since: "", until: "" };

/** What a teacher passed on with their concern, null where there is none. Only a member of staff's report has one. */
function readActivity(words) {
  const given = words.activity ?? null;
  if (given === null) return null;
  const fits = typeof given === "object" && words.origin === "staff" && ["seat", "lesson"].includes(given.kind) && Array.isArray(given.apps ?? []) && (given.apps ?? []).every(isApp);
  if (!fits) throw new CannotOpen("the words are not a report this version knows");
  const whole = filled({ ...given, apps: given.apps ?? [] }, ACTIVITY);
  if (Number.isNaN(Date.parse(whole.since)) || Number.isNaN(Date.parse(whole.until))) throw new CannotOpen("the words are not a report this version knows");
  return whole;
}

/** The words, if they are a report this version knows. @param {Uint8Array} payload */
function readWords(payload) {
  let words;
  try {
    words = JSON.parse(text(payload));
  } catch {
    throw new CannotOpen("the words are not a report");
  }
  const draft = words?.draft;
  const whole = words?.v === 1 && isText(words.report) && isText(words.device) && isText(words.at) && !Number.isNaN(Date.parse(words.at)) && typeof draft === "object" && draft !== null && Array.isArray(draft.harms) && draft.harms.every(isToken);
  if (!whole) throw new CannotOpen("the words are not a report this version knows");
  words = { ...filled(words, WORDS), draft: filled(draft, DRAFT), activity: readActivity(words) };
  if (!isToken(words.origin) || !TOKENS.every((name) => isToken(words.draft[name]))) throw new CannotOpen("the words are not a report this version knows");
  return words;
}

/** Where the plain outside says something else than the sealed words. @returns {Warning[]} */
export function compare(row, words) {
  const draft = words.draft;
  const differs = [];
  const coarse = coarseOf(draft.harms, draft.subject);
  if (coarse !== row.coarse) differs.push(say("kind: outside {outside}, sealed {sealed}", { outside: COARSE[row.coarse] ?? row.coarse, sealed: COARSE[coarse] }));
  if (draft.urgency !== row.urgency) differs.push(say("urgency: outside {outside}, sealed {sealed}", { outside: URGENCY[row.urgency] ?? row.urgency, sealed: URGENCY[draft.urgency] ?? draft.urgency }));
  if ((words.year ?? "") !== (row.year ?? "")) differs.push(say("year: outside {outside}, sealed {sealed}", { outside: row.year || "–", sealed: words.year || "–" }));
  if ((words.origin ?? "pupil") !== row.origin) differs.push(say("who wrote: outside {outside}, sealed {sealed}", { outside: row.origin, sealed: words.origin ?? "pupil" }));
  const about = draft.not_to.filter((id) => (row.readers ?? []).includes(id));
  if (about.length) differs.push(say("readers: {names} can read it, and it was to be kept from them", { names: list(about.map((id) => ring.nameOf(id))) }));
  if (!differs.length) return [];
  return [{ kind: "stop", title: say("The outside of this report was changed, or the laptop is not ours."), text: say("It differs from what is sealed inside: {what}. Believe the sealed words, and tell the technician.", { what: list(differs) }) }];
}

function aboutReaders(found) {
  const warnings = /** @type {Warning[]} */ ([]);
  if (found.dropped.length) warnings.push({ kind: "stop", title: say("Somebody who should read this cannot."), text: say("It was sealed to {names} as well, but their part was taken out on the way. Show it to them, and tell the technician.", { names: list(found.dropped.map((id) => ring.nameOf(id))) }) });
  if (found.strange.length) warnings.push({ kind: "wait", title: say("A part was added for somebody whom the laptop did not name."), text: say("{names}. They cannot read it by that, but somebody tried.", { names: list(found.strange.map((id) => ring.nameOf(id))) }) });
  return warnings;
}

/**
 * Open the report of a case. Throws CannotOpen.
 * @param {any} row @returns {Promise<OpenedReport>}
 */
export async function openReport(row) {
  const keys = /** @type {import("./keyring.js").Keys} */ (ring.keys);
  const encoded = unbase64(row.envelope);
  const found = await openEnvelope(keys.key, encoded, unhex(row.signer, 32), placeOf(row), row.grants);
  const words = readWords(found.payload);
  if (row.id !== row.report || words.report !== row.report || words.device !== placeOf(row).device) throw new CannotOpen("these are the words of another report");
  const warnings = [...compare(row, words), ...aboutReaders(found)];
  if (found.grant) {
    const giver = ring.officer(found.grant.by);
    const holds = giver !== null && (await grantHolds(encoded, found.grant, giver.signKey));
    if (holds) warnings.push({ kind: "info", title: say("You were let in later."), text: say("By {name}, on {when}.", { name: giver.name, when: stamp(found.grant.at) }) });
    else warnings.push({ kind: "wait", title: say("You were let in later, and it is not proven by whom."), text: say("Nobody on the list of today signed it.") });
  }
  return { words, warnings, to: found.to };
}

/** Who may have signed as this name: the list proves it; somebody who left is only what the server says. @param {string} name */
function signerOf(name) {
  const listed = (ring.listed?.officers ?? []).find((one) => one.role !== "recovery" && signerName(one.id) === name);
  if (listed) return { name: listed.name, signKey: listed.signKey, listed: true };
  const once = ring.standings.find((one) => one.key_id && signerName(one.key_id) === name);
  return once ? { name: once.name, signKey: unhex(once.sign_key, 32), listed: false } : null;
}

/**
 * Open a sealed entry of a case. Throws CannotOpen.
 * @param {any} row the case @param {any} entry @returns {Promise<{note: any, warnings: Warning[], by: string}>}
 */
export async function openNote(row, entry) {
  const keys = /** @type {import("./keyring.js").Keys} */ (ring.keys);
  const encoded = unbase64(entry.envelope);
  const { header } = await readEnvelope(encoded);
  const signer = signerOf(header.device);
  if (!signer) throw new CannotOpen("nobody known signed this");
  const found = await openEnvelope(keys.key, encoded, signer.signKey, { id: header.id, device: header.device, kind: "note" }, entry.grants);
  const note = JSON.parse(text(found.payload));
  if (note?.v !== 1 || note.case !== row.id) throw new CannotOpen("this is a note of another case");
  const warnings = aboutReaders(found);
  if (!signer.listed) warnings.push({ kind: "wait", title: say("Signed by somebody who is no longer on the list."), text: say("That it is {name}’s key, only the server says.", { name: signer.name }) });
  else if (entry.by_name && entry.by_name !== signer.name) warnings.push({ kind: "stop", title: say("Signed by {name}, filed under {other}.", { name: signer.name, other: entry.by_name }), text: "" });
  return { note, warnings, by: signer.name };
}

/** @param {any} envelope base64 @returns {Promise<string>} */
export const headerHash = async (envelope) => hex((await readEnvelope(unbase64(envelope))).headerHash);
