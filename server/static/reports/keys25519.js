// X25519 and Ed25519 keys in WebCrypto: made, imported, signed with. Private keys enter only as pkcs8.
// @ts-check

import { bind, CannotOpen, hex, join, sha256, unhex } from "./bytes.js";

/** @typedef {{privateKey: CryptoKey, publicKey: Uint8Array}} KeyPair */

const PKCS8 = { X25519: "302e020100300506032b656e04220420", Ed25519: "302e020100300506032b657004220420" };
const USES = { X25519: ["deriveBits"], Ed25519: ["sign"] };

/** @param {CryptoKey} key @returns {Promise<Uint8Array>} 32 bytes */
export const exportPublic = async (key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));

/** @param {Uint8Array} raw @returns {Promise<CryptoKey>} for opening and sealing */
export const importPublic = (raw) => crypto.subtle.importKey("raw", raw, "X25519", false, []);

/** @param {"X25519"|"Ed25519"} kind @returns {Promise<KeyPair>} extractable until it is wrapped */
export async function newPair(kind) {
  const uses = kind === "X25519" ? ["deriveBits"] : ["sign", "verify"];
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(kind, true, /** @type {KeyUsage[]} */ (uses)));
  return { privateKey: pair.privateKey, publicKey: await exportPublic(pair.publicKey) };
}

/**
 * Import 32 raw private bytes; the public half is computed, never believed.
 * @param {"X25519"|"Ed25519"} kind @param {Uint8Array} raw @param {boolean} [again] extractable, to be wrapped at once
 * @returns {Promise<KeyPair>}
 */
export async function importPrivate(kind, raw, again = false) {
  const pkcs8 = join(unhex(PKCS8[kind]), raw);
  const uses = /** @type {KeyUsage[]} */ (USES[kind]);
  const seen = await crypto.subtle.importKey("pkcs8", pkcs8, kind, true, uses);
  const { x } = await crypto.subtle.exportKey("jwk", seen);
  const letters = atob(String(x).replace(/-/g, "+").replace(/_/g, "/"));
  const publicKey = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  return { privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, kind, again, uses), publicKey };
}

/** @param {CryptoKey} privateKey @param {Uint8Array} bound @returns {Promise<Uint8Array>} 64 bytes */
export const sign = async (privateKey, bound) => new Uint8Array(await crypto.subtle.sign("Ed25519", privateKey, bound));

/** @param {Uint8Array} publicKey @param {Uint8Array} bound @param {Uint8Array} signature @returns {Promise<boolean>} */
export async function verifies(publicKey, bound, signature) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, bound);
  } catch {
    return false;
  }
}

/** @param {Uint8Array} publicKey @param {Uint8Array} bound @param {Uint8Array} signature @param {string} why */
export async function mustVerify(publicKey, bound, signature, why) {
  if (!(await verifies(publicKey, bound, signature))) throw new CannotOpen(why);
}

/** @param {Uint8Array} publicKey X25519 @returns {Promise<string>} 32 hexadecimal digits */
export const keyId = async (publicKey) => hex(await sha256(bind("key-id", publicKey))).slice(0, 32);

/** A name for keys that people can compare by voice: 8 groups of 4. @param {...Uint8Array} keys */
export const fingerprint = async (...keys) => hex(await sha256(join(...keys))).slice(0, 32).replace(/(.{4})(?=.)/g, "$1 ");
