// The cases this officer may read, opened in memory and searchable; nothing of them is kept when the key closes.
// @ts-check

import * as api from "./api.js";
import { CannotOpen } from "./bytes.js";
import { allCases } from "./keys_grants.js";
import { ring } from "./keyring.js";
import { COARSE, HARMS, PROCEDURES, STAFF_WHAT } from "./labels.js";
import { openReport } from "./opening.js";
import { folded } from "./words.js";

/** @typedef {{row: any, opened: import("./opening.js").OpenedReport|null, trouble: string, hay: string}} Kept */

const AT_ONCE = 24;
const POLL_MS = 10_000;
const LEFT_ALONE_MS = 60 * 60_000; // after that nothing is asked any more, so that the sign-in can end

class Store extends EventTarget {
  /** @type {Map<string, Kept>} */ cases = new Map();
  crowded = 0;
  floodToo = false;
  loadedAt = 0;
  lostSince = 0;
  #polling = false;

  constructor() {
    super();
    ring.addEventListener("closed", () => this.forget());
  }

  /** Everything that was opened goes; what the server shows plainly stays. */
  forget() {
    for (const kept of this.cases.values()) Object.assign(kept, { opened: null, trouble: "", hay: hayOf(kept.row, null) });
  }

  /** Read all cases, and open them if the key is open. */
  async load() {
    const rows = await allCases("", false);
    if (this.floodToo) rows.push(...(await api.get("/cases?crowded=1")).cases); // the newest 500: a flood must not drown this page
    const before = this.cases;
    this.cases = new Map();
    for (const row of rows) {
      const known = before.get(row.id);
      const same = known && known.row.envelope === row.envelope && known.opened && ring.isOpen;
      this.cases.set(row.id, same ? { ...known, row, hay: hayOf(row, known.opened) } : { row, opened: null, trouble: "", hay: hayOf(row, null) });
    }
    this.loadedAt = Date.now();
    this.lostSince = 0;
    if (ring.isOpen) await this.openAll();
  }

  /** Open what is not open yet, some at a time so that the page stays alive. */
  async openAll() {
    const waiting = [...this.cases.values()].filter((kept) => !kept.opened && !kept.trouble);
    const next = waiting.values();
    const take = async () => {
      for (const kept of next) await this.#open(kept);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, take));
  }

  async #open(kept) {
    try {
      const opened = await openReport(kept.row);
      if (!ring.isOpen) return;
      kept.opened = opened;
    } catch (problem) {
      kept.trouble = problem instanceof CannotOpen ? problem.message : String(problem);
    }
    kept.hay = hayOf(kept.row, kept.opened);
  }

  /** @param {string} words @param {string} state "" is all that is not closed @param {string} procedure */
  find(words, state, procedure = "") {
    const needles = folded(words).split(/\s+/).filter(Boolean);
    const found = [...this.cases.values()].filter(({ row, hay }) =>
      (state === "all" || (state ? row.state === state : row.state !== "closed")) && (!procedure || row.procedure === procedure) && needles.every((needle) => hay.includes(needle)));
    return found.sort(byUrgency);
  }

  /** Look for new ones every few seconds, for as long as the page is open. */
  watch() {
    if (this.#polling) return;
    this.#polling = true;
    const look = async () => {
      if (!ring.isOpen && Date.now() - ring.touchedAt > LEFT_ALONE_MS) return void setTimeout(look, POLL_MS);
      try {
        const { cases, crowded } = await api.get("/cases?state=new");
        const known = new Set([...this.cases.values()].filter(({ row }) => row.state === "new" && !row.crowded).map(({ row }) => `${row.id} ${row.escalated}`));
        const now = new Set(cases.map((row) => `${row.id} ${row.escalated}`));
        const differs = known.size !== now.size || [...now].some((id) => !known.has(id)) || crowded !== this.crowded;
        const back = this.lostSince > 0;
        this.lostSince = 0;
        this.crowded = crowded;
        if (differs) await this.load();
        if (differs || back) this.dispatchEvent(new CustomEvent("changed", { detail: [...now].filter((id) => !known.has(id)).length }));
      } catch (problem) {
        const signedOut = problem instanceof api.Refused && problem.status === 401;
        if (!this.lostSince) this.lostSince = Date.now();
        this.dispatchEvent(new CustomEvent("lost", { detail: signedOut }));
        if (signedOut) ring.close("asked");
      }
      setTimeout(look, POLL_MS);
    };
    setTimeout(look, POLL_MS);
  }
}

function hayOf(row, opened) {
  const plain = [row.number, row.year, row.hostname, row.room, COARSE[row.coarse], row.reference, PROCEDURES[row.procedure], STAFF_WHAT[row.what], row.reported_by];
  if (!opened) return folded(plain.filter(Boolean).join("\n"));
  const { words } = opened;
  const told = [words.display_name, words.person, words.os_user, words.draft.words, words.draft.talk_to, ...words.draft.addresses, ...words.draft.harms.map((harm) => HARMS[harm])];
  return folded([...plain, ...told].filter(Boolean).join("\n"));
}

const rank = ({ row }) => (row.state === "closed" ? 4 : row.urgency === "danger" ? (row.state === "new" ? 0 : 2) : row.state === "new" ? 1 : 3);
const byUrgency = (one, other) => rank(one) - rank(other) || String(other.row.opened_at).localeCompare(String(one.row.opened_at));

export const store = new Store();
