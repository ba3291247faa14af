// After half a second of waiting, says what is being done; without script the browser's own sign does.

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", () => {
    window.setTimeout(() => {
      const told = form.querySelector("[data-busy-words]");
      told.textContent = form.dataset.busy;
      told.hidden = false;
    }, 500);
  });
}
window.addEventListener("pageshow", () => {
  for (const told of document.querySelectorAll("[data-busy-words]")) told.hidden = true;
});
