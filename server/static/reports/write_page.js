// A report by a member of staff: sealed in their browser to whoever the school's rules give it to (R48, R66, R71).
// @ts-check

import * as api from "./api.js";
import { base64, hex, random } from "./bytes.js";
import { announce, button, el, field, focusOn, icon, note, part, show, whileBusy, wrong } from "./dom.js";
import { ring } from "./keyring.js";
import { HARMS, STAFF_WHAT, SUBJECTS, URGENCY, WHERE } from "./labels.js";
import { coarseOf } from "./opening.js";
import { route } from "./officers.js";
import { distrustNote, showProblem } from "./unlocking.js";
import { language, list, moment, say } from "./words.js";
import { sealStaffReport } from "./writing.js";

const view = part("view");
const facts = JSON.parse(part("reports").dataset.facts ?? "{}");
const HINTS = {
  concern: say("Something you saw in the lab worries you. From now on it is theirs to look into, not yours."),
  "on-behalf": say("A pupil told you. Write what they said in their own words, and what you did."),
  accidental: say("You saw something by accident. Nobody is blamed: say what and where, and do not go back to look."),
  visitor: say("A visitor or parent did something online or with a device at school."),
  "private-contact": say("A pupil wrote to your private account, or found you there."),
  "content-conflict": say("Something online that does not go with somebody’s work at school. It goes to the head."),
  complaint: say("A complaint. It goes to the head; about the head, to the alternate."),
  whistleblowing: say("Something is going wrong at school and is being kept quiet. Your name is not kept, unless you write it in."),
};
const UNNAMED = ["complaint", "whistleblowing"];
const PLAIN = ["complaint", "whistleblowing", "content-conflict"]; // no pupil, no kind of harm, no place to ask for
/** What a concern is about, as the server gave it: a login or a lesson (R39). @type {any} */
let activity = null;
const WHOM = { "on-behalf": "somebody", accidental: "staff-self", visitor: "visitor" };

/** @param {string} words */
const capital = (words) => words.charAt(0).toLocaleUpperCase(language) + words.slice(1);

/** @param {string} name @param {string} legend @param {[string, string][]} options @param {string} chosen @param {"radio"|"checkbox"} [type] */
function picks(name, legend, options, chosen, type = "radio") {
  const boxes = options.map(([value, words]) => el("label.pick", {}, el("input", { type, name, value, checked: value === chosen }), el("span", {}, capital(words))));
  return el("fieldset", { id: `set-${name}` }, el("legend", {}, legend), el("div.picks", {}, boxes));
}
const chosenOf = (name) => [...view.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => /** @type {HTMLInputElement} */ (box).value);
const oneOf = (name) => chosenOf(name)[0] ?? "";

function formWith(what) {
  const officers = (ring.listed?.officers ?? []).filter((one) => one.role !== "recovery");
  const press = button(say("Seal and send"), { kind: "sealed", shape: "seal", type: "submit" });
  const form = el("form.stack.wide", { novalidate: true },
    what === "concern" ? concernCard() : picks("what", say("What is it?"), Object.entries(STAFF_WHAT).filter(([code]) => code !== "concern"), what),
    el("p.lead", { id: "what-hint" }),
    el("div.stack", { id: "pupil-part" }, field("pupil", say("Name of the pupil (optional)"), el("input", { type: "text", maxlength: "120", dir: "auto", autocomplete: "off" })), field("year", say("Year group (optional)"), el("input.w10", { type: "text", maxlength: "40" }), { hint: say("Stands outside the seal, for counting: the year alone, such as “5”. No names here.") })),
    picks("harm", say("What kind? Tick all that fit."), Object.entries(HARMS), "", "checkbox"), el("p.error", { id: "harm-error", hidden: true }),
    picks("subject", say("Who did it, or whom is it about?"), Object.entries(SUBJECTS), "nobody-known"),
    picks("not-to", say("Is it about one of these? Then they never see it."), officers.map((one) => /** @type {[string, string]} */ ([one.id, one.name])), "", "checkbox"),
    picks("where", say("Where?"), Object.entries(WHERE), "here"),
    field("words", say("What happened"), el("textarea", { rows: "8", maxlength: "4000", dir: "auto" }), { hint: say("What was seen or said, when, and by whom. Attach no pictures, and copy none.") }),
    field("addresses", say("Addresses, one on each line (optional)"), el("textarea", { rows: "2", dir: "auto" })),
    picks("urgency", say("How soon?"), Object.entries(URGENCY), "soon"),
    el("label.choice", { id: "sign-part" }, el("input", { type: "checkbox", id: "sign-it" }), el("span", {}, say("Write my name into the sealed report"))),
    el("div.note.sealed", { id: "who-reads" }), el("div", { id: "trouble" }),
    el("div.row", {}, press, el("a.btn.bare", { href: "/concerns" }, say("Leave without sending"))));
  form.addEventListener("change", () => {
    look();
    announce(part("who-reads").textContent ?? "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(press, send).catch((problem) => showProblem(problem));
  });
  return form;
}

/** What goes with the concern, and a field that keeps what it is. */
function concernCard() {
  const isSeat = activity.kind === "seat";
  return el("section.stack.tight", { id: "concern-about" }, el("input", { type: "radio", name: "what", value: "concern", checked: true, hidden: true }),
    el("dl.facts", {},
      isSeat && [el("dt", {}, say("Pupil")), el("dd", {}, el("bdi", {}, activity.name))],
      el("dt", {}, say("Where")), el("dd", {}, el("bdi", {}, activity.room), activity.hostname ? [", ", say("laptop "), el("bdi", {}, activity.hostname)] : null),
      el("dt", {}, say("When")), el("dd", {}, `${moment(activity.since)} – ${moment(activity.until)}`)),
    el("p.small.quiet", {}, activity.apps.length ? say("What you were shown of it is sealed with your words.") : say("Which login it was is sealed with your words; what was used there they look up themselves.")));
}

function subjectNow() {
  const what = oneOf("what");
  const chosen = oneOf("subject") || "nobody-known";
  if (what === "whistleblowing" || what === "content-conflict") return chosen === "head" ? "head" : "staff";
  return chosen;
}

const readersNow = () => route(ring.listed?.officers ?? [], subjectNow(), chosenOf("not-to"));

/** Show only what this kind needs, and who will read it. */
function look() {
  const what = oneOf("what");
  part("what-hint").textContent = HINTS[what] ?? "";
  for (const id of ["pupil-part", "set-harm", "set-where"]) part(id).hidden = PLAIN.includes(what);
  part("pupil").closest(".field").hidden = what === "concern"; // who it is stands above, and is sealed with it
  part("pupil-part").hidden = PLAIN.includes(what) || what === "accidental" || what === "visitor" || (what === "concern" && activity.kind === "lesson");
  part("sign-part").hidden = !UNNAMED.includes(what);
  const readers = readersNow();
  const people = readers.filter((one) => one.role !== "recovery");
  const wrongCircle = what === "whistleblowing" && people.some((one) => one.role === "lead" || one.role === "deputy");
  const nobody = !people.length || wrongCircle;
  const words = nobody ? say("Nobody on the list may read this. Go to the chair of governors or the local authority, on paper or in person.") : say("Goes to {names}, and to the recovery sheet in the safe; to nobody else. The server cannot read it.", { names: list(people.map((one) => one.name)) });
  show(part("who-reads"), icon(nobody ? "octagon" : "seal"), el("p", {}, words, " ", !UNNAMED.includes(what) && say("It says that {name} wrote it.", { name: facts.me })));
  return !nobody;
}

async function send() {
  const what = oneOf("what");
  const harms = PLAIN.includes(what) ? ["other"] : chosenOf("harm");
  const text = /** @type {HTMLTextAreaElement} */ (part("words")).value.trim();
  const says = part("harm-error");
  says.hidden = harms.length > 0;
  show(says, icon("octagon"), el("span", {}, say("Tick at least one kind.")));
  if (!harms.length) return /** @type {HTMLElement} */ (view.querySelector('input[name="harm"]')).focus();
  if (!text) return void wrong("words", say("Write what happened."));
  wrong("words", "");
  const addresses = /** @type {HTMLTextAreaElement} */ (part("addresses")).value.split("\n").map((line) => line.trim()).filter(Boolean);
  if (addresses.length > 10 || addresses.some((line) => line.length > 500)) return void wrong("addresses", say("At most 10 addresses, each at most 500 letters."));
  wrong("addresses", "");
  if (!look()) return part("who-reads").scrollIntoView({ block: "center" });
  const hasPupil = !part("pupil-part").hidden;
  const year = hasPupil ? /** @type {HTMLInputElement} */ (part("year")).value.trim() : "";
  const signed = !UNNAMED.includes(what) || /** @type {HTMLInputElement} */ (part("sign-it")).checked;
  const subject = subjectNow();
  const urgency = oneOf("urgency");
  const report = hex(random(16));
  const words = {
    v: 1, report, origin: "staff", device: "staff", at: new Date().toISOString(), tier: "adult", year, room: "",
    activity: what === "concern" ? activity : null,
    person: null, display_name: hasPupil ? /** @type {HTMLInputElement} */ (part("pupil")).value.trim() : "", os_user: "", reply_key: null,
    draft: {
      harms, subject, not_to: chosenOf("not-to"), whom: WHOM[what] ?? "somebody", where: PLAIN.includes(what) ? "elsewhere" : oneOf("where"), urgency,
      words: signed && UNNAMED.includes(what) ? `${text}\n\n${facts.me}` : text, addresses, talk_to: "", naming: signed ? "named" : "unnamed", by_pictures: false, language,
    },
  };
  const readers = readersNow();
  const { envelope, signer } = await sealStaffReport(readers.map((one) => one.key), report, words);
  await api.post("/staff-reports", { envelope: base64(envelope), signer: hex(signer), coarse: coarseOf(harms, subject), urgency, year, what, ...(what === "concern" ? { activity: linkedTo() } : {}) });
  removeEventListener("beforeunload", warn);
  const names = list(readers.filter((one) => one.role !== "recovery").map((one) => one.name));
  const heading = el("h1", { id: "title" }, say("Sent, sealed"));
  show(view, el("div.pagehead", {}, heading), el("section.card.stack", {},
    note("ok", say("The server has it, and {names} can open it.", { names })),
    el("p", {}, say("They are told at once that there is a report, not what it says. If somebody is in danger now, do not wait: go to them, or ring the emergency number.")),
    what === "concern" && el("p", {}, activity.kind === "seat" ? say("What this pupil used is no longer yours to look into. You still see their seat in the room.") : say("This lesson is no longer yours to look into.")),
    el("p", {}, say("Delete what you noted elsewhere, and tell nobody who does not need to know.")),
    el("div.row", {}, what === "concern" ? el("a.btn", { href: `/lab/${encodeURIComponent(activity.room)}` }, say("Back to the room")) : el("a.btn", { href: "/reports/write" }, say("Write another")), el("a.btn.bare", { href: "/concerns" }, what === "concern" ? say("Concerns") : say("Back")))));
  focusOn(heading);
}

/** Which activity it is, in the plain part: the server notes that this adult looks into it no more. */
const linkedTo = () => (activity.kind === "seat" ? { device: activity.device, login: activity.login } : { room: activity.room, since: activity.since, until: activity.until });

const warn = (event) => {
  const typed = /** @type {HTMLTextAreaElement|null} */ (document.getElementById("words"))?.value;
  if (typed) event.preventDefault();
};

async function begin() {
  const query = new URLSearchParams(location.search);
  const asked = query.get("what") ?? "";
  const what = Object.hasOwn(STAFF_WHAT, asked) ? asked : "on-behalf";
  const head = el("div.pagehead", {}, el("div.stack.tight", {}, el("p.crumb", {}, el("a", { href: "/concerns" }, say("Concerns"))), el("h1", { id: "title" }, what === "concern" ? say("Raise a concern") : say("Write a report")), el("p.quiet", {}, say("Sealed here, in your browser, to the few who may read it. If somebody is in danger now, go to them first."))));
  try {
    await ring.believe(await api.get("/officers"));
  } catch (problem) {
    show(view, head, el("div", { id: "trouble" }));
    return showProblem(problem);
  }
  if (ring.distrust) return show(view, head, distrustNote());
  if (!ring.listed) return show(view, head, el("div.blank.stack.tight", {}, el("h2", {}, say("Reports cannot be sealed yet")), el("p.quiet", {}, say("The safeguarding lead and the head have not made their keys. Until then go to the safeguarding lead in person."))));
  if (what === "concern") {
    try {
      activity = await api.get(`/activity?${query}`);
    } catch (problem) {
      if (!(problem instanceof api.Refused) || problem.status === 401) {
        show(view, head, el("div", { id: "trouble" }));
        return showProblem(problem);
      }
      return show(view, head, el("div.blank.stack.tight", {}, el("h2", {}, say("This cannot be passed on from here")), el("p.quiet", {}, say("It is not in one of your rooms, or it was too long ago. You can still write what you saw.")), el("div.row", {}, el("a.btn", { href: "/reports/write?what=on-behalf" }, say("Write a report")))));
    }
  }
  show(view, head, el("div.card.ceremony", {}, formWith(what)));
  if (activity?.kind === "seat") /** @type {HTMLInputElement} */ (part("pupil")).value = activity.name;
  look();
  addEventListener("beforeunload", warn);
}

void begin();
