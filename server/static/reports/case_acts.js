// What else an officer may do in a case. Each needs a person's decision; nothing is sent anywhere by itself.
// @ts-check

import { act, choice, longText, valueOf } from "./case_desk.js";
import { el, field, icon, wrong } from "./dom.js";
import { grantsFor } from "./keys_grants.js";
import { ring } from "./keyring.js";
import { keyId } from "./keys25519.js";
import { DID, HARMS, PROCEDURES, THINGS } from "./labels.js";
import { store } from "./store.js";
import { say } from "./words.js";

/** @typedef {import("./case_desk.js").Desk} Desk */
/** @typedef {[string, string][]} Pairs */

const FEWEST_LETTERS = 20;

/** @param {Desk} desk */
function hold(desk) {
  const on = !desk.row.hold;
  return act("act-hold", on ? say("Hold contact") : say("Let contact go"), {
    hint: [on ? say("While contact is held nobody can settle “Inform parents” or a referral: first ask the police or your advisers, if an inquiry could suffer.") : say("Parents and others may be told again.")],
    controls: [longText("hold-text", say("Why (optional)"))],
    label: on ? say("Hold contact") : say("Let it go"), kind: "", shape: "pause",
    send: async () => {
      const text = valueOf("hold-text");
      await desk.act("/hold", async () => ({ on, ...(text ? { envelope: await desk.seal({ text }) } : {}) }));
    },
  });
}

/** @param {Desk} desk */
function quarantine(desk) {
  if (desk.row.origin === "staff" && !desk.row.quarantined) return null;
  const on = !desk.row.quarantined;
  return act("act-quarantine", on ? say("Secure the laptop for evidence") : say("Release the laptop"), {
    hint: [on ? say("Logins and memory sticks are shut on laptop {name}. Nothing is wiped, and its records are kept until it is released.", { name: desk.row.hostname || desk.row.device }) : say("Only the lead or the head does this, with a note. Ask the police first if they are involved.")],
    controls: [longText("quarantine-text", say("Why"))],
    label: on ? say("Secure the laptop") : say("Release the laptop"), kind: "stop", shape: "lock",
    send: async () => {
      const text = valueOf("quarantine-text");
      if (!text) return wrong("quarantine-text", say("Write why."));
      await desk.act("/quarantine", async () => ({ on, envelope: await desk.seal({ text }) }));
    },
  });
}

/** @param {Desk} desk */
function evidence(desk) {
  const items = [...new Map(desk.detail.custody.map((one) => [one.item, one])).values()];
  const things = /** @type {Pairs} */ ([["", say("a new thing")], ...items.map((one) => [String(one.item), say("{item}: {thing}", { item: one.item, thing: THINGS[one.what] ?? one.what })])]);
  return act("act-custody", say("Log evidence"), {
    hint: [say("Where a phone, a laptop or a paper is, and who had it when. Nothing is copied here.")],
    controls: [
      items.length > 0 && choice("custody-item", say("Which"), things),
      choice("custody-what", say("What it is"), /** @type {Pairs} */ (Object.entries(THINGS)), "phone"),
      choice("custody-did", say("What happened to it"), /** @type {Pairs} */ (Object.entries(DID).filter(([code]) => !["secured", "released"].includes(code)))),
      longText("custody-text", say("Sealed note (optional)"), { hint: say("Whose it is, where it is locked away, who took it.") }),
    ],
    label: say("Write it down"),
    send: async () => {
      const text = valueOf("custody-text");
      const item = items.length ? Number(valueOf("custody-item")) || null : null;
      const what = item ? items.find((one) => one.item === item)?.what : valueOf("custody-what");
      await desk.act("/custody", async () => ({ item, what, did: valueOf("custody-did"), ...(text ? { envelope: await desk.seal({ text }) } : {}) }));
    },
  });
}

/** @param {Desk} desk */
function imagery(desk) {
  return act("act-imagery", say("Suspected imagery was viewed"), {
    hint: [el("b", {}, say("Stop before you look.")), " ", say("Do not open, copy, print or forward it. If viewing could not be avoided, only the safeguarding lead records here why, who was there, and where the thing is now.")],
    controls: [longText("imagery-text", say("Why it had to be viewed"), { hint: say("At least 20 letters. Never describe more of a picture than is needed.") })],
    label: say("Seal the justification"),
    send: async () => {
      const text = valueOf("imagery-text");
      if (text.replace(/\s/g, "").length < FEWEST_LETTERS) return wrong("imagery-text", say("Write why it had to be viewed: at least 20 letters."));
      await desk.act("/imagery", async () => ({ letters: text.length, envelope: await desk.seal({ text }) }));
    },
  });
}

/** @param {Desk} desk */
function tags(desk) {
  const { harm, procedure, reference } = desk.row;
  return act("act-tag", say("File under"), {
    hint: [say("Plain on the server, for counting and finding. No names.")],
    controls: [
      choice("tag-harm", say("Kind"), /** @type {Pairs} */ ([["", say("not decided")], ...Object.entries(HARMS)]), harm ?? ""),
      choice("tag-procedure", say("Procedure"), /** @type {Pairs} */ ([["", say("none")], ...Object.entries(PROCEDURES)]), procedure ?? ""),
      field("tag-reference", say("Reference elsewhere"), el("input.w10", { type: "text", maxlength: "60", value: reference ?? "", pattern: "[A-Za-z0-9 ./\\-]*" }), { hint: say("Letters and digits, no names.") }),
    ],
    label: say("File it"), kind: "", shape: "doc",
    send: async () => {
      const body = { harm: valueOf("tag-harm") || null, procedure: valueOf("tag-procedure") || null, reference: valueOf("tag-reference") || null };
      await desk.act("/tag", async () => body);
    },
  });
}

/** @param {Desk} desk */
function link(desk) {
  return act("act-link", say("Link another case"), {
    controls: [field("link-number", say("Number of the other case"), el("input.w10", { type: "text", placeholder: "2026-041" }))],
    label: say("Link them"), kind: "", shape: "tie",
    send: async () => {
      const other = [...store.cases.values()].find(({ row }) => row.number === valueOf("link-number"));
      if (!other) return wrong("link-number", say("You can open no case with this number."));
      await desk.act("/link", async () => ({ case: other.row.id }));
    },
  });
}

/** @param {Desk} desk */
function letIn(desk) {
  const draft = desk.kept.opened?.words.draft;
  const others = (ring.listed?.officers ?? []).filter((one) => one.role !== "recovery" && !desk.row.readers.includes(one.id));
  const free = others.filter((one) => !(draft?.not_to ?? []).includes(one.id) && !(draft?.subject === "head" && one.role === "head"));
  if (!free.length) return null;
  return act("act-grant", say("Let a colleague in"), {
    hint: [say("They can read everything in this case, and it cannot be taken back. Never let in anybody whom it is about.")],
    controls: [choice("grant-whom", say("Whom"), free.map((one) => [one.id, one.name]))],
    label: say("Let them in"), shape: "key",
    send: async () => {
      const keys = /** @type {import("./keyring.js").Keys} */ (ring.keys);
      const newcomer = ring.officer(valueOf("grant-whom"));
      if (!newcomer) return wrong("grant-whom", say("Load the page again."));
      const giver = { key: keys.key, sign: keys.sign.privateKey, by: await keyId(keys.key.publicKey) };
      await desk.act("/grants", async () => ({ grants: await grantsFor(giver, desk.row, newcomer) }));
    },
  });
}

/** @param {Desk} desk @param {string[]} staff */
function close(desk, staff) {
  return act("act-close", say("Close the case"), {
    hint: [say("A case closes with what came of it, what the school learnt, and somebody who sees to that. Parents, debrief and every task have to be settled.")],
    controls: [
      longText("close-outcome", say("What came of it")),
      longText("close-lesson", say("What the school learnt"), { hint: say("What changes now. “Nothing” is an answer too, if you say why.") }),
      choice("close-owner", say("Who sees to it"), staff.map((name) => [name, name]), ring.me.name),
      field("close-due", say("By which day"), el("input", { type: "date" })),
    ],
    label: say("Seal and close"),
    send: async () => {
      for (const [id, words] of [["close-outcome", say("Write what came of it.")], ["close-lesson", say("Write what was learnt.")], ["close-due", say("Say by which day.")]]) if (!valueOf(id)) return wrong(id, words);
      const [outcome, lesson] = [valueOf("close-outcome"), valueOf("close-lesson")];
      await desk.act("/close", async () => ({
        outcome_envelope: await desk.seal({ outcome }), lesson_envelope: await desk.seal({ lesson }),
        owner: valueOf("close-owner"), owner_due: new Date(`${valueOf("close-due")}T16:00`).toISOString(),
      }));
    },
  });
}

/** @param {Desk} desk */
function reopen(desk) {
  return act("act-reopen", say("Open the case again"), { label: say("Open it again"), kind: "", shape: "unlock", send: async () => desk.act("/reopen") });
}

/**
 * Draw the acts that make sense now.
 * @param {Desk} desk @param {HTMLElement} box @param {string[]} staff
 */
export function drawActs(desk, box, staff) {
  const closed = desk.row.state === "closed";
  const parts = closed
    ? [reopen(desk), letIn(desk), desk.row.quarantined && quarantine(desk)]
    : [hold(desk), quarantine(desk), evidence(desk), imagery(desk), tags(desk), link(desk), letIn(desk), close(desk, staff)];
  box.replaceChildren(...parts.filter((one) => one instanceof Node));
  const linked = desk.detail.links;
  if (linked.length) box.prepend(el("p", {}, icon("tie"), say("Linked: "), linked.map((one, at) => [at ? ", " : "", el("a", { href: `/reports/case/${one.case}`, "data-inside": true }, one.number)]).flat()));
}

