// Who looks at one seat still looks at its room: the pupils go on being told so while this page is open.
// Whoever may no longer look reads nothing more of the pupil here.

import { follow } from "./live.js";

const line = document.getElementById("viewing");
const show = (on) => { line.hidden = !on; };

function shut(id, words) {
  const main = document.getElementById("main");
  const note = document.getElementById(id);
  const head = document.createElement("div");
  head.className = "pagehead";
  const title = document.createElement("h1");
  title.textContent = main.querySelector(".crumb").textContent;
  head.append(title);
  if (words) note.querySelector("p").textContent = words;
  note.hidden = false;
  document.title = title.textContent;
  main.replaceChildren(head, note);
}

function heard(event, data) {
  show(event !== "over" && event !== "out");
  if (event === "out") shut("out", "");
  else if (event === "over" && data) shut("over", data);
  return line.hidden ? "stop" : "";
}

follow(line.dataset.live, { heard, refused: (status) => shut(status === 403 ? "over" : "out", ""), lost: () => show(false) });
