// An officer's private keys under a passphrase that the page makes. What the server stores is useless without
// it; what comes out again cannot be copied out of the browser.
// @ts-check

import { bind, CannotOpen, hex, join, random, unhex, utf8 } from "./bytes.js";
import { shape } from "./envelopes.js";
import { newPair } from "./keys25519.js";
import { inGroups, letters, readLetters } from "./letters.js";

/** @typedef {import("./keys25519.js").KeyPair} KeyPair */
/** @typedef {{key: KeyPair, sign: KeyPair, root: KeyPair|null}} Keys */
/** @typedef {{sheet: string, root_box: string}} Beside hex: the recovery sheet's public key, and the root sealed to it */

const ITERATIONS = 1_200_000;
const FEWEST_ITERATIONS = 600_000; // a server must not be able to make guessing cheap
const MOST_ITERATIONS = 20_000_000;
const PASSPHRASE_BYTES = 10; // 80 bits: 16 letters
const IV_BYTES = 12;
const KDF = "PBKDF2-SHA256";
const KINDS = { key: "X25519", sign_key: "Ed25519", root: "Ed25519" };

/** A passphrase nobody chose: 16 letters in 4 groups. @returns {string} */
export const newPassphrase = () => inGroups(letters(random(PASSPHRASE_BYTES)));

/** The same passphrase however it is typed. @param {string} typed @returns {string} */
export const tidyPassphrase = (typed) => readLetters(typed);

/** @returns {Promise<Keys>} fresh keys; the root only for whoever makes the school's */
export async function newKeys(withRoot = false) {
  return { key: await newPair("X25519"), sign: await newPair("Ed25519"), root: withRoot ? await newPair("Ed25519") : null };
}

async function wrappingKey(passphrase, kdf) {
  const source = await crypto.subtle.importKey("raw", utf8(tidyPassphrase(passphrase)), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: unhex(kdf.salt, 16), iterations: kdf.iterations };
  return crypto.subtle.deriveKey(how, source, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

const FIELDS = ["v", "kdf", "key", "sign_key", "root", "sheet", "root_box", "wrapped"];
const NOTHING = { sheet: "", root_box: "" };

/** Everything that stands plainly in the record is bound: a server that changes a letter of it opens nothing. */
const aadOf = (staff, part, record) =>
  bind("officer-key", staff, part, record.key, record.sign_key, record.root, record.sheet, record.root_box, record.kdf.name, record.kdf.iterations, record.kdf.salt);

/**
 * Wrap keys for the server to keep. The keys must still be extractable, so: right after `newKeys`.
 * @param {Keys} keys @param {string} passphrase @param {string} staff @param {Beside} [beside] only with a root
 * @returns {Promise<string>} the record, as JSON
 */
export async function wrapKeys(keys, passphrase, staff, beside = NOTHING) {
  const record = {
    v: 1,
    kdf: { name: KDF, iterations: ITERATIONS, salt: hex(random(16)) },
    key: hex(keys.key.publicKey),
    sign_key: hex(keys.sign.publicKey),
    root: keys.root ? hex(keys.root.publicKey) : "",
    sheet: beside.sheet,
    root_box: beside.root_box,
    wrapped: {},
  };
  const under = await wrappingKey(passphrase, record.kdf);
  for (const [part, pair] of /** @type {[string, KeyPair|null][]} */ ([["key", keys.key], ["sign_key", keys.sign], ["root", keys.root]])) {
    if (!pair) continue;
    const iv = random(IV_BYTES);
    const how = { name: "AES-GCM", iv, additionalData: aadOf(staff, part, record) };
    record.wrapped[part] = hex(join(iv, new Uint8Array(await crypto.subtle.wrapKey("pkcs8", pair.privateKey, under, how))));
  }
  return JSON.stringify(record);
}

/**
 * Open a record. Throws CannotOpen for a wrong passphrase and for any change of the record.
 * `again`: extractable, only to wrap the same keys under a new passphrase at once.
 * @param {string} stored @param {string} passphrase @param {string} staff @param {boolean} [again]
 * @returns {Promise<Keys & {beside: Beside}>}
 */
export async function unwrapKeys(stored, passphrase, staff, again = false) {
  let record;
  try {
    record = shape(JSON.parse(stored), FIELDS);
    shape(record.kdf, ["name", "iterations", "salt"]);
    shape(record.wrapped, record.root ? ["key", "sign_key", "root"] : ["key", "sign_key"]);
  } catch {
    throw new CannotOpen("not a key record this version knows");
  }
  const { name, iterations } = record.kdf;
  if (record.v !== 1 || name !== KDF || !Number.isInteger(iterations) || iterations < FEWEST_ITERATIONS || iterations > MOST_ITERATIONS) throw new CannotOpen("not a key record this version knows");
  const under = await wrappingKey(passphrase, record.kdf);
  const open = async (part) => {
    const stood = unhex(record.wrapped[part]);
    const uses = /** @type {KeyUsage[]} */ (KINDS[part] === "X25519" ? ["deriveBits"] : ["sign"]);
    const how = { name: "AES-GCM", iv: stood.slice(0, IV_BYTES), additionalData: aadOf(staff, part, record) };
    try {
      return await crypto.subtle.unwrapKey("pkcs8", stood.slice(IV_BYTES), under, how, KINDS[part], again, uses);
    } catch {
      throw new CannotOpen("wrong passphrase, or the record was changed");
    }
  };
  const key = { privateKey: await open("key"), publicKey: unhex(record.key, 32) };
  const sign = { privateKey: await open("sign_key"), publicKey: unhex(record.sign_key, 32) };
  const root = record.root ? { privateKey: await open("root"), publicKey: unhex(record.root, 32) } : null;
  return { key, sign, root, beside: { sheet: record.sheet, root_box: record.root_box } };
}
