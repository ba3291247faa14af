// A rollout's page keeps itself current: the server says that something changed, and the page reads itself again.

const page = document.getElementById("rollout");
const lost = document.getElementById("rollout-lost");

async function readAgain() {
  const answer = await fetch(page.dataset.page, { cache: "no-store", redirect: "manual" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of page.querySelectorAll("[data-part]")) {
    const found = fresh.querySelector(`[data-part="${old.dataset.part}"]`);
    if (!found || found.innerHTML === old.innerHTML) continue;
    const form = old.contains(document.activeElement) ? document.activeElement.closest("form") : null;
    const open = [...old.querySelectorAll("details")].map((each) => each.open);
    old.replaceChildren(...found.childNodes);
    old.querySelectorAll("details").forEach((each, number) => { each.open = open[number] || false; });
    if (form) old.querySelector(`form[action="${form.getAttribute("action")}"] button`)?.focus({ preventScroll: true });
  }
  const sum = document.getElementById("rollout-sum").textContent;
  const told = document.getElementById("rollout-told");
  if (told.textContent !== sum) told.textContent = sum;
}

let current = "";
let reading = Promise.resolve();
const stream = new EventSource(page.dataset.live);
stream.addEventListener("beat", () => { lost.hidden = true; });
stream.addEventListener("over", () => { stream.close(); lost.hidden = false; });
stream.addEventListener("news", (event) => {
  lost.hidden = true;
  if (event.data === current) return;
  current = event.data;
  reading = reading.then(readAgain).catch(() => {});
});
stream.onerror = () => { lost.hidden = false; };
