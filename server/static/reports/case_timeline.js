// A case as a story, oldest first. Sealed entries are opened here; one that does not open says so in its place.
// @ts-check

import { chip, el, note, paragraphs, time, told } from "./dom.js";
import { DID, METHODS, PROCEDURES, TASKS, THINGS, HARMS } from "./labels.js";
import { openNote } from "./opening.js";
import { ring } from "./keyring.js";
import { count, date, list, moment, say, stamp } from "./words.js";

/** What an entry is, in words. @param {any} entry @returns {(Node|string)[]} */
function title(entry) {
  const { kind, plain } = entry;
  const task = TASKS[plain.kind] ?? plain.kind;
  const words = {
    opened: () => say("Report arrived, sealed"),
    acknowledged: () => say("Acknowledged"),
    note: () => say("Sealed note"),
    "task-made": () => say("New task: {task}", { task }) + (plain.place ? `, ${plain.place}` : ""),
    "task-done": () => (plain.outcome === "not-done" ? say("Will not be done: {task}", { task }) : say("Done: {task}", { task })) + (plain.date ? `, ${date(plain.date)}` : "") + (plain.method ? `, ${METHODS[plain.method] ?? plain.method}` : ""),
    "hold-on": () => say("Contact held: parents and others are not told yet"),
    "hold-off": () => say("Contact no longer held"),
    "quarantine-on": () => say("Laptop to be secured: logins and sticks shut, nothing wiped"),
    "quarantine-off": () => say("Laptop to be released"),
    "quarantine-confirmed": () => (plain.on ? say("The laptop confirmed: logins and sticks are shut") : say("The laptop confirmed: it is open again")),
    reply: () => say("Answer to the pupil"),
    outcome: () => say("Outcome"),
    lesson: () => say("Lesson"),
    grant: () => say("Let in: {name}", { name: ring.nameOf(plain.key ?? plain.reader ?? "") }),
    "viewed-imagery": () => say("Suspected imagery viewed, with a justification"),
    closed: () => say("Closed"),
    reopened: () => say("Opened again"),
    linked: () => say("Linked with case {number}", { number: plain.number ?? plain.case ?? "" }),
    printed: () => say("Printed for the file"),
    tagged: () => say("Filed under {tags}", { tags: list([HARMS[plain.harm], PROCEDURES[plain.procedure], plain.reference].filter(Boolean)) }),
    custody: () => say("Evidence {item}: {thing} {did}", { item: plain.item, thing: THINGS[plain.what] ?? plain.what, did: DID[plain.did] ?? plain.did }),
    escalated: () => (plain.to === "head" ? say("Nobody had acknowledged it: it goes to the head") : say("Nobody had acknowledged it: it goes to the deputies")),
    told: () => say("{name} was told that there is a report", { name: plain.name }),
    "not-told": () => say("{name} could not be told: ring them", { name: plain.name }),
  };
  const said = (words[kind] ?? (() => kind))();
  return [el("b", {}, said), plain.owner ? ", " : "", plain.owner ? say("{name} sees to it by {when}", { name: plain.owner, when: date(plain.due) }) : ""];
}

/** How far an answer came; only what the laptop confirmed is said. @param {any} entry */
function arrival(entry) {
  const isOrder = ["reply", "quarantine-on", "quarantine-off"].includes(entry.kind);
  if (!isOrder || entry.delivered === undefined) return [];
  if (entry.delivered === "done") return [" ", chip("ok", entry.kind === "reply" ? say("On the laptop") : say("Confirmed by the laptop"))];
  if (entry.delivered === "refused") return [" ", chip("stop", say("The laptop refused it"))];
  return [" ", chip("wait", say("Sent, not confirmed"), "sent")];
}

/** The sealed part of an entry, as far as it is text for people. @param {any} written @returns {HTMLElement[]} */
function sealedWords(written) {
  const parts = ["text", "why", "outcome", "lesson", "words", "where"].filter((name) => typeof written[name] === "string" && written[name].trim());
  const heads = { outcome: say("Outcome"), lesson: say("Lesson"), why: say("Why"), where: say("Where") };
  return parts.map((name) => el("div.words", {}, heads[name] && el("p.small.quiet", {}, heads[name]), paragraphs(written[name])));
}

/** @param {any} found a case @param {any} entry @param {Map<number, any>} opened by number, kept while the page is open */
async function line(found, entry, opened, paper) {
  let sealed = [];
  if (entry.envelope) {
    try {
      if (!opened.has(entry.seq)) opened.set(entry.seq, await openNote(found, entry));
      const { note: written, warnings } = opened.get(entry.seq);
      sealed = [...sealedWords(written), ...warnings.map((one) => note(one.kind, one.title, one.text))];
      if (written.corrects) sealed.unshift(el("p.small.quiet", {}, say("Corrects entry {seq}. The first text stays.", { seq: written.corrects })));
    } catch (problem) {
      sealed = [note("stop", say("This entry does not open with your key."), say("It was written before you were let in, or it was changed."), { more: [el("p.small.quiet", { lang: "en" }, problem instanceof Error ? problem.message : "")] })];
    }
  }
  const kind = entry.envelope || entry.kind === "opened" ? "li.sealed" : "li";
  const readers = entry.kind === "opened" ? [" ", chip("sealed", count("{n} can read", "{n} can read", found.readers.length))] : [];
  return el(kind, { id: `entry-${entry.seq}` }, el("p", {}, el("span.when", {}, `${entry.seq} · `, time(entry.at, paper)), " · ", title(entry), entry.by_name ? [" · ", told(entry.by_name)] : el("span.quiet", {}, " · ", say("the server")), readers, arrival(entry)), sealed);
}

/**
 * @param {any} detail @param {Map<number, any>} opened @param {boolean} [paper]
 * @returns {Promise<HTMLElement>}
 */
export async function timeline(detail, opened, paper = false) {
  const lines = [];
  for (const entry of detail.entries) lines.push(await line(detail.case, entry, opened, paper));
  const due = detail.tasks.filter((task) => !task.done_at).map((task) => el("li.wait", {}, el("p", {}, el("span.when", {}, time(task.due, paper)), " · ", el("b", {}, say("Due:")), ` ${TASKS[task.kind] ?? task.kind}`, task.blocked_by_hold && [" ", chip("wait", say("Contact on hold"))])));
  return el("ol.timeline", {}, lines, due);
}

/** Whoever changed history on the server is seen here. @param {any} detail @returns {HTMLElement|null} */
export const chainNote = (detail) =>
  detail.chain_broken_at === null || detail.chain_broken_at === undefined ? null : note("stop", say("The history of this case was changed from entry {seq} on.", { seq: detail.chain_broken_at }), say("Print what you see, and tell the head and the technician."), { role: "alert" });

/** Who opened it, and who has not yet. @param {any} detail @param {boolean} [paper] @returns {HTMLElement} */
export function readers(detail, paper = false) {
  const times = new Map();
  for (const look of detail.looks) times.set(look.by_name, [...(times.get(look.by_name) ?? []), look]);
  const known = detail.case.readers.map((id) => ring.officer(id)).filter((one) => one && one.role !== "recovery");
  const silent = known.filter((one) => !times.has(one.name));
  const said = (looks) => list((paper ? looks : looks.slice(-3)).map((look) => (paper ? stamp(look.at) : moment(look.at))));
  return el("ul.plain.stack.tight", {},
    [...times].map(([name, looks]) => el("li", {}, told(name), " ", el("span.when", {}, said(looks)))),
    silent.map((one) => el("li", {}, told(one.name), " ", el("span.when", {}, say("not yet")))));
}


/** Who was told that there is a report, without a word of it; and what the laptop did. @param {any} detail @returns {HTMLElement|null} */
export function toldSection(detail) {
  const states = {
    sent: (one) => chip("ok", say("told {when}", { when: moment(one.sent_at) })),
    waiting: () => chip("wait", say("Not sent yet"), "sent"),
    failed: () => chip("stop", say("Could not be told: ring them")),
    "no-address": () => chip("off", say("No address: tell them yourself")),
    over: () => chip("off", say("Not needed any more")),
  };
  const people = detail.notices.filter((one) => one.name !== ring.me.name).map((one) => el("li", {}, told(one.name), " ", (states[one.state] ?? (() => one.state))(one)));
  const newest = new Map(detail.quarantines.map((one) => [one.device, one]));
  const laptops = [...newest.values()].map((one) => el("li", {}, one.is_on ? say("Laptop secured") : say("Laptop released"), " ", one.confirmed_at ? chip("ok", say("Confirmed {when}", { when: moment(one.confirmed_at) })) : chip("wait", say("Sent, not confirmed"), "sent")));
  return people.length + laptops.length ? el("section.card.stack", {}, el("h2", {}, say("Who was told")), el("ul.plain.stack.tight", {}, people, laptops)) : null;
}
