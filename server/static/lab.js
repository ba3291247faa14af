// The live part of a lab. It only redraws what the server sends; without it the page is a snapshot.

import { begin, say, showFound } from "./lab_bar.js";
import { follow } from "./live.js";
import { morph, elementOf } from "./morph.js";

const lab = document.getElementById("lab");
const part = (id) => document.getElementById(id);

let lastAt = part("as-of").textContent;

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
  showFound();
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

// Whoever no longer views reads no pupil's name here: the page keeps only the word that it is over.
function takeNamesOff() {
  if (lab.classList.contains("beamer")) return; // it names nobody
  for (const each of [...lab.children]) if (!["lost", "over", "says"].includes(each.id)) each.remove();
  part("says").textContent = "";
  redrawPart("calls", "");
}

function sayOver(words) {
  stopFor("over");
  takeNamesOff();
  if (!words || !part("over-words")) return;
  part("over-words").textContent = words;
  part("over-way").hidden = true;
  document.querySelector(".pagehead .ways")?.remove();
}

function handle(event, data) {
  part("lost").hidden = true;
  if (event === "room") redraw(JSON.parse(data));
  else if (event === "beat") {
    lastAt = data;
    part("as-of").textContent = data;
  } else if (event === "over") {
    sayOver(data);
    return "stop";
  } else if (event === "out") {
    sayOut();
    return "stop";
  }
  return "";
}

function sayOut() {
  part("lost-words").textContent = lab.dataset.out;
  part("lost-way").hidden = false;
  stopFor("lost");
  takeNamesOff();
  document.querySelector(".pagehead .ways")?.remove();
  say(lab.dataset.out);
}

begin();
follow(lab.dataset.live, { heard: handle, refused: (status) => (status === 403 ? sayOver("") : sayOut()), lost: sayLost });
