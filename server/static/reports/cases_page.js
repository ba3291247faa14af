// Inbox, case and print as one page, so that the key stays in its memory. Addresses work, back and forward too.
// @ts-check

import { CannotOpen } from "./bytes.js";
import { showCase, showSealed, stopWatching } from "./case.js";
import { showPrint } from "./case_print.js";
import { announce, el, focusOn, note, part, show } from "./dom.js";
import { drawList, showInbox, tellLost, tellNews } from "./inbox.js";
import { ring } from "./keyring.js";
import { store } from "./store.js";
import { distrustNote, showProblem } from "./unlocking.js";
import { say } from "./words.js";

const view = part("view");
const heading = document.title.replace(/^[^·]*/, "");

/** @returns {{page: "inbox"|"case"|"print", id: string}} */
function where() {
  const found = /^\/reports\/case\/([0-9A-Za-z-]{1,64})(\/print)?\/?$/.exec(location.pathname);
  if (!found) return { page: "inbox", id: "" };
  return { page: found[2] ? "print" : "case", id: found[1] };
}

async function render() {
  stopWatching();
  const { page, id } = where();
  if (ring.distrust) show(view, el("div.pagehead", {}, el("h1", { id: "title" }, say("Reports"))), distrustNote());
  else if (page === "inbox") showInbox(view, afterOpen);
  else if (!ring.isOpen) showSealed(view, store.cases.get(id)?.row, afterOpen);
  else await one(page, id);
  document.title = [document.getElementById("title")?.textContent ?? say("Reports"), heading].join(" ");
}

async function one(page, id) {
  const kept = store.cases.get(id);
  if (!kept) return missing(say("There is no such case, or it is not sealed to you."));
  try {
    if (page === "print") await showPrint(view, kept);
    else await showCase(view, kept);
  } catch (problem) {
    if (!(problem instanceof CannotOpen)) throw problem;
    missing(say("The seal of this case does not open with your key: {why}. Somebody may have changed it on the way. Tell the technician and the other officers.", { why: problem.message }));
  }
}

function missing(words) {
  show(view, el("p.crumb", {}, el("a", { href: "/reports", "data-inside": true }, say("Reports"))), el("div.pagehead", {}, el("h1", { id: "title" }, say("Not opened"))), el("div", { id: "trouble" }), note("stop", words, "", { role: "alert" }));
}

async function go(address) {
  if (address !== location.pathname) history.pushState(null, "", address);
  await render().catch(showProblem);
  scrollTo(0, 0);
  focusOn(part("title"));
}

async function afterOpen() {
  await store.openAll();
  await render();
  focusOn(part("title"));
}

addEventListener("click", (event) => {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-inside]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void go(/** @type {HTMLAnchorElement} */ (link).pathname);
});
addEventListener("popstate", () => void render().then(() => focusOn(part("title"))).catch(showProblem));
ring.addEventListener("closed", (event) => {
  const why = /** @type {CustomEvent} */ (event).detail;
  void render().then(() => {
    const words = why === "idle" ? say("Your key was closed, because nobody touched this page for a while. What you typed is kept, sealed.") : say("Your key is closed. What you typed is kept, sealed.");
    announce(words);
    if (document.getElementById("news")) show(part("news"), note("info", words));
  });
});
store.addEventListener("changed", (event) => {
  if (where().page === "inbox") {
    const news = document.getElementById("news");
    if (news) news.replaceChildren();
    drawList();
  }
  countInNavigation();
  tellNews(/** @type {CustomEvent} */ (event).detail);
});
store.addEventListener("lost", (event) => tellLost(/** @type {CustomEvent} */ (event).detail));

/** The rooms' list says how many wait; a page that stays open keeps it true. */
function countInNavigation() {
  const waiting = [...store.cases.values()].filter(({ row }) => row.state === "new" && !row.crowded).length + (store.crowded ? 1 : 0);
  for (const link of document.querySelectorAll('nav a[href="/reports"]')) {
    link.querySelector(".count")?.remove();
    if (waiting) link.append(el("span.count.num", {}, String(waiting), el("span.hear", {}, " ", say("waiting"))));
  }
}

async function begin() {
  try {
    await ring.load();
    if (!ring.me.key_id) {
      location.replace("/reports/keys");
      return;
    }
    await store.load();
    await render();
    store.watch();
  } catch (problem) {
    show(view, el("div.pagehead", {}, el("h1", { id: "title" }, say("Reports"))), el("div", { id: "trouble" }));
    showProblem(problem);
  }
}

void begin();
