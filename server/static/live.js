// The live channel of a room, for every page that keeps it open. It ends by itself, or when nobody may look.
// It is read with fetch, not EventSource, because only fetch tells a refusal from a lost line.

const SILENT_AFTER_MS = 25000; // the server beats every 10 s
const WAIT_MS = [1000, 2000, 4000, 8000, 15000];

// One connection, until it ends. Answers "stop" when there is nothing to come back for.
async function listen(address, page) {
  const control = new AbortController();
  let watchdog = setTimeout(() => control.abort(), SILENT_AFTER_MS);
  try {
    const answer = await fetch(address, { signal: control.signal, cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      page.refused(answer.status);
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
        if (field("event") && page.heard(field("event"), field("data")) === "stop") return "stop";
      }
    }
  } finally {
    clearTimeout(watchdog);
    control.abort();
  }
}

// Read the channel for as long as the page stands. `page`: heard(event, data), refused(status), lost().
export async function follow(address, page) {
  let failures = 0;
  const counting = { ...page, heard: (event, data) => { failures = 0; return page.heard(event, data); } };
  for (;;) {
    let end = "";
    try {
      end = await listen(address, counting);
    } catch {
      end = "";
    }
    if (end === "stop") return;
    failures += 1;
    if (failures > 1) page.lost();
    await new Promise((resume) => setTimeout(resume, WAIT_MS[Math.min(failures, WAIT_MS.length) - 1]));
  }
}
