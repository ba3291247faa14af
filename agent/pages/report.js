"use strict";
// What stands in the report's window. It lives here until it is sent; Python checks it and says who would read it.
(function () {
  const gatepost = window.gatepost;
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const picked = JSON.parse(document.body.dataset.picked);
  let readers = JSON.parse(document.body.dataset.readers);
  let before = 0;
  let waiting = null;
  let sending = false;
  const DANGER = 3;
  const STUCK_AFTER = 10000;
  const FEW_LETTERS = 500;
  const TWICE = 500;
  const NEAR = 12;
  const MANY = ["harms", "readers"];

  const open = () => document.body.dataset.kind === "report";
  const say = (what) => gatepost.tell({ do: what, language: gatepost.state.language, picked: picked });
  function later() {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(now, 150);
  }
  function now() {
    window.clearTimeout(waiting);
    if (open() && !sending) say("draft");
  }
  const is = (name, value) => (MANY.includes(name) ? picked[name].includes(value) : picked[name] === value);

  // Every language and screen shows the same answers.
  function apply() {
    const here = gatepost.block();
    if (!open() || !here) return;
    all("[data-pick]", here).forEach((each) => { each.checked = is(each.dataset.pick, each.value); });
    all("[data-write]", here).forEach((each) => {
      const value = each.dataset.number ? picked.addresses[Number(each.dataset.number)] || "" : picked[each.dataset.write];
      if (each.value !== value) each.value = value;
      if (Number(each.dataset.number) > 0 && value) each.hidden = false;
    });
    const more = here.querySelector("[data-more]");
    if (more && more.querySelector("input:checked")) more.open = true;
    follow();
    if (gatepost.state.screen < DANGER) before = gatepost.state.screen;
  }
  // What depends on the answers.
  function follow() {
    const here = gatepost.block();
    all("[data-when]", here).forEach((each) => { const [name, value] = each.dataset.when.split(":"); each.hidden = !is(name, value); });
    all("[data-reader]", here).forEach((each) => { each.hidden = !readers.includes(each.dataset.reader); });
    all("[data-somebody]", here).forEach((each) => { each.hidden = readers.length === 0; });
    all("[data-nobody]", here).forEach((each) => { each.hidden = readers.length > 0; });
    all("[data-left]", here).forEach((each) => {
      each.dataset.said = each.dataset.said || each.textContent;
      const field = here.querySelector("[data-write=" + each.dataset.left + "]");
      const left = field.maxLength - field.value.length;
      each.hidden = left > FEW_LETTERS;
      each.textContent = each.dataset.said.replace("#", String(left));
    });
  }
  function take(field) {
    const pick = field.dataset.pick;
    const write = field.dataset.write;
    if (pick && MANY.includes(pick)) picked[pick] = picked[pick].filter((each) => each !== field.value).concat(field.checked ? [field.value] : []);
    else if (pick) picked[pick] = field.value;
    else if (write === "addresses") {
      const list = picked.addresses.slice();
      list[Number(field.dataset.number)] = field.value;
      picked.addresses = Array.from(list, (each) => each || "");
    } else if (write) picked[write] = field.value;
    if (write === "talk_other" && field.value) {
      picked.talk_to = "other";
      all("[data-pick=talk_to]", gatepost.block()).forEach((each) => { each.checked = each.value === "other"; });
    }
    follow();
    later();
  }
  document.addEventListener("input", (event) => { if (open() && (event.target.dataset.pick || event.target.dataset.write)) take(event.target); });

  function send() {
    if (sending) return;
    sending = true;
    window.clearTimeout(waiting);
    window.setTimeout(() => {
      sending = false;
      busy(false);
      if (!open()) return;
      const note = gatepost.block().querySelector("[data-stuck]");
      if (note) { note.hidden = false; note.scrollIntoView({ block: "nearest" }); }
    }, STUCK_AFTER);
    busy(true);
    say("send");
  }
  function busy(on) {
    all("[data-send]").forEach((each) => { if (on) each.setAttribute("aria-disabled", "true"); else each.removeAttribute("aria-disabled"); });
  }
  // The second half of a double click must not press what has just come to the same place: leaving, or sending.
  let last = { at: -TWICE, x: 0, y: 0, view: "" };
  document.addEventListener("click", (event) => {
    const view = document.body.dataset.kind + gatepost.state.screen;
    const again = event.detail > 0 && event.timeStamp - last.at < TWICE && Math.hypot(event.clientX - last.x, event.clientY - last.y) < NEAR;
    if (again && view !== last.view) { last.at = event.timeStamp; event.preventDefault(); event.stopImmediatePropagation(); return; }
    last = { at: event.timeStamp, x: event.clientX, y: event.clientY, view: view };
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !open()) return;
    const data = button.dataset;
    if (data.set) data.set.split(" ").forEach((each) => {
      const [name, value] = each.split(":");
      picked[name] = MANY.includes(name) ? [value] : value;
    });
    if (data.send !== undefined) { picked.danger = data.send === "danger"; send(); }
    else if (data.problem !== undefined) say("problem");
    else if (data.hide !== undefined) say("hide");
    else if (data.help !== undefined) { const note = gatepost.block().querySelector("[data-asking]"); if (note) note.hidden = false; say("help"); }
    else if (data.back !== undefined) gatepost.go(before);
    else if (data.moreAddresses !== undefined) {
      const next = all("[data-write=addresses]", gatepost.block()).find((each) => each.hidden);
      if (next) { next.hidden = false; next.focus(); }
      if (!all("[data-write=addresses]", gatepost.block()).some((each) => each.hidden)) button.hidden = true;
    } else if (data.set) later();
  }, true);

  document.addEventListener("shown", apply);
  gatepost.readers = (ids) => { readers = ids; if (open()) follow(); };
  apply();
})();
