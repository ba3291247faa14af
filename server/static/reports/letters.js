// Crockford's base32: letters that survive paper and being read aloud. O, I and L are read as 0, 1 and 1.
// @ts-check

import { CannotOpen } from "./bytes.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @param {Uint8Array} bytes a multiple of 5 bytes @returns {string} 8 letters for each 5 bytes */
export function letters(bytes) {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[parseInt(five, 2)]).join("");
}

/** @param {string} spelt @returns {string} in groups of four */
export const inGroups = (spelt) => spelt.replace(/(.{4})(?=.)/g, "$1-");

/** What somebody typed, as letters of the alphabet; other signs stay, so that they cannot vanish unseen. @param {string} typed */
export const readLetters = (typed) =>
  typed.normalize("NFKC").toUpperCase().replace(/[\s\-\u2010-\u2015.]/g, "").replace(/[İIıL]/g, "1").replace(/O/g, "0");

/** @param {string} spelt @returns {Uint8Array} */
export function bytesOf(spelt) {
  const tidy = readLetters(spelt);
  if (tidy.length % 8 || ![...tidy].every((letter) => ALPHABET.includes(letter))) throw new CannotOpen("letters are missing or wrong");
  const bits = [...tidy].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (eight) => parseInt(eight, 2));
}
