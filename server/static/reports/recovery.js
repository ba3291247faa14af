// The recovery sheet: one more recipient of every report, on paper. 32 bytes of seed and 3 to catch a slip of
// the pen: 56 letters in 14 groups. It opens everything, so it is shown once and kept in a safe.
// @ts-check

import { bind, CannotOpen, join, random, same, sha256 } from "./bytes.js";
import { importPrivate } from "./keys25519.js";
import { bytesOf, inGroups, letters } from "./letters.js";

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

/** Say which groups of four cannot be right: too short, or letters that are none. @param {string} spelt @returns {number[]} */
export function doubtfulGroups(spelt) {
  const groups = spelt.trim().split(/[\s-]+/);
  return groups.flatMap((group, at) => (/^[0-9A-Za-zİı]{4}$/.test(group) && !/[uU]/.test(group) ? [] : [at + 1]));
}
