// Tasks: kind, day and who are plain; why and how it went is sealed. While contact is held some stay shut (R56).
// @ts-check

import { act, choice, longText, valueOf } from "./case_desk.js";
import { chip, el, field, icon, part, wrong } from "./dom.js";
import { METHODS, TASKS } from "./labels.js";
import { day, moment, say } from "./words.js";

/** @typedef {import("./case_desk.js").Desk} Desk */

const today = () => {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
};

function settled(task) {
  const how = task.outcome === "not-done" ? say("will not be done") : [task.plain.date && day(`${task.plain.date}T12:00`), METHODS[task.plain.method]].filter(Boolean).join(", ");
  const where = task.note_seq ? [" · ", el("a", { href: `#entry-${task.note_seq}` }, say("note"))] : [];
  return el("li.done", {}, icon("tick"), el("div", {}, TASKS[task.kind] ?? task.kind, el("br"), el("span.small", {}, [how, moment(task.done_at), task.by].filter(Boolean).join(" · "), where)));
}

/** @param {Desk} desk @param {any} task @param {string[]} agencies */
function open(desk, task, agencies) {
  const id = `task-${task.id}`;
  const late = new Date(task.due) < new Date();
  const overdue = late ? [" ", chip("wait", say("Overdue"))] : [];
  const head = [TASKS[task.kind] ?? task.kind, task.place && ` · ${task.place}`, el("br"), el("span.small.quiet", {}, say("due {when}, from {name}", { when: moment(task.due), name: task.made_by })), overdue];
  if (task.blocked_by_hold) return el("li", {}, icon("pause"), el("div", {}, head, " ", chip("wait", say("Contact on hold"))));
  const isParents = task.kind === "parents";
  const isAgency = task.kind.startsWith("agency") && agencies.length > 0;
  const controls = [
    choice(`${id}-outcome`, say("How it stands"), [["done", say("done")], ["not-done", say("will not be done")]]),
    isParents && field(`${id}-date`, say("On which day"), el("input", { type: "date", max: today(), value: today() })),
    isParents && choice(`${id}-method`, say("How"), Object.entries(METHODS)),
    isAgency && choice(`${id}-agency`, say("Whom"), [["", say("somebody else")], ...agencies.map((name) => /** @type {[string, string]} */ ([name, name]))]),
    longText(`${id}-text`, say("Sealed note"), { hint: isParents ? say("What was said; or why parents are not told.") : say("What was done; or why not.") }),
  ];
  const send = async () => {
    const outcome = valueOf(`${id}-outcome`);
    const words = valueOf(`${id}-text`);
    const agency = isAgency ? valueOf(`${id}-agency`) : "";
    if (outcome === "not-done" && !words) return wrong(`${id}-text`, say("Write why it was not done."));
    const plain = isParents && outcome === "done" ? { date: valueOf(`${id}-date`), method: valueOf(`${id}-method`) } : {};
    if (isParents && outcome === "done" && !plain.date) return wrong(`${id}-date`, say("Say on which day."));
    const said = [agency, words].filter(Boolean).join(": ");
    await desk.act(`/tasks/${task.id}/done`, async () => ({ outcome, plain, ...(said ? { envelope: await desk.seal({ task: task.id, text: said }) } : {}) }));
  };
  return el("li", {}, icon("ring"), el("div", {}, head, act(id, say("Settle it"), { controls, label: say("Seal and settle"), send })));
}

/** @param {Desk} desk @param {string[]} agencies */
export function drawTasks(desk, agencies) {
  const box = part("tasks");
  const { tasks, case: row } = desk.detail;
  const closed = row.state === "closed";
  const lines = [...tasks].sort((one, other) => Number(Boolean(one.done_at)) - Number(Boolean(other.done_at)) || String(one.due).localeCompare(String(other.due))).map((task) => (task.done_at || closed ? (task.done_at ? settled(task) : el("li", {}, icon("ring"), el("div", {}, TASKS[task.kind] ?? task.kind))) : open(desk, task, agencies)));
  box.replaceChildren(lines.length ? el("ul.tasks", {}, lines) : el("p.quiet", {}, row.state === "new" ? say("Tasks come when somebody acknowledges the case.") : say("No tasks.")));
  if (!closed && row.state !== "new") box.append(newTask(desk));
}

/** @param {Desk} desk */
function newTask(desk) {
  const kinds = /** @type {[string, string][]} */ (Object.entries(TASKS).filter(([kind]) => kind !== "second-review"));
  const kind = choice("new-task-kind", say("What"), kinds, "other");
  const place = field("new-task-place", say("Where the thing is"), el("input", { type: "text", maxlength: "80" }), { hint: say("All that the technician sees. No names, no story.") });
  place.hidden = true;
  kind.addEventListener("change", () => { place.hidden = valueOf("new-task-kind") !== "isolate"; });
  const controls = [kind, field("new-task-due", say("By which day"), el("input", { type: "date", min: today(), value: today() })), place];
  const send = async () => {
    const chosen = valueOf("new-task-kind");
    const due = valueOf("new-task-due");
    if (!due) return wrong("new-task-due", say("Say by which day."));
    const where = chosen === "isolate" ? valueOf("new-task-place") : "";
    if (chosen === "isolate" && !where) return wrong("new-task-place", say("Say where it is: a room, a shelf, a shared folder."));
    await desk.act("/tasks", async () => ({ kind: chosen, due: new Date(`${due}T16:00`).toISOString(), ...(where ? { place: where } : {}) }));
    place.hidden = true;
  };
  return act("new-task", say("Add a task"), { controls, label: say("Add it"), kind: "", shape: "plus", send });
}
