// What is typed survives a closed key and a reload of this tab, sealed to my own key; nobody else opens it.
// @ts-check

import { base64, bind, text, unbase64, utf8 } from "./bytes.js";
import * as hpke from "./hpke.js";
import { ring } from "./keyring.js";

const WAIT_MS = 600;
/** @type {Map<string, number>} */ const waiting = new Map();

/** @param {string} name @param {string} words empty: forget it */
export function keepDraft(name, words) {
  clearTimeout(waiting.get(name));
  if (!words) return sessionStorage.removeItem(`draft-${name}`);
  const key = ring.keys?.key.publicKey;
  if (!key) return;
  waiting.set(name, setTimeout(async () => {
    sessionStorage.setItem(`draft-${name}`, base64(await hpke.seal(key, utf8(words), bind("draft", name))));
  }, WAIT_MS));
}

/** @param {string} name @returns {Promise<string>} */
export async function restoreDraft(name) {
  const kept = sessionStorage.getItem(`draft-${name}`);
  if (!kept || !ring.keys) return "";
  try {
    return text(await hpke.open(ring.keys.key, unbase64(kept), bind("draft", name)));
  } catch {
    return ""; // another officer's, or of a key from before
  }
}
