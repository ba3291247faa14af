// Copy buttons: shown only where copying can work, and they say so when it has.

const said = document.getElementById("copied");

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.querySelector("span");
  const before = words.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    } catch {
      button.hidden = true; // the text itself can still be selected
      return;
    }
    words.textContent = button.dataset.done;
    if (said) said.textContent = button.dataset.done;
    setTimeout(() => { words.textContent = before; }, 4000);
  });
}
