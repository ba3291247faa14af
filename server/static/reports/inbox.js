// The inbox: who may be in danger first, then what is new, then what is in hand. Searched here, in the browser.
// @ts-check

import { announce, button, chip, el, field, icon, note, part, show, time } from "./dom.js";
import { ring } from "./keyring.js";
import { COARSE, HARMS, PROCEDURES, STAFF_WHAT, TASKS, WHERE } from "./labels.js";
import { store } from "./store.js";
import { closeButton, compareNote, openLine, showProblem, unlockForm } from "./unlocking.js";
import { clock, count, moment, say } from "./words.js";

/** @typedef {import("./store.js").Kept} Kept */

const facts = JSON.parse(part("reports").dataset.facts ?? "{}");
const wanted = { words: "", state: "", procedure: "", page: 1 };
const ROWS_PER_PAGE = 100;

/** What a case is about, as far as the reader may know it now. @param {Kept} kept */
export function aboutOf({ row, opened }) {
  if (row.origin === "staff") return STAFF_WHAT[row.what] ?? COARSE[row.coarse] ?? row.coarse;
  if (!opened || row.state === "new") return COARSE[row.coarse] ?? row.coarse;
  return opened.words.draft.harms.map((harm) => HARMS[harm] ?? harm).join(", ");
}

/** Whose it is; a new one keeps its name until somebody takes it up. @param {Kept} kept @returns {string} */
export function whoseOf({ row, opened }) {
  if (row.origin === "staff") return row.reported_by ? say("Staff, {name}", { name: row.reported_by }) : say("Staff, no name");
  if (!opened || row.state === "new") return row.year || say("Year not known");
  const { draft, display_name: shown, person, year } = opened.words;
  if (draft.naming === "unnamed") return year ? say("Name withheld, {year}", { year }) : say("Name withheld");
  return [shown || person || say("Name not known"), year].filter(Boolean).join(", ");
}

/** @param {any} row */
export function stateChip(row) {
  if (row.state === "closed") return chip("ok", say("Closed"));
  if (row.state === "new") return chip("sealed", say("New"));
  if (row.hold) return chip("wait", say("Contact on hold"));
  return chip("info", say("In hand"));
}

/** What happens if nobody does anything. @param {any} row */
function clockLine(row) {
  if (row.state !== "new" || !row.due_at) return "";
  const at = moment(row.due_at);
  if (row.escalated === "head") return say("The deputies and the head were told.");
  if (row.escalated === "deputy") return say("The deputies were told. The head is told {time} if nobody has acknowledged it.", { time: at });
  return say("The deputies are told {time} if nobody has acknowledged it, then the head.", { time: at });
}

const minutesSince = (at) => Math.max(0, Math.floor((Date.now() - new Date(at).getTime()) / 60_000));

function dangerCard(kept) {
  const { row, opened } = kept;
  const waited = minutesSince(row.opened_at);
  const said = waited < 60 ? count("Not acknowledged, {n} min", "Not acknowledged, {n} min", waited) : count("Not acknowledged, {n} h", "Not acknowledged, {n} h", Math.floor(waited / 60));
  const where = opened ? WHERE[opened.words.draft.where] : "";
  return el("article.card.stack", {},
    el("div.row.apart", {}, el("h3", {}, link(row, say("Case {number}", { number: row.number }))), row.state === "new" ? chip("stop", said) : stateChip(row)),
    el("p", {}, [COARSE[row.coarse], row.year, where].filter(Boolean).join(" · ")),
    el("p.small.quiet", {}, clockLine(row)),
    kept.trouble && troubleLine(),
    el("div.row", {}, el("a.btn.sealed", { href: `/reports/case/${row.id}`, "data-inside": true }, icon("seal"), ring.isOpen ? say("Open it") : say("Open my key and read"))));
}

const troubleLine = () => el("p.small", {}, chip("stop", say("The seal does not open")));
const link = (row, words) => el("a", { href: `/reports/case/${row.id}`, "data-inside": true }, words);

function nextOf({ row }) {
  if (row.state === "new") return [say("Read and acknowledge"), el("br"), el("span.small.quiet", {}, clockLine(row))];
  if (row.state === "closed") return [row.owner_due ? say("Lesson seen to by {when}", { when: moment(row.owner_due) }) : say("Nothing")];
  if (row.next) return [`${TASKS[row.next.kind] ?? row.next.kind}, ${moment(row.next.due)}`, new Date(row.next.due) < new Date() && [" ", chip("wait", say("Overdue"))]].flat();
  return [say("Ready to close")];
}

function table(found, caption) {
  const rows = found.map((kept) => el(kept.row.state === "new" ? "tr.unread" : "tr", {},
    el("th", { scope: "row" }, el("span.short", {}, link(kept.row, kept.row.number)), el("br"), el("span.small.quiet", {}, el("bdi", { dir: "auto" }, whoseOf(kept)))),
    el("td", { "data-label": say("About") }, aboutOf(kept), kept.trouble && [el("br"), troubleLine()]),
    el("td", { "data-label": say("State") }, stateChip(kept.row), kept.row.urgency === "danger" && kept.row.state !== "closed" && [" ", chip("stop", say("May be in danger"))], kept.row.second_review && [" ", chip("wait", say("Second review asked for"))]),
    el("td", { "data-label": say("Next") }, nextOf(kept)),
    el("td", { "data-label": say("Since") }, time(kept.row.opened_at))));
  const heads = [say("Case"), say("About"), say("State"), say("Next"), say("Since")].map((words) => el("th", { scope: "col" }, words));
  return el("div.tablebox", { tabindex: "0", role: "region", "aria-label": caption }, el("table.cards", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)));
}

/** Draw only the list: whoever types in the search field keeps typing. */
export function drawList() {
  const box = document.getElementById("cases");
  if (!box) return;
  const searching = Boolean(wanted.words || wanted.state || wanted.procedure);
  const found = store.find(wanted.words, wanted.state, wanted.procedure);
  const danger = searching ? [] : found.filter(({ row }) => row.urgency === "danger" && row.state === "new");
  const rest = found.filter((kept) => !danger.includes(kept));
  const of = store.cases.size;
  const last = Math.max(1, Math.ceil(rest.length / ROWS_PER_PAGE));
  const page = Math.min(wanted.page, last);
  const shown = rest.slice((page - 1) * ROWS_PER_PAGE, page * ROWS_PER_PAGE);
  const caption = say("{shown} of the {all} cases you may read.", { shown: shown.length, all: of }) + (ring.isOpen ? " " + say("Words are opened here, in your browser.") : "");
  const parts = [];
  if (danger.length) parts.push(el("section.stack", {}, el("h2", {}, say("Someone may be in danger")), danger.map(dangerCard)));
  if (rest.length) parts.push(el("section.stack", {}, el("h2", {}, searching ? say("Found") : say("New and open")), table(shown, caption), pager(page, last)));
  if (!found.length && searching) parts.push(blank(say("No case is like that"), say("Try fewer or other words; closed ones are found under “All”.")));
  if (!found.length && !searching) parts.push(blank(say("No report is waiting"), facts.enabled ? say("A new one appears here by itself. Laptops that cannot deliver a report are listed under Devices.") : say("Reporting is not switched on yet: see Your key.")));
  if (store.crowded) parts.push(note("wait", count("{n} more report came from one laptop within an hour.", "{n} more reports came from one laptop within an hour.", store.crowded), say("They are kept aside, each as its own case: somebody may be playing, or be in great need."), { more: [store.floodToo ? el("p", {}, say("They stand in the list now.")) : el("p", {}, button(say("Put them in the list"), { kind: "slim", onclick: showFlood }))] }));
  show(box, parts);
  const said = searching ? count("{n} case found", "{n} cases found", found.length) : "";
  if (said && said !== part("found").textContent) announce(said);
  part("found").textContent = said;
}

/** @param {number} page @param {number} last */
function pager(page, last) {
  if (last < 2) return null;
  const turn = (to) => () => {
    wanted.page = to;
    drawList();
    part("title").scrollIntoView();
  };
  return el("nav.row", { "aria-label": say("Pages of this list") }, page > 1 && button(say("Newer"), { shape: "back", onclick: turn(page - 1) }), el("p", {}, say("Page {page} of {last}", { page, last })), page < last && button(say("Older"), { shape: "next", onclick: turn(page + 1) }));
}

async function showFlood() {
  store.floodToo = true;
  try {
    await store.load();
  } catch (problem) {
    return showProblem(problem);
  }
  drawList();
}

const blank = (title, words) => el("div.blank.stack.tight", {}, el("h2", {}, title), el("p.quiet", {}, words));

function searchForm() {
  const box = /** @type {HTMLInputElement} */ (el("input", { type: "search", value: wanted.words, autocomplete: "off" }));
  const states = [["", say("New and open")], ["new", say("New")], ["open", say("In hand")], ["closed", say("Closed")], ["all", say("All")]];
  const state = /** @type {HTMLSelectElement} */ (el("select.w10", {}, states.map(([code, words]) => el("option", { value: code, selected: code === wanted.state }, words))));
  const tags = [["", say("Any procedure")], ...Object.entries(PROCEDURES)];
  const tag = /** @type {HTMLSelectElement} */ (el("select.w10", {}, tags.map(([code, words]) => el("option", { value: code, selected: code === wanted.procedure }, words))));
  const form = el("form.find", { role: "search" }, el("div.grow", {}, field("q", ring.isOpen ? say("Find in names and words") : say("Find by number, year or laptop"), box)), field("q-state", say("State"), state), field("q-tag", say("Procedure"), tag), el("p.hear", { id: "found" }));
  const look = () => {
    Object.assign(wanted, { page: 1, words: box.value, state: state.value, procedure: tag.value });
    drawList();
  };
  form.addEventListener("input", look);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  return form;
}

/** @param {HTMLElement} view @param {() => Promise<void>} afterOpen */
export function showInbox(view, afterOpen) {
  const unlock = !ring.isOpen && el("section.card.stack", {}, el("h2", {}, say("Open your key")),
    el("p", {}, say("Reports are sealed. Your passphrase opens them in this browser; it is never sent to the server.")),
    unlockForm({ then: afterOpen }));
  show(view,
    el("div.pagehead", {}, el("div.stack.tight", {}, el("h1", { id: "title" }, say("Reports")), ring.isOpen ? openLine() : el("p.quiet", {}, say("Your key is closed: you see that there are reports, not what they say."))),
      el("div.row", {}, ring.isOpen && closeButton(), el("a.btn.bare", { href: "/reports/keys" }, say("Your key")), el("a.btn.main", { href: "/reports/write" }, icon("plus"), say("Write a report")))),
    el("div", { id: "trouble" }), el("div", { id: "news" }), ring.isOpen && compareNote(),
    ring.me.state !== "listed" && el("div.gap", {}, note("wait", say("Your key is not on the list."), [say("Reports are not sealed to you yet, or no longer."), " ", el("a", { href: "/reports/keys" }, say("Your key"))])),
    facts.helplines_old && facts.enabled && el("div.gap", {}, note("wait", say("Nobody has rung the helplines for a year."), say("Ring them, then enter the day under Reporting settings."))),
    el("div.stack.wide", {}, unlock, searchForm(), el("div.stack.wide", { id: "cases" })));
  drawList();
}

/** What happened while the page was open, said once. @param {number} arrived */
export function tellNews(arrived) {
  if (arrived <= 0) return;
  const words = count("{n} new report arrived.", "{n} new reports arrived.", arrived);
  announce(words);
  const box = document.getElementById("case-head") && document.getElementById("news");
  if (box) show(box, note("sealed", words, el("a", { href: "/reports", "data-inside": true }, say("Go to Reports"))));
}

/** @param {boolean} signedOut */
export function tellLost(signedOut) {
  const box = document.getElementById("news");
  if (!box || box.childElementCount) return;
  show(box, signedOut ? note("off", say("You are signed out."), [say("Nothing here is newer than {time}.", { time: clock(new Date(store.loadedAt)) }), " ", el("a", { href: "/sign-in?next=/reports" }, say("Sign in again"))]) : note("off", say("This page lost the server at {time}.", { time: clock(new Date(store.lostSince)) }), say("It tries again by itself. Nothing you see is newer than that.")));
}
