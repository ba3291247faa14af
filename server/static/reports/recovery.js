// The recovery sheet: one more recipient of every report, on paper. 32 bytes of seed and 3 to catch a slip of
// the pen: 56 letters in 14 groups. It opens everything, so it is shown once and kept in a safe.
// @ts-check

import { bind, CannotOpen, join, random, same, sha256 } from "./bytes.js";
import * as hpke from "./hpke.js";
import { importPrivate } from "./keys25519.js";
import { bytesOf, inGroups, letters, readLetters } from "./letters.js";

const SEED_BYTES = 32;
const CHECK_BYTES = 3;

const check = async (seed) => (await sha256(bind("recovery-check", seed))).slice(0, CHECK_BYTES);

/** @returns {Promise<{spelt: string, publicKey: Uint8Array}>} a new sheet */
export async function newSheet() {
  const seed = random(SEED_BYTES);
  const { publicKey } = await importPrivate("X25519", seed);
  return { spelt: inGroups(letters(join(seed, await check(seed)))), publicKey };
}

/**
 * Read a sheet back. Throws CannotOpen if a letter is wrong or missing.
 * @param {string} spelt @returns {Promise<import("./keys25519.js").KeyPair>}
 */
export async function readSheet(spelt) {
  const bytes = bytesOf(spelt);
  const seed = bytes.slice(0, SEED_BYTES);
  if (bytes.length !== SEED_BYTES + CHECK_BYTES || !same(bytes.slice(SEED_BYTES), await check(seed))) throw new CannotOpen("letters are missing or wrong");
  return importPrivate("X25519", seed);
}

/** Which groups of four differ from what the sheet says, counted from 1. @param {string} typed @param {string} spelt @returns {number[]} */
export function wrongGroups(typed, spelt) {
  const tidy = readLetters(typed);
  const right = readLetters(spelt);
  const groups = Array.from({ length: right.length / 4 }, (_, at) => at);
  return groups.filter((at) => tidy.slice(4 * at, 4 * at + 4) !== right.slice(4 * at, 4 * at + 4)).map((at) => at + 1);
}

const RAW_AT = 16; // a pkcs8 of these keys is 16 fixed bytes and the 32 of the key

/**
 * Seal the school's root key to the sheet, so that a lost passphrase does not lose it.
 * @param {Uint8Array} sheet public key @param {import("./keys25519.js").KeyPair} root extractable
 * @returns {Promise<Uint8Array>}
 */
export async function boxRoot(sheet, root) {
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", root.privateKey));
  return hpke.seal(sheet, pkcs8.slice(RAW_AT), bind("root-recovery", root.publicKey));
}

/** @param {import("./keys25519.js").KeyPair} sheet @param {Uint8Array} box @param {Uint8Array} rootPublic as laptops know it */
export async function openRoot(sheet, box, rootPublic) {
  const root = await importPrivate("Ed25519", await hpke.open(sheet, box, bind("root-recovery", rootPublic)), true);
  if (!same(root.publicKey, rootPublic)) throw new CannotOpen("not the school’s key");
  return root;
}
