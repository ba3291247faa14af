// Who looks at one seat still looks at its room: the pupils go on being told so while this page is open.

import { follow } from "./live.js";

const line = document.getElementById("viewing");
const show = (on) => { line.hidden = !on; };

follow(line.dataset.live, {
  heard: (event) => { show(event !== "over"); return event === "over" ? "stop" : ""; },
  refused: () => show(false),
  lost: () => show(false),
});
