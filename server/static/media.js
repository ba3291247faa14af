// The page Media keeps itself current: the server says that something changed, and the page reads itself again.
// Whatever the adult has chosen or stands on stays as it is; without this script the page is a snapshot.

const media = document.getElementById("media");
const part = (id) => document.getElementById(id);

// What was chosen and where the focus is, told so that it can be found again in newer markup.
function nameOf(element) {
  if (!element) return "";
  const form = element.closest("form");
  const own = element.getAttribute("href") || element.value || element.textContent.trim();
  return [form ? form.getAttribute("action") : "", element.tagName, element.getAttribute("name") || "", own].join("|");
}

function controls(within) {
  return [...within.querySelectorAll("a[href], button, input")];
}

function replacePart(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const chosen = new Set(controls(old).filter((each) => each.checked).map(nameOf));
  const focused = old.contains(document.activeElement) ? nameOf(document.activeElement) : "";
  const scroll = window.scrollY;
  old.replaceChildren(...fresh.childNodes);
  for (const each of controls(old)) {
    if (chosen.has(nameOf(each))) each.checked = true;
    if (focused && nameOf(each) === focused) each.focus({ preventScroll: true });
  }
  window.scrollTo(0, scroll);
}

async function readAgain() {
  const answer = await fetch(media.dataset.page, { cache: "no-store", redirect: "manual" });
  if (answer.type === "opaqueredirect") return over();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-part]")) {
    const found = fresh.querySelector(`[data-part="${old.dataset.part}"]`);
    if (found) replacePart(old, found);
  }
  const count = fresh.getElementById("media-count").textContent;
  if (part("media-count").textContent !== count) part("media-count").textContent = count;
}

function over() {
  stream.close();
  part("media-lost").hidden = true;
  part("media-over").hidden = false;
  // Whoever is signed out reads no pupil's name here.
  for (const each of [...media.children]) if (!["media-lost", "media-over"].includes(each.id)) each.remove();
  part("calls").replaceChildren();
}

let current = "";
let reading = Promise.resolve();
const stream = new EventSource(media.dataset.live);
const heard = () => {
  part("media-lost").hidden = true;
};
stream.addEventListener("beat", heard);
stream.addEventListener("over", over);
stream.addEventListener("media", (event) => {
  heard();
  if (event.data === current) return;
  current = event.data;
  // The first time too: something may have come between the page and the stream.
  reading = reading.then(readAgain).catch(() => {});
});
stream.onerror = () => {
  if (stream.readyState === EventSource.CLOSED) over();
  else part("media-lost").hidden = false;
};
