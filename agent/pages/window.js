"use strict";
// One script for every window. State lives here, words live in the page, decisions live in Python.
(function () {
  let kind = document.body.dataset.kind;
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const tell = (message) => {
    const bridge = window.webkit && window.webkit.messageHandlers && window.webkit.messageHandlers.gatepost;
    const edge = window.chrome && window.chrome.webview;
    if (bridge) bridge.postMessage(JSON.stringify(message));
    else if (edge) edge.postMessage(JSON.stringify(message));
  };
  // Painted for this long before a screen counts: the second half of a double click must never accept.
  const GLANCE = document.documentElement.dataset.tier === "early" ? 700 : 300;
  const state = { language: document.documentElement.lang, screen: 0, seen: {}, drawn: null, reading: null, queue: [] };
  const block = () => all("[data-block]").find((each) => !each.hidden);
  const seen = (each) => {
    const key = each.dataset.language + " " + (each.dataset.hash || "");
    return (state.seen[key] = state.seen[key] || new Set());
  };

  function show(language, screen, focus) {
    const blocks = all("[data-block]");
    const mine = blocks.filter((each) => each.dataset.language === language);
    const shown = mine.find((each) => Number(each.dataset.screen) === screen) || mine[mine.length - 1] || blocks[0];
    blocks.forEach((each) => { each.hidden = each !== shown; });
    state.language = shown.dataset.language;
    state.screen = Number(shown.dataset.screen);
    document.documentElement.lang = state.language;
    window.scrollTo(0, 0);
    if (focus) {
      const heading = shown.querySelector("h1");
      if (heading) heading.focus({ preventScroll: true });
    }
    mark();
    document.dispatchEvent(new CustomEvent("shown"));
    state.drawn = null;
    afterPaint(() => window.setTimeout(() => { if (block() === shown) { state.drawn = shown; mark(); } }, GLANCE));
  }
  const afterPaint = (act) => window.requestAnimationFrame(() => window.requestAnimationFrame(act));

  // A screen counts as seen once it was painted and its end has been on the screen.
  function mark() {
    const here = block();
    if (kind !== "gate" || !here) return;
    const root = document.documentElement;
    const atEnd = window.scrollY + window.innerHeight >= root.scrollHeight - 8;
    if (atEnd && state.drawn === here && document.visibilityState === "visible") here.dataset.sections.split(" ").forEach((each) => seen(here).add(each));
    const done = seen(here);
    const ready = done.size >= Number(here.dataset.all);
    const accept = here.querySelector("[data-answer=accepted]");
    if (accept) {
      if (ready) accept.removeAttribute("aria-disabled"); else accept.setAttribute("aria-disabled", "true");
    }
    const missed = screens().findIndex((_, number) => !screenSeen(number));
    const isLast = state.screen === screens().length - 1;
    const goesOn = !screenSeen(state.screen) && state.drawn === here;
    const why = ready ? "ready" : goesOn ? "scroll" : isLast && screenSeen(state.screen) ? "missed" : "unread";
    all("[data-why]", here).forEach((each) => {
      const hide = each.dataset.why !== why;
      if (why === "missed" && !hide) {
        each.dataset.words = each.dataset.words || each.textContent;
        const words = each.dataset.words.replace("{n}", missed + 1);
        if (each.textContent !== words) each.textContent = words;
      }
      if (each.hidden !== hide) each.hidden = hide;
    });
    here.classList.toggle("seen", screenSeen(state.screen));
    all("[data-rail]", here).forEach((each, number) => {
      each.classList.toggle("here", number === state.screen);
      each.classList.toggle("done", number !== state.screen && screenSeen(number));
    });
    all("[data-toc]", here).forEach((each, number) => each.classList.toggle("seen", screenSeen(number)));
  }
  const screens = () => all("[data-block]").filter((each) => each.dataset.language === state.language);
  function screenSeen(number) {
    const each = screens().find((one) => Number(one.dataset.screen) === number);
    return each.dataset.sections.split(" ").every((section) => seen(each).has(section));
  }

  // Read aloud: Python plays one line at a time and says when it ended.
  function read(lines) {
    stop();
    state.queue = lines;
    buttons(true);
    next();
  }
  function next() {
    frame(null);
    const here = block();
    const line = state.queue.shift();
    state.reading = line;
    if (!line || !here || !here.contains(line)) { stop(); return; }
    frame(line);
    line.scrollIntoView({ block: "nearest" });
    tell({ do: "read", language: state.language, line: Number(line.dataset.line) });
  }
  // Arranged for this person: what is shown is read without being asked for.
  function readByItself() {
    const here = block();
    if (document.body.dataset.reads && here) afterPaint(() => { if (block() === here) read(all("[data-line]", here)); });
  }
  function stop() {
    if (state.reading) tell({ do: "hush" });
    state.queue = [];
    state.reading = null;
    frame(null);
    buttons(false);
  }
  function frame(line) {
    all(".being-read").forEach((each) => each.classList.remove("being-read"));
    if (line) line.classList.add("being-read");
  }
  function buttons(reading) {
    all("[data-read=all]").forEach((each) => { each.hidden = reading; });
    all("[data-read=stop]").forEach((each) => { each.hidden = !reading; });
  }

  function answer(button) {
    const here = block();
    const what = button.dataset.answer;
    if (what === "help") {
      const asking = here.querySelector("[data-help=asking]");
      if (asking) asking.hidden = false;
      tell({ do: "help", language: state.language });
    } else if (what === "accepted") {
      mark();
      if (button.getAttribute("aria-disabled") === "true") {
        // Not shut without a word: the press leads to what was not seen to its end.
        const missed = screens().findIndex((_, number) => !screenSeen(number));
        if (screenSeen(state.screen)) show(state.language, missed, true);
        return;
      }
      stop();
      tell({ do: "accepted", language: state.language, hash: here.dataset.hash, sections: Array.from(seen(here)).map(Number) });
    } else {
      stop();
      tell({ do: "declined", language: state.language, hash: here.dataset.hash, sections: Array.from(seen(here)).map(Number) });
    }
  }

  function ask() {
    const here = block();
    const reason = here.querySelector("[data-reason]");
    const pupils = here.querySelector("[data-pupil-data]");
    tell({ do: "ask", language: state.language, reason: reason ? reason.value.slice(0, 200) : "", pupil_data: Boolean(pupils && pupils.checked) });
  }
  function unlock() {
    const field = block().querySelector("[data-passphrase]");
    if (!field || !field.value) { if (field) field.focus(); return; }
    tell({ do: "unlock", language: state.language, passphrase: field.value });
    field.value = "";
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-reason]")) ask();
    if (event.key === "Enter" && event.target.matches("[data-passphrase]")) unlock();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button, a");
    if (!button) return;
    event.preventDefault();
    const data = button.dataset;
    if (data.toLanguage) { stop(); show(data.toLanguage, state.screen, true); readByItself(); }
    else if (data.toScreen) { stop(); show(state.language, Number(data.toScreen), true); readByItself(); }
    else if (data.answer) answer(button);
    else if (data.choice === "ask") ask();
    else if (data.choice === "unlock") unlock();
    else if (data.choice) tell({ do: data.choice, language: state.language });
    else if (data.read === "stop") { const there = block().querySelector("[data-read=all]"); stop(); there.focus(); }
    else if (data.read === "one") read([button.closest("[data-line]")]);
    else if (data.read === "all") { read(all("[data-line]", block())); block().querySelector("[data-read=stop]").focus(); }
  });
  ["dragstart", "dragover", "drop", "contextmenu", "auxclick"].forEach((name) =>
    document.addEventListener(name, (event) => event.preventDefault()));
  window.addEventListener("scroll", mark, { passive: true });
  window.addEventListener("resize", mark);
  if (kind !== "gate" && kind !== "countdown") {
    // What was written is not thrown away by one key: from a report one leaves by its button.
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && kind !== "report") tell({ do: "close", language: state.language }); });
  }

  function count() {
    const total = Number(document.body.dataset.seconds);
    const begun = performance.now();
    const ring = document.querySelector("[data-ring]");
    const digits = document.querySelector("[data-digits]");
    let said = Infinity;
    const tick = () => {
      const left = Math.max(0, total - (performance.now() - begun) / 1000);
      digits.textContent = String(Math.ceil(left));
      ring.setAttribute("stroke-dasharray", (427 * (total ? left / total : 0)).toFixed(1) + " 427");
      all("[data-at]").forEach((each) => {
        const at = Number(each.dataset.at);
        if (left <= at && at < said && at <= total) { all("[data-at]").forEach((one) => { one.hidden = one !== each; }); said = at; }
      });
      if (left > 0) window.setTimeout(tick, 200);
    };
    tick();
    let from = null;
    const here = () => tell({ do: "here", language: state.language });
    document.addEventListener("keydown", here);
    document.addEventListener("pointerdown", here);
    document.addEventListener("pointermove", (event) => {
      if (from && Math.hypot(event.screenX - from.x, event.screenY - from.y) > 4) here();
      from = from || { x: event.screenX, y: event.screenY };
    });
    const button = block().querySelector("[data-choice=here]");
    if (button) button.focus();
  }

  // Called by Python: after a line was read, and when the page's words have changed.
  window.gatepost = {
    said: (ok) => {
      if (!state.reading) return;
      if (!ok) { stop(); const note = block().querySelector("[data-silent]"); if (note) note.hidden = false; return; }
      state.reading = null;
      if (state.queue.length) next(); else stop();
    },
    tell: tell,
    state: state,
    block: block,
    go: (screen) => { stop(); show(state.language, screen, true); },
    readers: () => {},
    replace: (markup, newKind) => {
      const becomes = newKind !== undefined && newKind !== kind;
      if (becomes) { kind = newKind; document.body.dataset.kind = kind; state.screen = 0; }
      const active = document.activeElement;
      const label = active && active !== document.body ? active.textContent : null;
      const scroll = window.scrollY;
      stop();
      all("[data-block]").forEach((each) => each.remove());
      const holder = document.createElement("template");
      holder.innerHTML = markup;
      document.body.prepend(holder.content);
      show(state.language, state.screen, becomes);
      if (becomes) return;
      window.scrollTo(0, scroll);
      const again = label !== null && all("button, a, h1", block()).find((each) => each.textContent === label);
      if (again) again.focus({ preventScroll: true });
      size();
    },
  };
  function size() {
    const leaf = document.querySelector("[data-block]:not([hidden]) > .whole .leaf");
    if (!leaf) return;
    const ends = Array.from(leaf.children).filter((each) => !each.classList.contains("hear"));
    const end = Math.max(...ends.map((each) => each.getBoundingClientRect().bottom)) + window.scrollY;
    tell({ do: "size", height: Math.ceil(end) + 20 });
  }

  show(state.language, Number(document.body.dataset.first || 0), true);
  if (kind === "countdown") count();
  size();
  afterPaint(() => { tell({ do: "painted" }); readByItself(); });
})();
