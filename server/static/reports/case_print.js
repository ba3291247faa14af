// One case on paper, complete and dated, made here: the server never sees what is printed.
// @ts-check

import { readerNames, sealSection, warningNotes, wordsSection } from "./case_facts.js";
import { chainNote, readers, timeline } from "./case_timeline.js";
import { Desk } from "./case_desk.js";
import { button, el, part, show, whileBusy } from "./dom.js";
import { aboutOf, stateChip } from "./inbox.js";
import { ring } from "./keyring.js";
import { DID, METHODS, PROCEDURES, TASKS, THINGS } from "./labels.js";
import { openReport } from "./opening.js";
import { showProblem } from "./unlocking.js";
import { say, stamp } from "./words.js";

const facts = JSON.parse(part("reports").dataset.facts ?? "{}");

function tasksTable(tasks) {
  const rows = tasks.map((task) => el("tr", {}, el("th", { scope: "row" }, TASKS[task.kind] ?? task.kind), el("td", {}, stamp(task.due)), el("td", {}, task.done_at ? [task.outcome === "not-done" ? say("will not be done") : say("done"), METHODS[task.plain.method], stamp(task.done_at)].filter(Boolean).join(", ") : say("open")), el("td", {}, task.by || task.made_by)));
  const heads = [say("Task"), say("Due"), say("State"), say("Who")].map((words) => el("th", { scope: "col" }, words));
  return el("div.tablebox.paper", { tabindex: "0", role: "region", "aria-label": say("Tasks") }, el("table", {}, el("caption", {}, say("Tasks")), el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)));
}

/** The same as a text file, from what stands on the page. @param {any} row */
function download(row) {
  const words = /** @type {HTMLElement} */ (part("paper")).innerText;
  const address = URL.createObjectURL(new Blob(["\ufeff", words, "\n"], { type: "text/plain;charset=utf-8" }));
  const link = /** @type {HTMLAnchorElement} */ (el("a", { href: address, download: `case-${row.number}-${new Date().toISOString().slice(0, 10)}.txt` }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** @param {HTMLElement} view @param {import("./store.js").Kept} kept */
export async function showPrint(view, kept) {
  const desk = new Desk(kept.row.id, kept, async () => desk.load());
  await desk.load();
  if (!kept.opened) kept.opened = await openReport(kept.row);
  const { row, detail } = desk;
  const written = (act) => async () => {
    try {
      await desk.act("/printed");
      act();
    } catch (problem) {
      showProblem(problem);
    }
  };
  const print = button(say("Print"), { kind: "main", shape: "printer" });
  print.addEventListener("click", () => whileBusy(print, written(() => window.print())));
  const save = button(say("Save as a text file"), { shape: "doc" });
  save.addEventListener("click", () => whileBusy(save, written(() => download(row))));
  const custody = detail.custody.map((one) => el("li", {}, say("{item}: {thing}, {did}, {when}, {name}", { item: one.item, thing: THINGS[one.what] ?? one.what, did: DID[one.did] ?? one.did, when: stamp(one.at), name: one.by_name })));
  const filed = [PROCEDURES[row.procedure], row.reference].filter(Boolean).join(" · ");
  show(view,
    el("p.crumb.noprint", {}, el("a", { href: `/reports/case/${row.id}`, "data-inside": true }, say("Case {number}", { number: row.number }))),
    el("div.pagehead.noprint", {}, el("div.stack.tight", {}, el("h1", { id: "title" }, say("Print case {number}", { number: row.number })), el("p.quiet", {}, say("Complete, as of now. Printing is written down. Put the paper into the safeguarding file, nowhere else. A saved file lies unsealed on this computer: delete it once it is filed."))), el("div.row", {}, save, print)),
    el("div", { id: "trouble" }),
    el("article.card.stack.casepaper", { id: "paper" },
      el("p", {}, el("b", {}, say("For the safeguarding file. Confidential.")), el("br"), facts.school),
      el("h2", {}, say("Case {number}", { number: row.number })),
      el("p", {}, say("{about} · arrived {when} · printed by {name}, {now}", { about: aboutOf({ ...kept, row: { ...row, state: "open" } }), when: stamp(row.opened_at), name: ring.me.name, now: stamp(new Date()) })),
      el("p", {}, stateChip(row), " ", say("sealed to {names}", { names: readerNames(row) }), filed && ` · ${filed}`),
      chainNote(detail), warningNotes(kept), wordsSection(kept, true), sealSection(kept),
      el("h2", {}, say("What has happened")), await timeline(detail, desk.notes, true),
      detail.tasks.length > 0 && tasksTable(detail.tasks),
      custody.length > 0 && [el("h2", {}, say("Evidence")), el("ul.dots", {}, custody)],
      detail.links.length > 0 && [el("h2", {}, say("Linked cases")), el("p", {}, detail.links.map((one) => one.number).join(", "))],
      el("h2", {}, say("Who has read this")), readers(detail, true),
      el("p.small.quiet", {}, say("End of case {number}: {count} entries, the last on {when}. Chain: {hash}", { number: row.number, count: detail.entries.length, when: stamp(detail.entries[detail.entries.length - 1]?.at ?? row.opened_at), hash: detail.entries[detail.entries.length - 1]?.hash ?? "" }))));
}

