// Letting a later officer into the cases from before: every case is opened here and its key wrapped for them.
// Only into those that the school's routing would have given them; whom a report is about is never let in.
// @ts-check

import * as api from "./api.js";
import { hex, text, unbase64, unhex } from "./bytes.js";
import { makeGrant, openEnvelope, readEnvelope } from "./envelopes.js";
import { keyId } from "./keys25519.js";
import { ring } from "./keyring.js";
import { route } from "./officers.js";
import { placeOf } from "./opening.js";

/** @typedef {import("./officers.js").Officer} Officer */

/**
 * Every case my key opens, page by page; a flood from one laptop only if asked for.
 * @param {string} [query] @param {boolean} [floodToo] @returns {Promise<any[]>}
 */
export async function allCases(query = "", floodToo = true) {
  const found = [];
  for (const crowded of floodToo ? ["", "&crowded=1"] : [""]) {
    let before = "";
    for (;;) {
      const { cases, more } = await api.get(`/cases?${query}${crowded}${before && `&before=${before}`}`);
      found.push(...cases);
      if (!more || !cases.length) break;
      before = cases[cases.length - 1].id;
    }
  }
  return found;
}


/** What the routing says of this newcomer: let in, left out, or to be decided by people. @param {any} draft @param {Officer} newcomer */
export function decideGrant(draft, newcomer) {
  const officers = ring.listed?.officers ?? [];
  const unknown = (draft.not_to ?? []).filter((id) => !officers.some((one) => one.id === id));
  if (unknown.length) return "ask"; // it is about somebody whose key has changed since: perhaps this very person
  // The list says places, not offices: whoever is the head gets nothing about the head in any of them.
  if (draft.subject === "head" && ring.standings.some((one) => one.key_id === newcomer.id && one.roles.includes("head"))) return "out";
  return route(officers, draft.subject ?? "nobody-known", draft.not_to ?? []).some((one) => one.id === newcomer.id) ? "in" : "out";
}

/**
 * Grants for one case: the report and every sealed entry of it.
 * @param {{key: import("./keys25519.js").KeyPair, sign: CryptoKey, by: string}} giver @param {any} row @param {Officer} newcomer @param {string} query
 */
export async function grantsFor(giver, row, newcomer, query = "") {
  const { entries } = await api.get(`/cases/${row.id}${query && `?${query}`}`);
  const sealed = [{ envelope: row.envelope, grants: row.grants }, ...entries.filter((one) => one.envelope)];
  const at = new Date().toISOString();
  const made = [];
  for (const { envelope, grants } of sealed) {
    const encoded = unbase64(envelope);
    const hh = hex((await readEnvelope(encoded)).headerHash);
    if (made.some((one) => one.hh === hh)) continue;
    try {
      made.push({ hh, ...(await makeGrant(giver.key, giver.sign, encoded, newcomer.key, at, grants ?? [], giver.by)) });
    } catch {
      if (envelope === row.envelope) throw new Error("cannot open");
      // A note from before I was let in myself: somebody else has to grant that one.
    }
  }
  return made;
}

/**
 * Let somebody into all cases they should see. Stops between two cases when `signal` says so.
 * @param {Officer} newcomer @param {(done: number, of: number) => void} tell @param {AbortSignal} signal
 * @param {{key: import("./keys25519.js").KeyPair, query: string}} [sheet] the recovery sheet in place of my own key
 * @returns {Promise<{given: number, asked: any[], failed: number, stopped: boolean}>}
 */
export async function letIn(newcomer, tell, signal, sheet) {
  const mine = /** @type {import("./keyring.js").Keys} */ (ring.keys);
  const giver = { key: sheet?.key ?? mine.key, sign: mine.sign.privateKey, by: await keyId(mine.key.publicKey) };
  const rows = (await allCases(sheet?.query)).filter((row) => !row.readers.includes(newcomer.id));
  const result = { given: 0, asked: /** @type {any[]} */ ([]), failed: 0, stopped: false };
  for (const [at, row] of rows.entries()) {
    tell(at, rows.length);
    if (signal.aborted) return { ...result, stopped: true };
    try {
      const { payload } = await openEnvelope(giver.key, unbase64(row.envelope), unhex(row.signer, 32), placeOf(row), row.grants);
      const verdict = decideGrant(JSON.parse(text(payload)).draft, newcomer);
      if (verdict === "ask") result.asked.push(row);
      if (verdict !== "in") continue;
      await api.post(`/cases/${row.id}/grants${sheet ? `?${sheet.query}` : ""}`, { grants: await grantsFor(giver, row, newcomer, sheet?.query) });
      result.given += 1;
    } catch (problem) {
      if (problem instanceof api.Unreachable) throw problem;
      result.failed += 1;
    }
  }
  tell(rows.length, rows.length);
  return result;
}

