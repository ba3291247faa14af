// HPKE base mode (RFC 9180), one closed suite: X25519, HKDF-SHA256, AES-256-GCM, one message per key share.
// Composed of WebCrypto's primitives; none is made here. WebCrypto's HKDF cannot extract and expand apart,
// so both are HMAC, each at most one block long. Checked against RFC 9180 and the CFRG's vectors, and against
// policies/sealing.py both ways.
// @ts-check

import { CannotOpen, join, number, utf8 } from "./bytes.js";
import { exportPublic, importPublic } from "./keys25519.js";

const VERSION = utf8("HPKE-v1");
const KEM_SUITE = join(utf8("KEM"), number(0x20, 2));
const NOTHING = new Uint8Array(0);
const AES_256_GCM = 2;
const KEY_SHARE_BYTES = 32;
const TAG_BYTES = 16;

/** WebCrypto refuses an empty HMAC key; RFC 5869 says an absent salt is one block of zeros. */
async function hmac(key, bytes) {
  const made = await crypto.subtle.importKey("raw", key.length ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, bytes));
}
const extract = (suite, salt, label, secret) => hmac(salt, join(VERSION, suite, utf8(label), secret));
const expand = async (suite, key, label, info, length) =>
  (await hmac(key, join(number(length, 2), VERSION, suite, utf8(label), info, Uint8Array.of(1)))).slice(0, length);

async function sharedSecret(privateKey, otherPublic, share, recipient) {
  const key = await importPublic(otherPublic);
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: key }, privateKey, 256));
  if (secret.every((byte) => byte === 0)) throw new CannotOpen("a key no secret can come from");
  return expand(KEM_SUITE, await extract(KEM_SUITE, NOTHING, "eae_prk", secret), "shared_secret", join(share, recipient), 32);
}

/** The same for every message without a pre-shared key. @type {Record<number, Promise<Uint8Array>>} */
const pskIdHash = {};

/** The AES key and nonce of the first message; `aead` differs from AES-256-GCM only in RFC 9180's own vector. */
export async function schedule(shared, info, aead = AES_256_GCM) {
  const suite = join(utf8("HPKE"), number(0x20, 2), number(1, 2), number(aead, 2));
  pskIdHash[aead] ??= extract(suite, NOTHING, "psk_id_hash", NOTHING);
  const context = join(Uint8Array.of(0), await pskIdHash[aead], await extract(suite, NOTHING, "info_hash", info));
  const secret = await extract(suite, shared, "secret", NOTHING);
  const key = await expand(suite, secret, "key", context, aead === AES_256_GCM ? 32 : 16);
  return { key, nonce: await expand(suite, secret, "base_nonce", context, 12) };
}

async function aes(use, { key, nonce }, bytes, aad) {
  const made = await crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
  return new Uint8Array(await crypto.subtle[use]({ name: "AES-GCM", iv: nonce, additionalData: aad }, made, bytes));
}

/**
 * Seal to the holder of one key: 32 bytes of key share, the ciphertext, 16 bytes of tag.
 * @param {Uint8Array} recipient public key @param {Uint8Array} plain @param {Uint8Array} info from `bind`
 * @param {{ephemeral?: CryptoKeyPair, aead?: number, aad?: Uint8Array}} [fixed] only for the vectors
 * @returns {Promise<Uint8Array>}
 */
export async function seal(recipient, plain, info, fixed = {}) {
  const pair = fixed.ephemeral ?? /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey("X25519", true, ["deriveBits"]));
  const share = await exportPublic(pair.publicKey);
  const shared = await sharedSecret(pair.privateKey, recipient, share, recipient);
  return join(share, await aes("encrypt", await schedule(shared, info, fixed.aead), plain, fixed.aad ?? NOTHING));
}

/**
 * Return the plain bytes; throws CannotOpen whatever is wrong (engines differ in what they throw).
 * @param {{privateKey: CryptoKey, publicKey: Uint8Array}} mine @param {Uint8Array} sealed @param {Uint8Array} info
 * @param {{aead?: number, aad?: Uint8Array}} [fixed] only for the vectors
 * @returns {Promise<Uint8Array>}
 */
export async function open(mine, sealed, info, fixed = {}) {
  if (sealed.length < KEY_SHARE_BYTES + TAG_BYTES) throw new CannotOpen("too short for a seal");
  try {
    const share = sealed.slice(0, KEY_SHARE_BYTES);
    const shared = await sharedSecret(mine.privateKey, share, share, mine.publicKey);
    return await aes("decrypt", await schedule(shared, info, fixed.aead), sealed.slice(KEY_SHARE_BYTES), fixed.aad ?? NOTHING);
  } catch {
    throw new CannotOpen("the seal does not open");
  }
}
