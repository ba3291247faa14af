// The page Keys: what is missing before reporting can be switched on, my key, everybody's, and the list.
// @ts-check

import * as api from "./api.js";
import { hex, unhex } from "./bytes.js";
import { announce, button, chip, el, field, focusOn, icon, note, part, show, whileBusy, wrong } from "./dom.js";
import { letIn } from "./keys_grants.js";
import { peopleTable, placeNames, signForm } from "./keys_list.js";
import { keep, makeKey, sheetSteps } from "./keys_make.js";
import { fingerprint } from "./keys25519.js";
import { ring } from "./keyring.js";
import { boxRoot, openRoot, readSheet } from "./recovery.js";
import { closeButton, compareNote, distrustNote, openLine, showProblem, unlockForm } from "./unlocking.js";
import { count, list, say } from "./words.js";

const view = part("view");
const facts = JSON.parse(part("reports").dataset.facts ?? "{}");
const holds = (role) => ring.standings.filter((one) => one.roles.includes(role) && one.key && one.state !== "left");
const mine = () => ring.standings.find((one) => one.staff === ring.me.staff);
const record = () => ring.record;

/** The school's key is made by the head; where nobody is head, by whoever comes first. */
function makesRoot() {
  if (ring.given) return false;
  const others = ring.standings.filter((one) => one.staff !== ring.me.staff);
  return ring.me.roles.includes("head") || (!others.some((one) => one.roles.includes("head")) && !others.some((one) => one.key));
}

/** What a tired head has to see: what is done, what is missing, and who does it. */
function checklist() {
  const people = ring.standings.filter((one) => one.key && one.state !== "left");
  const waiting = people.filter((one) => one.state === "waiting");
  const named = (role) => list(ring.standings.filter((one) => one.roles.includes(role)).map((one) => one.name));
  const lead = holds("safeguarding").length > 0;
  const above = holds("head").length + holds("governor").length > 0;
  const steps = [
    [lead, say("A safeguarding lead has made a key"), named("safeguarding") ? say("{names}: sign in, open Reports, then Your key.", { names: named("safeguarding") }) : say("Nobody has this office yet: give it to somebody under Staff.")],
    [above, say("The head, or a governor as alternate, has made a key"), say("Reports about staff go to them.")],
    [people.length >= 2, say("At least two people have a key"), say("With one alone, a lost passphrase would lose what children wrote.")],
    [Boolean(ring.given || record()?.sheet), say("The recovery sheet is printed and was typed back"), say("Whoever makes the school’s key prints it: the head.")],
    [Boolean(ring.given) && waiting.length === 0, say("The list is signed with the school’s key"), say("Whoever made the school’s key signs it, below on their page.")],
    [facts.enabled, say("“Something’s wrong” is switched on"), say("Last of all: the technician or the head does it under Reporting settings.")],
  ];
  const ready = steps.slice(0, -1).every(([done]) => done);
  const missing = steps.filter(([done]) => !done).length;
  const title = facts.enabled && ready ? say("Reporting is on") : ready ? say("Everything is there. Reporting can be switched on.") : say("Reporting is not on yet");
  const line = ([done, words, how]) => el(done ? "li.done" : "li", {}, icon(done ? "tick" : "ring"), el("div", {}, el("span.hear", {}, done ? say("Done:") : say("Still missing:")), " ", words, !done && [el("br"), el("span.small.quiet", {}, how)]));
  return el("section.card", {}, el("h2", {}, title), !ready && el("p", {}, count("{n} step is still missing.", "{n} steps are still missing.", missing)), el("ul.tasks", {}, steps.map(line)),
    ready && !facts.enabled && el("p", {}, el("a.btn.main", { href: "/reporting" }, say("Go to Reporting settings"))));
}

function ceremonyOf(how) {
  return async () => {
    show(view, el("div.pagehead", {}, el("h1", {}, say("Make your key"))), el("div", { id: "ceremony" }));
    await makeKey(part("ceremony"), { withRoot: makesRoot(), school: facts.school, ...how });
    await begin();
  };
}

async function myKey() {
  const own = mine();
  if (!record()) {
    const text = makesRoot()
      ? say("It takes ten minutes and a printer. You make your own key, the school’s key, and the recovery sheet for the safe.")
      : say("It takes three minutes, pen and paper. Your key is made here, in this browser.");
    return el("section.card.stack", {}, el("h2", {}, say("You have no key yet")), el("p", {}, text),
      makesRoot() && !ring.me.roles.includes("head") && note("wait", say("Nobody is head on this server."), say("So you make the school’s key. If there is a head, let them sign in and come here first.")),
      el("div.row", {}, button(say("Make my key"), { kind: "main", shape: "key", onclick: ceremonyOf({}) })));
  }
  const print = own?.key ? await fingerprint(unhex(own.key, 32), unhex(own.sign_key, 32)) : "";
  const root = ring.given?.root ?? record().root;
  const rootPrint = root && (await fingerprint(unhex(root, 32)));
  return el("section.card.stack", {}, el("h2", {}, say("Your key")),
    el("dl.facts", {}, el("dt", {}, say("State")), el("dd", {}, own && chip(own.state === "listed" ? "ok" : "wait", own.state === "listed" ? say("On the list as {place}", { place: placeNames()[own.place] ?? own.place }) : say("Not on the list yet"))),
      el("dt", {}, say("Fingerprint")), el("dd.code", {}, print),
      rootPrint && [el("dt", {}, say("School’s key")), el("dd.code", {}, rootPrint)]),
    own?.state === "waiting" && !record().root && el("p", {}, say("Read your fingerprint by voice to whoever signs the list. They put you on it.")),
    el("details", {}, el("summary", {}, say("Change my passphrase")), el("div.stack", { id: "rewrap" }, unlockForm({ id: "old-passphrase", label: say("Make a new passphrase"), then: rewrap }))),
    record().root && el("details", {}, el("summary", {}, say("Print a new recovery sheet")), el("div.stack", {}, el("p", {}, say("For when the old one was lost, seen or used. Older reports stay sealed to the old sheet as well.")), unlockForm({ id: "sheet-passphrase", label: say("Make a new sheet"), then: newSheetNow }))),
    el("details", { id: "lost" }, el("summary", {}, say("I have lost my passphrase")), lostForm()));
}

async function extractable() {
  const passphrase = /** @type {HTMLInputElement} */ (part("again")).value;
  return ring.unlock(passphrase, true);
}

/** The same keys under a new passphrase, or with a new sheet. The old passphrase is asked once more: an open key cannot be copied. */
function askAgain(words, act) {
  const control = el("input", { type: "password", autocomplete: "off" });
  const press = button(words, { kind: "main", type: "submit" });
  const form = el("form.stack", {}, field("again", say("Your passphrase of today, once more"), control), el("div.row", {}, press));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(press, async () => {
      let keys;
      try {
        keys = await extractable();
      } catch {
        return void wrong("again", say("This is not the passphrase."));
      }
      await act(keys).catch(showProblem);
    });
  });
  show(view, el("div.pagehead", {}, el("h1", {}, words)), el("div", { id: "ceremony" }, el("section.card.stack", {}, el("h2", {}, words), form, el("div", { id: "trouble" }))));
  control.focus();
}

function rewrap() {
  askAgain(say("Make a new passphrase"), async (keys) => {
    await makeKey(part("ceremony"), { withRoot: false, school: facts.school, keys });
    ring.close();
    await begin();
  });
}

function newSheetNow() {
  askAgain(say("Make a new sheet"), async (keys) => {
    const passphrase = /** @type {HTMLInputElement} */ (part("again")).value;
    const made = await sheetSteps(part("ceremony"), 1, 2, facts.school, keys.root.publicKey);
    const beside = { sheet: hex(made.publicKey), root_box: hex(await boxRoot(made.publicKey, keys.root)) };
    await keep(part("ceremony"), 2, keys, passphrase, beside);
    ring.close();
    await begin();
    announce(say("Now sign the list again, so that reports are sealed to the new sheet."));
  });
}

function lostForm() {
  const passwordBox = /** @type {HTMLInputElement} */ (el("input", { type: "password", autocomplete: "current-password", maxlength: "256" }));
  const noteBox = el("input", { type: "text", maxlength: "200" });
  const sheetBox = el("textarea.sheet-typed", { rows: "4", autocomplete: "off", spellcheck: "false" });
  const press = button(say("It is lost: make a new key…"), { kind: "stop", type: "submit" });
  const hadRoot = Boolean(record().root);
  const form = el("form.stack", {},
    el("p", {}, say("You make a new key. It is written down that you did, and the head sees it. Then somebody signs a list with your new key, and a colleague lets you into the cases from before.")),
    hadRoot && note("wait", say("You hold the school’s key."), say("Take the recovery sheet from the safe: it brings the school’s key back. Without it every laptop would have to be enrolled again.")),
    hadRoot && field("lost-sheet", say("The 14 groups of the recovery sheet"), sheetBox),
    field("lost-password", say("The password you sign in with"), passwordBox, { hint: say("Asked again, so that nobody else does this in your name.") }),
    field("lost-note", say("What happened (optional)"), noteBox, { hint: say("Stored plainly. No names of pupils.") }),
    el("div.row", {}, press));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(press, async () => {
      let back = {};
      if (hadRoot) {
        try {
          const sheet = await readSheet(/** @type {HTMLTextAreaElement} */ (sheetBox).value);
          const rootBox = ring.given?.root_box || record().root_box;
          back = { root: await openRoot(sheet, unhex(rootBox), unhex(record().root, 32)), sheet: hex(sheet.publicKey), rootBox, withRoot: false };
        } catch {
          return void wrong("lost-sheet", say("This is not the school’s recovery sheet, or a letter is wrong."));
        }
        wrong("lost-sheet", "");
      }
      if (!passwordBox.value) return void wrong("lost-password", say("Type the password you sign in with."));
      try {
        await api.post("/recovery", { what: "lost-passphrase", note: /** @type {HTMLInputElement} */ (noteBox).value.trim(), password: passwordBox.value });
      } catch (problem) {
        if (problem instanceof api.Refused && ["wrong-password", "guesses"].includes(problem.code)) return void wrong("lost-password", problem.message);
        throw problem;
      }
      if (hadRoot) await api.post("/recovery", { what: "used-sheet", note: say("brought the school’s key back") });
      await ceremonyOf(back)();
    }).catch(showProblem);
  });
  return form;
}

/** Let somebody on the list into the cases from before, with progress and a way to stop. */
function grantsSection() {
  const others = (ring.listed?.officers ?? []).filter((one) => one.role !== "recovery" && one.id !== ring.me.key_id);
  if (!others.length || mine()?.state !== "listed") return null;
  const sheetBox = el("textarea.sheet-typed", { rows: "4", autocomplete: "off", spellcheck: "false" });
  const select = /** @type {HTMLSelectElement} */ (el("select", {}, others.map((one) => el("option", { value: one.id }, one.name))));
  const bar = el("div.stack", { id: "grants" });
  /** @param {import("./officers.js").Officer} newcomer @param {import("./keys25519.js").KeyPair|null} [sheet] */
  const run = async (newcomer, sheet = null) => {
    const stop = new AbortController();
    const progress = /** @type {HTMLProgressElement} */ (el("progress", { "aria-label": say("Cases done") }));
    const words = el("p", {}, say("Reading the cases…"));
    show(bar, words, progress, el("div.row", {}, button(say("Stop"), { onclick: () => stop.abort() })));
    try {
      const result = await letIn(newcomer, (done, of) => {
        progress.max = Math.max(of, 1);
        progress.value = done;
        words.textContent = say("{done} of {of} cases", { done, of });
      }, stop.signal, sheet ? { key: sheet, query: "as=recovery" } : undefined);
      const said = count("{name} can open {n} case more.", "{name} can open {n} cases more.", result.given, { name: newcomer.name });
      announce(said);
      show(bar, note(result.stopped || result.failed ? "wait" : "ok", result.stopped ? say("Stopped.") : say("Done."), said, { more: [
        result.asked.length > 0 && el("p", {}, say("Left out, because they are about somebody whose key has changed: {numbers}. Decide these yourself, on the page of the case.", { numbers: list(result.asked.map((row) => row.number)) })),
        result.failed > 0 && el("p", {}, count("{n} case could not be opened here. Try again, or ask another officer.", "{n} cases could not be opened here. Try again, or ask another officer.", result.failed)),
      ] }));
    } catch (problem) {
      show(bar);
      showProblem(problem);
    }
  };
  const press = button(say("Let them in"), { kind: "sealed", shape: "key", onclick: () => whileBusy(press, () => run(/** @type {any} */ (ring.officer(select.value)))) });
  const withSheet = button(say("Open with the sheet"), { kind: "stop", shape: "key", onclick: () => whileBusy(withSheet, async () => {
    let sheet;
    try {
      sheet = await readSheet(/** @type {HTMLTextAreaElement} */ (sheetBox).value);
      if (hex(sheet.publicKey) !== hex(/** @type {any} */ (ring.listed?.officers.find((one) => one.role === "recovery")).key)) throw new Error("another sheet");
    } catch {
      return void wrong("sheet-letters", say("This is not the school’s recovery sheet, or a letter is wrong."));
    }
    wrong("sheet-letters", "");
    try {
      await api.post("/recovery", { what: "used-sheet", note: say("to let myself into earlier cases") });
    } catch (problem) {
      return showProblem(problem);
    }
    await run(/** @type {any} */ (ring.officer(ring.me.key_id)), sheet);
    /** @type {HTMLTextAreaElement} */ (sheetBox).value = "";
  }) });
  const sheetPart = el("details", {}, el("summary", {}, say("Nobody is left who could let me in")), el("div.stack", {},
    el("p", {}, say("Take the recovery sheet from the safe, with a witness. It opens the earlier cases that are yours by the school’s rules to you. That it was used is written down, and the head sees it. Print a new sheet afterwards.")),
    field("sheet-letters", say("The 14 groups of the recovery sheet"), sheetBox), el("div.row", {}, withSheet)));
  return el("section.card.stack", {}, el("h2", {}, say("Cases from before")),
    el("p", {}, say("A new officer opens only what comes after them. You can let them into the earlier cases that are theirs by the school’s rules; never into one that is about them.")),
    ring.isOpen ? [field("newcomer", say("Whom"), select), el("div.row", {}, press), sheetPart, bar] : unlockForm({ id: "grant-passphrase", then: render }));
}

async function render() {
  if (ring.distrust) return show(view, head(), el("div", { id: "trouble" }), distrustNote());
  const signs = record()?.root && (await signForm(begin));
  show(view, head(), el("div", { id: "trouble" }), compareNote(), el("div.cols.side", {},
    el("div.stack.wide", {}, checklist(), await myKey(), signs, await peopleTable(), grantsSection()),
    el("aside.stack.wide", {}, el("section.card.stack", {}, el("h2", {}, say("How this keeps a secret")),
      el("p", {}, say("A report is sealed on the pupil’s laptop to the people on the list. The server passes it on and cannot read it.")),
      el("p", {}, say("The laptops believe only a list that the school’s key has signed. The school’s key never leaves the head’s browser unwrapped.")),
      el("p", {}, say("What you have to trust: this page itself comes from the server. Whoever changes the server’s program could change the page.")),
      el("p.small.quiet", {}, say("Fingerprint of these pages, to compare with the release: ")), el("p.small.code", {}, facts.scripts)))));
}

const head = () => el("div.pagehead", {}, el("div.stack.tight", {}, el("p.crumb", {}, el("a", { href: "/reports" }, say("Reports"))), el("h1", { id: "title" }, say("Keys for reports")),
  ring.isOpen ? openLine() : el("p.quiet", {}, say("Reports are sealed to these people’s keys. A key is made in its owner’s browser; the server never has it."))),
  el("div.row", {}, ring.isOpen && closeButton()));

async function begin() {
  try {
    await ring.load();
    await render();
    focusOn(part("title"));
    if (location.hash === "#lost") /** @type {HTMLDetailsElement|null} */ (document.getElementById("lost"))?.setAttribute("open", "");
  } catch (problem) {
    show(view, head(), el("div", { id: "trouble" }));
    showProblem(problem);
  }
}

ring.addEventListener("closed", () => void render());
void begin();
