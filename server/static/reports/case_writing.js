// The two things an officer writes most: a sealed note, and an answer to the pupil. Drafts are kept sealed.
// @ts-check

import { hex, unbase64 } from "./bytes.js";
import { act, valueOf } from "./case_desk.js";
import { button, el, field, icon, part, whileBusy, wrong } from "./dom.js";
import { keepDraft, restoreDraft } from "./drafts.js";
import { ring } from "./keyring.js";
import { showProblem } from "./unlocking.js";
import { sealReply } from "./writing.js";
import { moment, say } from "./words.js";

/** @typedef {import("./case_desk.js").Desk} Desk */

const MOST_REPLY_LETTERS = 1000;

/** @param {Desk} desk @returns {HTMLElement} */
export function noteForm(desk) {
  const area = /** @type {HTMLTextAreaElement} */ (el("textarea", { maxlength: "20000", dir: "auto", rows: "4" }));
  const corrects = /** @type {HTMLSelectElement} */ (el("select", {}));
  const correctsField = field("note-corrects", say("It corrects"), corrects);
  const press = button(say("Seal and add"), { kind: "sealed", shape: "seal", type: "submit" });
  const trouble = el("div");
  const form = el("form.card.stack", { id: "note-form" }, field("note", say("Add a sealed note"), area, { hint: say("Cannot be changed later; you can add a correction.") }), correctsField, trouble, el("div.row", {}, press));
  const fill = () => {
    const mine = desk.detail.entries.filter((one) => one.envelope && one.by === ring.me.staff);
    correctsField.hidden = !mine.length;
    const chosen = corrects.value;
    corrects.replaceChildren(el("option", { value: "" }, say("nothing: it is new")), ...mine.map((one) => el("option", { value: String(one.seq), selected: String(one.seq) === chosen }, say("entry {seq}, {when}", { seq: one.seq, when: moment(one.at) }))));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(press, async () => {
      const text = area.value.trim();
      if (!text) return void wrong("note", say("Write the note first."));
      wrong("note", "");
      try {
        await desk.act("/notes", async () => ({ envelope: await desk.seal({ text, ...(corrects.value ? { corrects: Number(corrects.value) } : {}) }) }));
        area.value = "";
        keepDraft(`note-${desk.id}`, "");
        trouble.replaceChildren();
        fill();
        area.focus();
      } catch (problem) {
        showProblem(problem, trouble);
      }
    });
  });
  area.addEventListener("input", () => keepDraft(`note-${desk.id}`, area.value));
  void restoreDraft(`note-${desk.id}`).then((draft) => {
    if (draft && !area.value) area.value = draft;
  });
  fill();
  return form;
}

/** Sentences a child understands; the adult chooses, and may change every word. */
const phrases = (language) => {
  const sets = {
    en: ["Thank you for telling. You did right.", "Come and see me at break.", "I have read it. I am taking care of it.", "It is sorted. If it starts again, tell me.", "Can you tell me a little more? Come by when you like."],
    tr: ["Söylediğin için teşekkürler. Doğru yaptın.", "Teneffüste yanıma gel.", "Okudum. İlgileniyorum.", "Halloldu. Yeniden başlarsa bana söyle.", "Biraz daha anlatır mısın? İstediğin zaman gel."],
  };
  return sets[language] ?? sets.en;
};

/** @param {Desk} desk @returns {HTMLElement} */
export function replyForm(desk) {
  const words = /** @type {import("./opening.js").OpenedReport} */ (desk.kept.opened).words;
  if (desk.row.origin === "staff") return el("p.small.quiet", {}, say("A report from staff has no way for an answer: talk with whoever wrote it."));
  if (!words.reply_key) return el("p.small.quiet", {}, icon("nosignal"), say("No answer can reach this pupil through the laptop. Talk with them."));
  const language = words.draft.language ?? "en";
  const picks = phrases(language).map((phrase) => button(phrase, { kind: "slim", lang: language, onclick: () => {
    const area = /** @type {HTMLTextAreaElement} */ (part("reply"));
    area.value = area.value ? `${area.value.trimEnd()} ${phrase}` : phrase;
    area.focus();
  } }));
  return act("act-reply", say("Answer the pupil"), {
    hint: [say("It reaches the pupil quietly, on the laptop they wrote from. Only they and those who read this case can open it. Others may stand beside them when they read it: keep it short and harmless.")],
    controls: [el("div.row", { role: "group", "aria-label": say("Ready sentences") }, picks), field("reply", say("Your answer"), el("textarea", { maxlength: String(MOST_REPLY_LETTERS), rows: "3", dir: "auto", lang: language }), { hint: say("They see it as from {name}.", { name: ring.me.name }) })],
    label: say("Seal and send"), shape: "sent",
    send: async () => {
      const text = valueOf("reply");
      if (!text) return wrong("reply", say("Write the answer first."));
      const keys = /** @type {import("./keyring.js").Keys} */ (ring.keys);
      const made = await sealReply(keys.sign, unbase64(words.reply_key), { report: desk.row.report, device: desk.row.device, at: new Date().toISOString(), by: ring.me.name, words: text });
      await desk.act("/reply", async () => ({ sealed: hex(made.sealed), signature: hex(made.signature), envelope: await desk.seal({ words: text }) }));
    },
  });
}
