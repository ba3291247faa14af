// The bar of a lab: its forms as dialogs, sent without leaving the page, and seats chosen on the map.
// Without script every button of the bar is a link to the same form on a page of its own.

const lab = document.getElementById("lab");
const part = (id) => document.getElementById(id);

let resetSays = 0;

export function say(words) {
  if (!part("says")) return;
  clearTimeout(resetSays);
  part("says").textContent = words;
  resetSays = setTimeout(() => { part("says").textContent = ""; }, 20000);
}

const picks = () => [...document.querySelectorAll("[data-pick]:checked")].map((box) => box.dataset.pick);

function showPicked() {
  const chosen = picks();
  const line = part("picked");
  if (!line) return;
  line.hidden = chosen.length === 0;
  line.textContent = chosen.length === 1 ? line.dataset.one : line.dataset.many.replace("{num}", chosen.length);
}

// The forms came with the page; who sits where may have changed since.
const whoSits = (device) => document.querySelector(`#seats [data-tile^="${device}"] :is(b, .who)`)?.textContent.trim();

function nameSeats(dialog) {
  for (const box of dialog.querySelectorAll('input[name="device"]')) {
    const who = whoSits(box.value);
    if (who) box.closest("label").querySelector("[data-who]").textContent = who;
  }
  for (const option of dialog.querySelectorAll('select[name="device"] option[value]:not([value=""])')) {
    const who = whoSits(option.value);
    if (who) option.textContent = `${option.textContent.split(" · ")[0]} · ${who}`;
  }
}

function fill(dialog) {
  nameSeats(dialog);
  const chosen = new Set(picks());
  if (!chosen.size) return;
  const some = dialog.querySelector('input[name="whom"][value="some"]');
  if (some) {
    some.checked = true;
    for (const box of dialog.querySelectorAll('input[name="device"]')) box.checked = chosen.has(box.value);
  }
  const one = dialog.querySelector('select[name="device"]');
  if (one && chosen.size === 1) [one.value] = chosen;
}

function openSheet(dialog) {
  fill(dialog);
  problem(dialog, "");
  if (dialog.open) dialog.close();
  dialog.showModal();
  const first = dialog.querySelector("textarea, input:not([type=hidden]), select");
  if (first) first.focus();
}

function problem(dialog, words) {
  const place = dialog.querySelector("[data-problem]");
  place.hidden = !words;
  place.querySelector("span").textContent = words;
}

async function post(form) {
  const body = new URLSearchParams(new FormData(form));
  return fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual", credentials: "same-origin" });
}

async function sendSheet(form, dialog) {
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await post(form);
    if (answer.ok || answer.type === "opaqueredirect") {
      dialog.close();
      form.reset();
      stopPicking();
      return;
    }
    const said = answer.status === 422 ? await answer.json() : { problem: lab.dataset.broken };
    problem(dialog, said.problem || lab.dataset.broken);
  } catch {
    problem(dialog, lab.dataset.broken);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

// Said where everybody sees it, until the server is heard again.
function warn(words) {
  part("lost-words").textContent = words;
  part("lost").hidden = false;
  say(words);
}

async function sendQuick(form) {
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  try {
    const answer = await post(form);
    if (answer.ok || answer.type === "opaqueredirect") return;
    const said = await answer.json().catch(() => null);
    if (said?.problem) warn(said.problem);
    else form.submit(); // its refusal is a page with the way on
  } catch {
    warn(lab.dataset.broken);
  } finally {
    delete form.dataset.sending;
  }
}

function stopPicking() {
  lab.classList.remove("picking");
  for (const box of document.querySelectorAll("[data-pick]:checked")) box.checked = false;
  part("choose")?.setAttribute("aria-pressed", "false");
  showPicked();
}

// What does not fit steps back on the map and leaves the list; nothing moves. Asked for again after every redraw.
export function showFound() {
  const field = part("q");
  const list = part("seats");
  if (!field || !list) return;
  const small = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ı", "i");
  const words = small(field.value.trim());
  const asked = words.match(/^(?:\p{L}+ )?(\d+)$/u)?.[1];
  for (const tile of list.children) {
    const number = tile.querySelector(".no, th").textContent.match(/\d+/)?.[0];
    const fits = !words || (asked ? number === asked : small(tile.textContent).includes(words));
    tile.toggleAttribute("data-dim", !fits);
  }
}

export function begin() {
  if (!lab || !part("find")) return;
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-do]");
    const sheet = opener && part(`do-${opener.dataset.do}`);
    if (sheet) {
      event.preventDefault();
      openSheet(sheet);
    }
    const shut = event.target.closest("[data-shut]");
    if (shut && shut.closest("dialog:modal")) {
      event.preventDefault();
      shut.closest("dialog").close();
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-sheet]") && form.closest("dialog")) {
      event.preventDefault();
      sendSheet(form, form.closest("dialog"));
    } else if (form.matches("#lab [data-quick]")) {
      event.preventDefault();
      sendQuick(form);
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick]")) showPicked();
  });
  document.addEventListener("input", (event) => { if (event.target === part("q")) showFound(); });
  showFound();
  const choose = part("choose");
  if (choose) {
    choose.hidden = false;
    choose.addEventListener("click", () => {
      if (lab.classList.contains("picking")) stopPicking();
      else {
        lab.classList.add("picking");
        choose.setAttribute("aria-pressed", "true");
      }
    });
  }
}
