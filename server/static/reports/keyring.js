// The officer's key while it is open: in this page's memory only, for an hour, and closed when nobody is here.
// Also whom to believe: the signed list, checked against what this browser remembers of it.
// @ts-check

import * as api from "./api.js";
import { CannotOpen, hex } from "./bytes.js";
import { keyId } from "./keys25519.js";
import { signedFrom, takeOfficers } from "./officers.js";
import { unwrapKeys } from "./wrapping.js";
import { say } from "./words.js";

export const OPEN_MS = 60 * 60 * 1000;
export const IDLE_MS = 15 * 60 * 1000;
const PIN = "gatepost-officers"; // what this browser remembers of the list: public, nothing secret
const COMPARED = "gatepost-school-key"; // the root that somebody compared by eye

/** @typedef {import("./wrapping.js").Keys & {beside: import("./wrapping.js").Beside}} Keys */
/** @typedef {import("./officers.js").Officer} Officer */

class Keyring extends EventTarget {
  /** @type {Keys|null} */ keys = null;
  /** @type {any} */ me = null;
  /** What of my key record stands plainly in it; believed only once the passphrase opened it. @type {any} */ record = null;
  /** @type {any[]} */ standings = [];
  /** @type {any} the list as the server gave it */ given = null;
  /** @type {import("./officers.js").Listed|null} */ listed = null;
  /** Why the list is not believed; empty if it is, or if there is none yet. */
  distrust = "";
  id = "";
  openUntil = 0;
  touchedAt = Date.now();

  constructor() {
    super();
    for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(kind, () => { this.touchedAt = Date.now(); }, { passive: true, capture: true });
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    setInterval(() => this.#lookAtTheClock(), 5000);
  }

  /** Whether somebody at this browser has compared the school's key with paper or by voice. */
  get isCompared() {
    return !this.given || localStorage.getItem(COMPARED) === this.given.root || hex(this.keys?.root?.publicKey ?? new Uint8Array()) === this.given.root;
  }

  compared() {
    localStorage.setItem(COMPARED, this.given.root);
  }

  get isOpen() {
    return this.keys !== null;
  }

  /** Ask the server who I am and who is on the list; believe the list only as far as it proves itself. */
  async load() {
    const found = await api.get("/keys");
    this.me = found.me;
    this.record = found.me.record === null ? null : JSON.parse(found.me.record);
    this.standings = found.officers;
    await this.believe(found.list);
  }

  /** Take a list only if it proves itself and is no older than the last this browser took. @param {any} given */
  async believe(given) {
    this.given = given;
    this.listed = null;
    this.distrust = "";
    const pin = JSON.parse(localStorage.getItem(PIN) ?? "null");
    if (!given) {
      if (pin) this.distrust = "the server holds back the list that this browser has seen";
      return;
    }
    try {
      const taken = await takeOfficers(signedFrom(given), pin);
      this.listed = taken.listed;
      localStorage.setItem(PIN, JSON.stringify(taken.pin));
    } catch (problem) {
      this.distrust = problem instanceof Error ? problem.message : String(problem);
    }
  }

  /** Open my key. Throws CannotOpen for a wrong passphrase. @param {string} passphrase @param {boolean} [again] */
  async unlock(passphrase, again = false) {
    const keys = await unwrapKeys(this.me.record, passphrase, String(this.me.staff), again);
    this.id = await keyId(keys.key.publicKey);
    if (this.id !== this.me.key_id) throw new CannotOpen("the server says that my key is another one");
    if (keys.root && this.given) await this.#followsFrom(hex(keys.root.publicKey));
    if (again) return keys;
    this.keys = keys;
    this.touchedAt = Date.now();
    this.openUntil = Date.now() + OPEN_MS;
    this.dispatchEvent(new Event("opened"));
    return keys;
  }

  /** Whoever holds the school's key needs no comparing: the list is signed by it, or by one it named. @param {string} root */
  async #followsFrom(root) {
    try {
      await takeOfficers(signedFrom(this.given), { root, seq: 0, list: "" });
    } catch {
      this.distrust = "the list is signed by another key than the school’s";
    }
  }

  /** Forget the key and everything that was opened with it. @param {"asked"|"idle"|"hour"} [why] */
  close(why = "asked") {
    if (!this.keys) return;
    this.keys = null;
    this.dispatchEvent(new CustomEvent("closed", { detail: why }));
  }

  #lookAtTheClock() {
    if (!this.keys) return;
    if (Date.now() >= this.openUntil) this.close("hour");
    else if (Date.now() - this.touchedAt >= IDLE_MS) this.close("idle");
  }

  /** Somebody on the list in force, by the id of their key. @param {string} id @returns {Officer|null} */
  officer(id) {
    return this.listed?.officers.find((one) => one.id === id) ?? null;
  }

  /** @param {string} id @returns {string} how people call the holder of a key */
  nameOf(id) {
    const found = this.officer(id);
    if (!found) {
      const once = this.standings.find((one) => one.key_id === id);
      return once ? once.name : say("a key that is not on the list ({id})", { id: id.slice(0, 8) });
    }
    return found.role === "recovery" ? say("the recovery sheet") : found.name;
  }
}

export const ring = new Keyring();
