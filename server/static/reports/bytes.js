// Bytes and their spellings, and `bind`: the one way anything is said to be signed or sealed for something.
// The same as policies/sealing.bind; tests/browser/test_reports_crypto.py holds the two together.
// @ts-check

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;

/** These bytes cannot be relied on: another key, another place, or damage. Show it; never guess. */
export class CannotOpen extends Error {}

/** @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => encoder.encode(text);

/** @param {Uint8Array} bytes @returns {string} */
export function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CannotOpen("not text");
  }
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes @returns {string} */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {unknown} digits @param {number} [length] in bytes @returns {Uint8Array} */
export function unhex(digits, length) {
  if (typeof digits !== "string" || digits.length % 2 || !/^[0-9a-f]*$/.test(digits)) throw new CannotOpen("not hexadecimal");
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
  if (length !== undefined && bytes.length !== length) throw new CannotOpen("not of this length");
  return bytes;
}

/** @param {Uint8Array} bytes @returns {string} */
export function base64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** @param {unknown} letters @returns {Uint8Array} */
export function unbase64(letters) {
  if (typeof letters !== "string" || !BASE64.test(letters)) throw new CannotOpen("not base64");
  const native = /** @type {any} */ (Uint8Array).fromBase64; // newer engines; the rule above holds for both
  if (native) return native.call(Uint8Array, letters);
  const binary = atob(letters);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** @param {number} value @param {number} bytes @returns {Uint8Array} big-endian */
export function number(value, bytes) {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError("not a whole number");
  const out = new Uint8Array(bytes);
  for (let at = bytes - 1, rest = value; at >= 0; at -= 1, rest = Math.floor(rest / 256)) out[at] = rest % 256;
  return out;
}

/**
 * What a signature or seal is for: every part behind a four-byte length, so no two lists give the same bytes.
 * @param {string} label @param {...(Uint8Array|string|number)} parts @returns {Uint8Array}
 */
export function bind(label, ...parts) {
  const pieces = [utf8(`gatepost/v1/${label}`)];
  for (const part of parts) pieces.push(typeof part === "number" ? number(part, 8) : typeof part === "string" ? utf8(part) : part);
  return join(...pieces.flatMap((piece) => [number(piece.length, 4), piece]));
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** @param {number} length @returns {Uint8Array} */
export const random = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param {Uint8Array} one @param {Uint8Array} other */
export const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
