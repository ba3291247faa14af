// Reading aloud where the device has a voice of its own, and ticking everybody. Everything works without it.
// Only voices that speak on the device itself: no sentence leaves the school.

const reader = document.querySelector("[data-reader]");
const lang = reader ? reader.dataset.lang : "";
let voice = null;
let run = 0;

function find() {
  const here = window.speechSynthesis ? window.speechSynthesis.getVoices() : [];
  return here.find((each) => each.localService && each.lang.toLowerCase().replace("_", "-").split("-")[0] === lang);
}

function frame(element) {
  for (const each of document.querySelectorAll(".being-read")) each.classList.remove("being-read");
  if (element) (element.closest("[data-line]") || element).classList.add("being-read");
}

function say(words, element) {
  return new Promise((done) => {
    const spoken = new SpeechSynthesisUtterance(words);
    spoken.voice = voice;
    spoken.lang = voice.lang;
    spoken.rate = 0.9;
    spoken.onend = spoken.onerror = done;
    frame(element);
    window.speechSynthesis.speak(spoken);
  });
}

function hush() {
  run += 1;
  window.speechSynthesis.cancel();
  frame(null);
  const stop = document.querySelector("[data-hush]");
  if (stop) stop.hidden = true;
}

async function sayAll(elements) {
  hush();
  const mine = run;
  const stop = document.querySelector("[data-hush]");
  if (stop) stop.hidden = false;
  for (const element of elements) {
    if (mine !== run) return;
    await say(element.textContent.trim(), element);
  }
  if (mine === run) hush();
}

function show() {
  if (voice || !(voice = find() || null)) return;
  for (const each of document.querySelectorAll("[data-say-all], [data-say-one], [data-say-this]")) each.hidden = false;
  for (const each of document.querySelectorAll("[data-no-voice]")) each.hidden = true;
}

if (reader && window.speechSynthesis) {
  show();
  window.speechSynthesis.addEventListener("voiceschanged", show);
  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-say-all]");
    const one = event.target.closest("[data-say-one]");
    const words = event.target.closest("[data-say-this]");
    if (all) sayAll([...reader.querySelectorAll("[data-say]")]);
    else if (one) sayAll([one.closest("[data-line]").querySelector("[data-say]")]);
    else if (words) { hush(); say(words.dataset.sayThis, null); }
    else if (event.target.closest("[data-hush]")) hush();
  });
  window.addEventListener("pagehide", hush);
}

const everybody = document.querySelector("[data-tick-all]");
if (everybody) {
  everybody.hidden = false;
  everybody.addEventListener("click", () => {
    for (const box of everybody.form.querySelectorAll("input[type=checkbox]")) box.checked = true;
  });
}
