// The server's answers. It stores and gives bytes; what they say it cannot know.
// @ts-check

import { REFUSALS } from "./labels.js";
import { say } from "./words.js";

const root = /** @type {HTMLElement} */ (document.getElementById("reports"));

/** A definite no. Sending the same again cannot help; `message` says why in the reader's language. */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** No answer. Nothing was lost here; try again. */
export class Unreachable extends Error {}

/** After a new sign-in in another tab this page goes on with the new session's token. */
async function newToken() {
  const page = await (await fetch(location.pathname, { cache: "no-store" })).text();
  const found = /data-csrf="([0-9A-Za-z_-]+)"/.exec(page);
  const differs = found !== null && found[1] !== root.dataset.csrf;
  if (found) root.dataset.csrf = found[1];
  return differs;
}

/**
 * @param {string} method @param {string} path under /reports/api @param {unknown} [body] @param {boolean} [again]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, again = false) {
  let answer;
  try {
    answer = await fetch(`/reports/api${path}`, {
      method,
      cache: "no-store",
      redirect: "manual",
      headers: { "X-CSRF-Token": root.dataset.csrf ?? "", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Unreachable(say("The server did not answer. Nothing was sent; what you typed is still here."));
  }
  if (answer.status === 204) return null;
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const found = isJson ? await answer.json() : null;
  if (answer.ok && isJson) return found;
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new Refused(401, "signed-out", say("You are signed out. Sign in again in another tab, then come back: what you typed is still here."));
  if (found?.error === "old-page" && !again && (await newToken())) return ask(method, path, body, true);
  throw new Refused(answer.status, found?.error ?? "", REFUSALS[found?.error] ?? (found?.message || say("The server said no ({status}). Nothing was changed.", { status: answer.status })));
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const replace = (path, body) => ask("PUT", path, body);
