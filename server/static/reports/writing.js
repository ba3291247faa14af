// What an officer writes: notes, grants, an answer to the pupil. All sealed here, before anything is sent.
// @ts-check

import { bind, hex, random, utf8 } from "./bytes.js";
import { sealEnvelope } from "./envelopes.js";
import * as hpke from "./hpke.js";
import { keyId, newPair, sign } from "./keys25519.js";

/** @typedef {import("./keys25519.js").KeyPair} KeyPair */

/** The name an officer signs under in an envelope's header. @param {string} id of the officer's key */
export const signerName = (id) => `officer-${id.slice(0, 16)}`;

/**
 * Seal a note of one case; its id is fresh, so no note can stand in another's place.
 * @param {{key: KeyPair, sign: KeyPair}} keys @param {Uint8Array[]} readers @param {Record<string, unknown>} note
 * @returns {Promise<Uint8Array>}
 */
export async function sealNote(keys, readers, note) {
  const place = { id: hex(random(16)), device: signerName(await keyId(keys.key.publicKey)), kind: "note" };
  return sealEnvelope(keys.sign.privateKey, readers, utf8(JSON.stringify({ v: 1, ...note })), place);
}

/**
 * Seal an answer to the key that the pupil's report carried; only that laptop opens it.
 * @param {KeyPair} signer @param {Uint8Array} replyKey @param {{report: string, device: string, at: string, by: string, words: string}} reply
 */
export async function sealReply(signer, replyKey, reply) {
  const { report, device, at, by, words } = reply;
  const sealed = await hpke.seal(replyKey, utf8(JSON.stringify({ v: 1, report, at, by, words })), bind("reply", report, device));
  return { sealed, signature: await sign(signer.privateKey, bind("reply-signature", report, device, sealed)) };
}

/**
 * Seal a report written by a member of staff; the key that signs it is used once, the sign-in says who wrote.
 * @param {Uint8Array[]} recipients @param {string} report @param {Record<string, unknown>} words ReportWords
 */
export async function sealStaffReport(recipients, report, words) {
  const once = await newPair("Ed25519");
  const place = { id: report, device: "staff", kind: "staff-report" };
  return { envelope: await sealEnvelope(once.privateKey, recipients, utf8(JSON.stringify(words)), place), signer: once.publicKey };
}

/** What an officer signs to show that both keys are theirs. @param {KeyPair} signer @param {string} staff @param {Uint8Array} key */
export const proofOf = (signer, staff, key) => sign(signer.privateKey, bind("officer-proof", staff, key));
