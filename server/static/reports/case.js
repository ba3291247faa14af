// One case: the words first, then what happened, what to do, and who has read it.
// @ts-check

import { drawActs } from "./case_acts.js";
import { imageryNote, readerNames, sealSection, warningNotes, wordsSection } from "./case_facts.js";
import { chainNote, readers, timeline, toldSection } from "./case_timeline.js";
import { drawTasks } from "./case_tasks.js";
import { Desk } from "./case_desk.js";
import { noteForm, replyForm } from "./case_writing.js";
import { button, chip, el, icon, note, part, show, time, whileBusy } from "./dom.js";
import { aboutOf, stateChip } from "./inbox.js";
import { ring } from "./keyring.js";
import { COARSE } from "./labels.js";
import { openReport } from "./opening.js";
import { closeButton, openLine, showProblem, unlockForm } from "./unlocking.js";
import { moment, say } from "./words.js";

const facts = JSON.parse(part("reports").dataset.facts ?? "{}");
const POLL_MS = 20_000;
const GRAVE = ["sexual-image", "illegal", "exploitation"];
/** @type {number|undefined} */ let poll;

/** @param {HTMLElement} view @param {any} row @param {() => Promise<void>} afterOpen */
export function showSealed(view, row, afterOpen) {
  show(view,
    el("p.crumb", {}, el("a", { href: "/reports", "data-inside": true }, say("Reports"))),
    el("div.pagehead", {}, el("div.stack.tight", {}, el("h1", { id: "title" }, row ? say("Case {number}", { number: row.number }) : say("A sealed case")), row && el("p.quiet", {}, [COARSE[row.coarse], row.year, say("arrived {when}", { when: moment(row.opened_at) })].filter(Boolean).join(" · "))), row && el("div.row", {}, stateChip(row))),
    el("div", { id: "trouble" }),
    el("div.cols.side", {},
      el("div.stack.wide", {},
        el("section.card.stack", {}, el("h2", {}, say("Open your key")), el("p", {}, say("This case is sealed. Your passphrase opens it in this browser; it is never sent to the server.")), unlockForm({ then: afterOpen }), el("p.small.quiet", {}, say("Opening is written down: you, now, this case."))),
        note("sealed", say("Before you open it"), say("Read it where you have a quiet minute, and where nobody looks over your shoulder."))),
      row && el("aside.card.stack", {}, el("h2", {}, say("What can be seen without a key")), el("dl.facts", {},
        el("dt", {}, say("Kind")), el("dd", {}, COARSE[row.coarse] ?? row.coarse), el("dt", {}, say("Year")), el("dd", {}, row.year || say("not known")), el("dt", {}, say("State")), el("dd", {}, stateChip(row)),
        row.due_at && [el("dt", {}, say("Next are told")), el("dd", {}, time(row.due_at))]))));
}

/** @param {Desk} desk */
function head(desk) {
  const { row, kept } = desk;
  const acknowledge = button(say("I have read it: acknowledge"), { kind: "main", shape: "check" });
  acknowledge.addEventListener("click", () => whileBusy(acknowledge, () => desk.act("/acknowledge").catch((problem) => showProblem(problem))));
  show(part("case-head"),
    el("div.stack.tight", {}, el("h1", { id: "title" }, say("Case {number}", { number: row.number })),
      el("p.quiet", {}, [aboutOf({ ...kept, row: { ...row, state: "open" } }), row.year, say("sealed to {names}", { names: readerNames(row) })].filter(Boolean).join(" · ")), openLine()),
    el("div.row", {}, stateChip(row), row.quarantined && (desk.detail.quarantines.at(-1)?.confirmed_at ? chip("stop", say("Laptop secured")) : chip("wait", say("Laptop to be secured, not confirmed"))), row.second_review && chip("wait", say("Second review asked for")),
      row.state === "new" && acknowledge,
      el("a.btn", { href: `/reports/case/${row.id}/print`, "data-inside": true }, icon("printer"), say("Print for the file")), closeButton()));
}

/** Draw what changes; what somebody types in stays as it is. @param {Desk} desk @param {boolean} [gently] */
async function draw(desk, gently = false) {
  const { row, kept, detail } = desk;
  if (!ring.isOpen) return;
  if (!gently || !part("case-head").contains(document.activeElement)) head(desk);
  const story = await timeline(detail, desk.notes);
  if (!document.getElementById("story")) return; // somebody went on to another page meanwhile
  show(part("story"), story);
  show(part("who-read"), readers(detail));
  show(part("who-told"), toldSection(detail));
  show(part("warnings"), chainNote(detail), warningNotes(kept), row.crowded && note("wait", say("One of many from the same laptop within an hour."), say("Somebody may be playing, or be in great need.")));
  const busy = (id) => gently && (part(id).querySelector("details[open]") || part(id).contains(document.activeElement));
  if (!busy("tasks")) drawTasks(desk, facts.agencies ?? []);
  if (!busy("acts")) drawActs(desk, part("acts"), facts.staff ?? []);
  part("writing").hidden = row.state === "closed";
}

/**
 * @param {HTMLElement} view @param {import("./store.js").Kept} kept
 * @returns {Promise<void>}
 */
export async function showCase(view, kept) {
  stopWatching();
  const desk = new Desk(kept.row.id, kept, async () => {
    await desk.load();
    await draw(desk);
  });
  await desk.load();
  if (!kept.opened) kept.opened = await openReport(kept.row);
  const grave = kept.opened.words.draft.harms.some((harm) => GRAVE.includes(harm));
  show(view,
    el("p.crumb", {}, el("a", { href: "/reports", "data-inside": true }, say("Reports"))),
    el("div.pagehead", { id: "case-head" }), el("div", { id: "trouble" }), el("div", { id: "news" }),
    el("div.cols.side", {},
      el("div.stack.wide", {}, el("div.stack", { id: "warnings" }), grave && imageryNote(), wordsSection(kept),
        el("section.stack", {}, el("h2", {}, say("What has happened")), el("div", { id: "story" }), el("div.stack", { id: "writing" }, noteForm(desk), el("section.card", {}, replyForm(desk))))),
      el("aside.stack.wide", {},
        el("section.card", {}, el("h2", {}, say("Tasks")), el("div", { id: "tasks" })),
        el("section.card", {}, el("h2", {}, say("More in this case")), el("div.acts", { id: "acts" })),
        el("div", { id: "who-told" }), sealSection(kept),
        el("section.card.stack", {}, el("h2", {}, say("Who has read this")), el("div", { id: "who-read" })))));
  await draw(desk);
  poll = setInterval(() => void look(desk), POLL_MS);
}

/** What colleagues did meanwhile appears without a reload. @param {Desk} desk */
async function look(desk) {
  if (!ring.isOpen || document.hidden) return;
  const before = desk.detail;
  try {
    await desk.load();
  } catch {
    return; // the inbox's watcher says that the server is away
  }
  const differs = before.entries.length !== desk.detail.entries.length || before.looks.length !== desk.detail.looks.length || before.case.readers.length !== desk.detail.case.readers.length;
  if (differs) await draw(desk, true);
}

export function stopWatching() {
  clearInterval(poll);
  poll = undefined;
}

