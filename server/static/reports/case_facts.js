// What the child said, first and unaltered; then who, where, and what the seal proves.
// @ts-check

import { el, icon, note, paragraphs, time, told } from "./dom.js";
import { ring } from "./keyring.js";
import { HARMS, NAMING, STAFF_WHAT, SUBJECTS, URGENCY, WHERE, WHOM } from "./labels.js";
import { count, list, say, stamp } from "./words.js";

/** @typedef {import("./store.js").Kept} Kept */

const LATE_MS = 10 * 60_000;
const row = (name, ...what) => [el("dt", {}, name), el("dd", {}, ...what)];

/** The names of everybody it was sealed to, once or later. @param {any} found a case */
export const readerNames = (found) => namesOf(found.readers);

/** @param {string[]} ids */
function namesOf(ids) {
  const others = ids.filter((id) => id !== ring.id).map((id) => ring.nameOf(id));
  const sheet = say("the recovery sheet");
  return list([...(ids.includes(ring.id) ? [say("you")] : []), ...others.filter((name) => name !== sheet), ...others.filter((name) => name === sheet)]);
}

function fromWhom(words) {
  const { draft } = words;
  if (words.origin === "staff") return [];
  if (draft.naming === "unnamed") return row(say("From"), el("b", {}, NAMING.unnamed), words.os_user ? [el("br"), el("span.small.quiet", {}, say("Login on the laptop: "), told(words.os_user))] : null);
  const name = words.display_name || words.person || words.os_user || say("not known");
  return row(say("From"), told(name), words.year ? [", ", told(words.year)] : null, ". ", el("b", {}, NAMING[draft.naming] ?? draft.naming));
}

/** Where the activity itself can be looked at, with a purpose. @param {any} activity */
function activityAddress({ kind, device, login, room, since, until }) {
  const asked = kind === "seat" ? { device, login } : { room, since, until };
  return `/reports/activity?${new URLSearchParams(asked)}`;
}

/** What the teacher passed on with their concern (R39). @param {any} activity @param {boolean} paper */
function activitySection(activity, paper) {
  const isSeat = activity.kind === "seat";
  const of = (one) => [
    one.minutes === null || one.minutes === undefined ? null : count("{n} minute", "{n} minutes", one.minutes),
    isSeat ? null : one.pupils === null || one.pupils === undefined ? say("a few pupils") : count("{n} pupil", "{n} pupils", one.pupils),
  ].filter(Boolean);
  return el("section.card.stack", { id: "activity" }, el("h2", {}, say("The activity that was passed on")),
    el("dl.facts", {},
      isSeat && row(say("Pupil"), told(activity.name)),
      row(say("Where"), told(activity.room), activity.hostname ? [", ", say("laptop "), told(activity.hostname)] : null),
      row(say("When"), time(activity.since, paper), " – ", time(activity.until, paper)),
      activity.apps.length > 0 && row(isSeat ? say("Used in this login") : say("Used in the lesson"), el("ul.plain.stack.tight", {}, activity.apps.map((one) => el("li", {}, told(one.app), of(one).length ? ` · ${list(of(one))}` : null))))),
    activity.apps.length === 0 && el("p.quiet", {}, say("The teacher had not opened what was used.")),
    el("p.small.quiet", {}, say("As the teacher saw it when they passed it on. They cannot look into it any more.")),
    !paper && el("div.row", {}, el("a.btn", { href: activityAddress(activity), target: "_blank", rel: "noopener" }, icon("eye"), say("Look at the activity"))));
}

/** @param {Kept} kept @param {boolean} [paper] @returns {HTMLElement} */
export function wordsSection({ row: found, opened }, paper = false) {
  const { words } = /** @type {import("./opening.js").OpenedReport} */ (opened);
  const { draft } = words;
  const isStaff = words.origin === "staff";
  const place = isStaff ? say("written at the server") : [say("laptop "), el("bdi", {}, found.hostname || found.device), found.room ? [", ", el("bdi", {}, found.room)] : null];
  const said = draft.words.trim() ? paragraphs(draft.words) : [el("p.quiet", {}, draft.by_pictures ? say("Told with pictures alone: no words were asked for.") : say("No words were written."))];
  const late = new Date(found.opened_at).getTime() - new Date(words.at).getTime() > LATE_MS;
  return el("section.stack", {},
    el("div.row.apart", {}, el("h2", {}, isStaff ? say("What was written") : say("In the pupil’s words")), el("span.when", {}, time(words.at, paper), ", ", ...[place].flat(2))),
    el("blockquote.words", { lang: words.draft.language ?? null }, said),
    el("dl.facts", {},
      fromWhom(words),
      isStaff && row(say("From"), found.reported_by ? el("bdi", {}, found.reported_by) : say("somebody who was signed in; the name was not kept")),
      isStaff && words.display_name && row(say("Pupil"), told(words.display_name), words.year ? [", ", told(words.year)] : null),
      isStaff && found.what && row(say("Why"), STAFF_WHAT[found.what] ?? found.what),
      row(say("Kind"), list(draft.harms.map((harm) => HARMS[harm] ?? harm))),
      row(say("Happened to"), WHOM[draft.whom] ?? draft.whom),
      row(say("Done by"), SUBJECTS[draft.subject] ?? draft.subject),
      row(say("Where"), WHERE[draft.where] ?? draft.where),
      draft.addresses.length > 0 && row(say("Addresses"), el("ul.plain.stack.tight", {}, draft.addresses.map((one) => el("li.code", {}, told(one)))), el("p.small.quiet", {}, say("As typed. Do not open them out of curiosity; nobody should go back to look."))),
      row(say("Wants to talk to"), draft.talk_to ? told(draft.talk_to) : el("span.quiet", {}, say("nobody named"))),
      row(say("How soon"), URGENCY[draft.urgency] ?? draft.urgency),
      late && row(say("Came late"), say("Written {written} by the laptop’s clock, here {arrived}.", { written: stamp(words.at), arrived: stamp(found.opened_at) })),
      draft.not_to.length > 0 && row(say("Kept from"), list(draft.not_to.map((id) => ring.nameOf(id))))),
    words.activity && activitySection(words.activity, paper));
}

/** @param {Kept} kept @returns {HTMLElement} */
export function sealSection({ row: found, opened }) {
  const { warnings, to } = /** @type {import("./opening.js").OpenedReport} */ (opened);
  const signed = found.origin === "staff"
    ? say("Sealed in the writer’s browser. Who wrote it, the server’s sign-in says; no laptop signed it.")
    : say("Signed by laptop {name}, whose key the server vouches for.", { name: found.hostname || found.device });
  return el("section.card.stack", {}, el("h2", {}, say("The seal")),
    el("p.watchline", {}, icon("tick"), el("span", {}, signed)),
    el("p", {}, say("Sealed to {names}.", { names: namesOf(to) })),
    warnings.filter((one) => one.kind === "info").map((one) => el("p.small.quiet", {}, `${one.title} ${one.text}`)));
}

/** What the reader must see before the words. @param {Kept} kept @returns {HTMLElement[]} */
export const warningNotes = ({ opened }) => (opened?.warnings ?? []).filter((one) => one.kind !== "info").map((one) => note(one.kind, one.title, one.text, { role: one.kind === "stop" ? "alert" : undefined }));

/** Stands on every opened case that could hold one (R52). @returns {HTMLElement} */
export const imageryNote = () =>
  note("sealed", say("If there may be an indecent picture of a child:"), say("Do not look for it, do not open it, do not copy, print, send or forward it, and let nobody send it to you: each of these can be a crime, also for you. Secure the device, note where it is, and ask the police or your safeguarding adviser."));
