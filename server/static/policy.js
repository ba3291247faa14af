// The editor of settings: what will change is shown while somebody types, by asking the server with the same form.
// Without this script the button "Show what will change" does the same.

const form = document.querySelector("form[data-preview]");
let waiting = 0;
let asked = 0;

async function look() {
  const mine = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("act", "look");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, cache: "no-store", redirect: "manual" });
  } catch {
    return; // the button is still there
  }
  if (mine !== asked || !(answer.headers.get("Content-Type") || "").startsWith("text/html")) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = fresh.querySelector('[data-part="preview"]');
  const old = form.querySelector('[data-part="preview"]');
  if (!found || mine !== asked || old.innerHTML === found.innerHTML) return;
  const focused = old.contains(document.activeElement);
  old.replaceChildren(...found.childNodes);
  if (focused) old.querySelector("button")?.focus({ preventScroll: true });
}

form.addEventListener("input", (event) => {
  if (event.target.name === "reason" || event.target.name === "risk") return;
  clearTimeout(waiting);
  waiting = setTimeout(look, 500);
});
