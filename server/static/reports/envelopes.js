// Words sealed to several people at once: the same layout as policies/envelopes.py (docs/decisions/0011),
// opened and made here. A grant lets a later reader in without sealing anything again.
// @ts-check

import { base64, bind, CannotOpen, hex, join, number, random, sha256, text, unbase64, utf8 } from "./bytes.js";
import * as hpke from "./hpke.js";
import { keyId, mustVerify, sign, verifies } from "./keys25519.js";

/** @typedef {import("./keys25519.js").KeyPair} KeyPair */
/** @typedef {{key: string, wrap: string, by: string, at: string, signature: string}} Grant wrap, signature: hex */
/** @typedef {{id: string, device: string, kind: string}} Place what was asked for */

const STEP_BYTES = 4096;
const MAX_PAYLOAD_BYTES = 256 * 1024;
const MAX_ENVELOPE_BYTES = 512 * 1024;
const SUITE = "X25519-HKDF-SHA256/HKDF-SHA256/AES-256-GCM";
const NONCE = new Uint8Array(12); // a content key closes one envelope and no other
const KEY_ID = /^[0-9a-f]{32}$/;
const TOKEN = /^[0-9A-Za-z-]{1,64}$/;

/** @param {unknown} value @param {string[]} names @returns {any} the object, if it has exactly these members */
export function shape(value, names) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new CannotOpen("not an object");
  const found = Object.keys(value);
  if (found.length !== names.length || !names.every((name) => Object.hasOwn(value, name))) throw new CannotOpen("unknown or missing members");
  return value;
}

/** @param {string} source @returns {unknown} */
export function parse(source) {
  try {
    return JSON.parse(source);
  } catch {
    throw new CannotOpen("not JSON");
  }
}

/** The outside of an envelope, checked. @param {Uint8Array} encoded */
export async function readEnvelope(encoded) {
  if (encoded.length > MAX_ENVELOPE_BYTES) throw new CannotOpen("larger than an envelope may be");
  const whole = shape(parse(text(encoded)), ["header", "sealed", "wraps", "signature"]);
  const headerBytes = unbase64(whole.header);
  const sealed = unbase64(whole.sealed);
  const signature = unbase64(whole.signature);
  if (headerBytes.length > 4096 || sealed.length > MAX_PAYLOAD_BYTES + 2 * STEP_BYTES || signature.length !== 64) throw new CannotOpen("a part has a wrong size");
  const names = typeof whole.wraps === "object" && whole.wraps !== null ? Object.keys(whole.wraps) : [];
  shape(whole.wraps, names);
  if (names.length > 32 || !names.every((name) => KEY_ID.test(name))) throw new CannotOpen("wraps for strange names");
  const wraps = new Map(names.map((name) => [name, unbase64(whole.wraps[name])]));
  const header = shape(parse(text(headerBytes)), ["v", "suite", "id", "device", "kind", "to", "commit"]);
  const tokens = [header.id, header.device, header.kind].every((one) => typeof one === "string" && TOKEN.test(one));
  const to = Array.isArray(header.to) && header.to.length >= 1 && header.to.length <= 32 && new Set(header.to).size === header.to.length && header.to.every((one) => typeof one === "string" && KEY_ID.test(one));
  const commit = typeof header.commit === "string" && /^[0-9a-f]{64}$/.test(header.commit);
  if (header.v !== 1 || header.suite !== SUITE || !tokens || !to || !commit) throw new CannotOpen("not an envelope this version knows");
  return { header, sealed, wraps, signature, headerHash: await sha256(headerBytes) };
}

const commitTo = async (contentKey) => hex(await sha256(bind("commit", contentKey)));
const signedPart = async (headerHash, sealed) => bind("envelope", headerHash, await sha256(sealed));
const grantSigned = (headerHash, grant, wrap) => bind("grant-signature", headerHash, grant.key, grant.by, grant.at, wrap);

async function aesGcm(use, contentKey, bytes, headerHash) {
  const key = await crypto.subtle.importKey("raw", contentKey, "AES-GCM", false, [use]);
  return new Uint8Array(await crypto.subtle[use]({ name: "AES-GCM", iv: NONCE, additionalData: bind("payload", headerHash) }, key, bytes));
}

function unpad(padded) {
  const length = padded[0] * 2 ** 24 + padded[1] * 2 ** 16 + padded[2] * 2 ** 8 + padded[3];
  const payload = padded.slice(4, 4 + length);
  const rest = padded.slice(4 + length);
  const ours = padded.length > 0 && padded.length % STEP_BYTES === 0 && payload.length === length && rest.length < STEP_BYTES && rest.every((byte) => byte === 0);
  if (!ours) throw new CannotOpen("the padding is not ours");
  return payload;
}

/** @type {WeakMap<Uint8Array, Promise<string>>} */ const ids = new WeakMap();
/** The id of a key that opens hundreds of envelopes is computed once. @param {Uint8Array} publicKey */
function myId(publicKey) {
  const known = ids.get(publicKey) ?? keyId(publicKey);
  ids.set(publicKey, known);
  return known;
}

/** The content key, by my own wrap or by a grant that was made for me; it must be the one the sender committed to. */
async function contentKeyOf(mine, outside, grants) {
  const me = await myId(mine.publicKey);
  const { header, wraps, headerHash } = outside;
  let found = null;
  let grant = null;
  if (header.to.includes(me) && wraps.has(me)) found = await hpke.open(mine, wraps.get(me), bind("wrap", headerHash, me));
  else {
    grant = grants.find((one) => one.key === me) ?? null;
    if (!grant) throw new CannotOpen("not sealed to this key");
    found = await hpke.open(mine, unhexWrap(grant.wrap), bind("grant", headerHash, me));
  }
  if ((await commitTo(found)) !== header.commit) throw new CannotOpen("the key is not the one the sender committed to");
  return { contentKey: found, grant };
}

const unhexWrap = (digits) => {
  if (typeof digits !== "string" || !/^(?:[0-9a-f]{2}){80}$/.test(digits)) throw new CannotOpen("not a wrap");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
};

/**
 * Open an envelope, if it is the one asked for and this sender signed it.
 * @param {KeyPair} mine @param {Uint8Array} encoded @param {Uint8Array} senderPublic Ed25519 @param {Place} place
 * @param {Grant[]} [grants]
 * @returns {Promise<{payload: Uint8Array, to: string[], dropped: string[], strange: string[], grant: Grant|null}>}
 */
export async function openEnvelope(mine, encoded, senderPublic, place, grants = []) {
  const outside = await readEnvelope(encoded);
  const { header, sealed, wraps, headerHash } = outside;
  await mustVerify(senderPublic, await signedPart(headerHash, sealed), outside.signature, "the signature does not hold");
  if (header.id !== place.id || header.device !== place.device || header.kind !== place.kind) throw new CannotOpen("another envelope than the one asked for");
  const { contentKey, grant } = await contentKeyOf(mine, outside, grants);
  let padded;
  try {
    padded = await aesGcm("decrypt", contentKey, sealed, headerHash);
  } catch {
    throw new CannotOpen("the seal does not open");
  }
  const dropped = header.to.filter((who) => !wraps.has(who));
  const strange = [...wraps.keys()].filter((who) => !header.to.includes(who));
  return { payload: unpad(padded), to: header.to, dropped, strange, grant };
}

/**
 * Seal words to everybody of `recipients` and sign the envelope.
 * @param {CryptoKey} signKey Ed25519 @param {Uint8Array[]} recipients @param {Uint8Array} payload @param {Place} place
 * @returns {Promise<Uint8Array>} JSON bytes
 */
export async function sealEnvelope(signKey, recipients, payload, place) {
  const to = await Promise.all(recipients.map(keyId));
  if (!to.length || new Set(to).size !== to.length) throw new RangeError("an envelope needs recipients, each of them once");
  if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError("too long to seal");
  const contentKey = random(32);
  const header = utf8(JSON.stringify({ v: 1, suite: SUITE, id: place.id, device: place.device, kind: place.kind, to, commit: await commitTo(contentKey) }));
  const headerHash = await sha256(header);
  const length = 4 + payload.length;
  const padded = join(number(payload.length, 4), payload, new Uint8Array((STEP_BYTES - (length % STEP_BYTES)) % STEP_BYTES));
  const sealed = await aesGcm("encrypt", contentKey, padded, headerHash);
  const wraps = {};
  for (const [at, who] of to.entries()) wraps[who] = base64(await hpke.seal(recipients[at], contentKey, bind("wrap", headerHash, who)));
  const signature = await sign(signKey, await signedPart(headerHash, sealed));
  const encoded = utf8(JSON.stringify({ header: base64(header), sealed: base64(sealed), wraps, signature: base64(signature) }));
  await readEnvelope(encoded);
  return encoded;
}

/**
 * Let a later reader in: wrap the content key for them and sign that it was me.
 * @param {KeyPair} mine @param {CryptoKey} signKey @param {Uint8Array} encoded @param {Uint8Array} newcomer X25519
 * @param {string} at ISO time @param {Grant[]} [grants] by which I may read it myself
 * @param {string} [by] id of the officer who signs, if `mine` is the recovery sheet's key
 * @returns {Promise<Grant>}
 */
export async function makeGrant(mine, signKey, encoded, newcomer, at, grants = [], by = "") {
  const outside = await readEnvelope(encoded);
  const { contentKey } = await contentKeyOf(mine, outside, grants);
  const key = await keyId(newcomer);
  const wrap = await hpke.seal(newcomer, contentKey, bind("grant", outside.headerHash, key));
  const grant = { key, by: by || (await keyId(mine.publicKey)), at };
  const signature = await sign(signKey, grantSigned(outside.headerHash, grant, wrap));
  return { ...grant, wrap: hex(wrap), signature: hex(signature) };
}

/** Say whether this officer really made this grant. @param {Uint8Array} encoded @param {Grant} grant @param {Uint8Array} signPublic */
export async function grantHolds(encoded, grant, signPublic) {
  const { headerHash } = await readEnvelope(encoded);
  const signature = Uint8Array.from(grant.signature.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return verifies(signPublic, grantSigned(headerHash, grant, unhexWrap(grant.wrap)), signature);
}
