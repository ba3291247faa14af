// One case in front of an officer: what is known of it now, and the one way anything is sealed for it.
// @ts-check

import * as api from "./api.js";
import { base64, hex, random, utf8 } from "./bytes.js";
import { button, el, field, part, whileBusy } from "./dom.js";
import { sealEnvelope } from "./envelopes.js";
import { ring } from "./keyring.js";
import { showProblem } from "./unlocking.js";
import { signerName } from "./writing.js";
import { keyId } from "./keys25519.js";
import { say } from "./words.js";

export class Desk {
  /** @type {any} */ detail = null;
  /** @type {Map<number, any>} opened notes by entry number */ notes = new Map();

  /** @param {string} id @param {import("./store.js").Kept} kept @param {() => Promise<void>} refresh */
  constructor(id, kept, refresh) {
    this.id = id;
    this.kept = kept;
    this.refresh = refresh;
  }

  get row() {
    return this.detail.case;
  }

  async load() {
    this.detail = await api.get(`/cases/${this.id}`);
    this.kept.row = { ...this.kept.row, ...this.detail.case };
  }

  /**
   * Whoever may read this case and stands on the list in force: everything new is sealed to exactly them. Never
   * to somebody whom the sealed words keep it from, whatever the server says of its readers.
   */
  readers() {
    const { words, to } = /** @type {import("./opening.js").OpenedReport} */ (this.kept.opened);
    const keptFrom = words.draft.not_to.filter((id) => !to.includes(id));
    return this.row.readers.filter((id) => !keptFrom.includes(id)).map((id) => ring.officer(id)).filter((one) => one !== null);
  }

  /** @param {Record<string, unknown>} words @returns {Promise<string>} base64 */
  async seal(words) {
    const keys = /** @type {import("./keyring.js").Keys} */ (ring.keys);
    const place = { id: hex(random(16)), device: signerName(await keyId(keys.key.publicKey)), kind: "note" };
    const note = { v: 1, case: this.id, at: new Date().toISOString(), ...words };
    return base64(await sealEnvelope(keys.sign.privateKey, this.readers().map((one) => one.key), utf8(JSON.stringify(note)), place));
  }

  /**
   * Do one thing in this case. Who may read it may have changed meanwhile: then everything is read again and
   * sealed anew, once.
   * @param {string} path @param {() => Promise<Record<string, unknown>>} [body]
   */
  async act(path, body = async () => ({})) {
    try {
      await api.post(`/cases/${this.id}${path}`, await body());
    } catch (problem) {
      if (!(problem instanceof api.Refused) || problem.code !== "readers") throw problem;
      await ring.load();
      await this.load();
      await api.post(`/cases/${this.id}${path}`, await body());
    }
    try {
      await this.refresh();
    } catch {
      throw new Done();
    }
  }
}

/** It was done; only the page could not be drawn again. */
class Done extends Error {
  constructor() {
    super(say("It was done, but this page could not be read again. Load it again before you go on."));
  }
}

/**
 * A form behind a disclosure. `send` answers true when it was done: then it closes and is emptied.
 * @param {string} id @param {string} title
 * @param {{hint?: (Node|string)[], controls?: (Node|null|false)[], label: string, kind?: string, shape?: string, send: (form: HTMLFormElement) => Promise<boolean|void>}} how
 */
export function act(id, title, { hint = [], controls = [], label, kind = "sealed", shape = "seal", send }) {
  const trouble = el("div", { id: `${id}-trouble` });
  const press = button(label, { kind, shape, type: "submit" });
  const form = /** @type {HTMLFormElement} */ (el("form.stack", {}, hint.length > 0 && el("p.small", {}, hint), controls, trouble, el("div.row", {}, press)));
  const holder = /** @type {HTMLDetailsElement} */ (el("details", { id }, el("summary", {}, title), form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(press, async () => {
      trouble.replaceChildren();
      try {
        if ((await send(form)) === false) return;
        form.reset();
        holder.open = false;
        holder.querySelector("summary")?.focus();
      } catch (problem) {
        showProblem(problem, trouble);
      }
    });
  });
  return holder;
}

/** @param {string} id @param {string} label @param {{hint?: string, rows?: string}} [more] */
export const longText = (id, label, { hint = "", rows = "3" } = {}) => field(id, label, el("textarea", { rows, maxlength: "20000", dir: "auto" }), { hint });
/** @param {string} id @param {string} label @param {[string, string][]} options @param {string} [chosen] */
export const choice = (id, label, options, chosen = "") => field(id, label, el("select", {}, options.map(([code, words]) => el("option", { value: code, selected: code === chosen }, words))));
/** @param {string} id @returns {string} what stands in a field */
export const valueOf = (id) => /** @type {HTMLInputElement} */ (part(id)).value.trim();
