// The live part of a lab. It only redraws what the server sends; without it the page is a snapshot.
// The stream is read with fetch, not EventSource, because only fetch tells a refusal from a lost line.

import { begin, say } from "./lab_bar.js";
import { morph, elementOf } from "./morph.js";

const lab = document.getElementById("lab");
const part = (id) => document.getElementById(id);
const SILENT_AFTER_MS = 25000; // the server beats every 10 s
const WAIT_MS = [1000, 2000, 4000, 8000, 15000];

let lastAt = part("as-of").textContent;
let failures = 0;

function redrawPart(id, html) {
  const place = part(id);
  if (!place) return;
  const fresh = place.cloneNode(false);
  fresh.innerHTML = html;
  morph(place, fresh);
}

function redrawTiles(list, news) {
  const known = new Map([...list.children].map((tile) => [tile.dataset.tile, tile]));
  let place = list.firstElementChild;
  for (const key of news.order) {
    let tile = known.get(key);
    const html = news.tiles[key];
    if (tile && html !== undefined) morph(tile, elementOf(html, list.localName));
    else if (html !== undefined) tile = elementOf(html, list.localName);
    if (!tile) continue;
    known.delete(key);
    if (tile === place) place = tile.nextElementSibling;
    else list.insertBefore(tile, place);
  }
  for (const gone of known.values()) gone.remove();
}

function redraw(news) {
  lastAt = news.at;
  part("as-of").textContent = news.at;
  if (news.watching && part("watching")) part("watching").textContent = news.watching;
  for (const [id, html] of Object.entries(news.parts)) redrawPart(id, html);
  const list = part("seats");
  if (list) redrawTiles(list, news);
  else if (news.order.length) location.reload();
  if (news.says) say(news.says);
}

function sayLost() {
  part("lost-words").textContent = lab.dataset.lost.replace("{time}", lastAt);
  part("lost").hidden = false;
}

function stopFor(id) {
  part("lost").hidden = id !== "lost";
  if (id !== "lost") part(id).hidden = false;
  if (part("watching")) part("watching").parentElement.hidden = true;
  lab.classList.add("ended");
}

function handle(event, data) {
  failures = 0;
  part("lost").hidden = true;
  if (event === "room") redraw(JSON.parse(data));
  else if (event === "beat") {
    lastAt = data;
    part("as-of").textContent = data;
  } else if (event === "over") {
    stopFor("over");
    return "stop";
  }
  return "";
}

// One connection, until it ends. Answers "stop" when there is nothing to come back for.
async function listen() {
  const control = new AbortController();
  let watchdog = setTimeout(() => control.abort(), SILENT_AFTER_MS);
  try {
    const answer = await fetch(lab.dataset.live, { signal: control.signal, cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      part("lost-words").textContent = lab.dataset.out;
      part("lost-way").hidden = false;
      stopFor("lost");
      return "stop";
    }
    if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return "";
      clearTimeout(watchdog);
      watchdog = setTimeout(() => control.abort(), SILENT_AFTER_MS);
      text += value;
      let end;
      while ((end = text.indexOf("\n\n")) >= 0) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const field = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
        if (field("event") && handle(field("event"), field("data")) === "stop") return "stop";
      }
    }
  } finally {
    clearTimeout(watchdog);
    control.abort();
  }
}

async function stayLive() {
  for (;;) {
    let end = "";
    try {
      end = await listen();
    } catch {
      end = "";
    }
    if (end === "stop") return;
    failures += 1;
    if (failures > 1) sayLost();
    await new Promise((resume) => setTimeout(resume, WAIT_MS[Math.min(failures, WAIT_MS.length) - 1]));
  }
}

begin();
stayLive();
