// Who may open reports: the list that the school's root key signs. Read with the same rules as
// policies/officers.py, and never taken back to an older one by this browser.
// @ts-check

import { base64, bind, CannotOpen, hex, same, text, unbase64, unhex, utf8 } from "./bytes.js";
import { parse, shape } from "./envelopes.js";
import { keyId, mustVerify, sign } from "./keys25519.js";

/** @typedef {"lead"|"deputy"|"head"|"alternate"|"recovery"} Role */
/** @typedef {{id: string, name: string, role: Role, key: Uint8Array, signKey: Uint8Array, since: string}} Officer */
/** @typedef {{old: Uint8Array, new: Uint8Array, signature: Uint8Array}} RootChange */
/** @typedef {{list: Uint8Array, signature: Uint8Array, root: Uint8Array, changes: RootChange[]}} Signed */
/** @typedef {{seq: number, officers: Officer[]}} Listed */
/** @typedef {{root: string, seq: number, list: string}} Pin what this browser remembers: hex, number, base64 */

const ROLES = ["lead", "deputy", "head", "alternate", "recovery"];
const MOST_OFFICERS = 24;
export const NO_SIGN_KEY = new Uint8Array(32);
export const FEWEST_OFFICERS = 2;

/** The list as the server's answers spell it. @param {any} given @returns {Signed} */
export function signedFrom(given) {
  const changes = (given.changes ?? []).map((one) => ({ old: unhex(one.old, 32), new: unhex(one.new, 32), signature: unhex(one.signature, 64) }));
  return { list: unbase64(given.list), signature: unhex(given.signature, 64), root: unhex(given.root, 32), changes };
}

/** @param {Signed} signed */
export function signedInto(signed) {
  const changes = signed.changes.map((one) => ({ old: hex(one.old), new: hex(one.new), signature: hex(one.signature) }));
  return { list: base64(signed.list), signature: hex(signed.signature), root: hex(signed.root), changes };
}

async function officerFrom(found) {
  const { name, role, key, sign_key: signKey, since } = shape(found, ["name", "role", "key", "sign_key", "since"]);
  const known = typeof name === "string" && /\S/.test(name) && [...name].length <= 120 && ROLES.includes(role) && typeof since === "string" && !Number.isNaN(Date.parse(since));
  const officer = { name, role, key: unbase64(key), signKey: unbase64(signKey), since };
  if (!known || officer.key.length !== 32 || officer.signKey.length !== 32) throw new CannotOpen("somebody on the list cannot be read");
  return { id: await keyId(officer.key), ...officer };
}

/** Why a list of these people cannot be relied on yet; empty if it can. @param {{role: string, key: Uint8Array}[]} officers @returns {string[]} */
export function missingFor(officers) {
  const people = officers.filter((one) => one.role !== "recovery");
  const keys = officers.map((one) => hex(one.key));
  const lacks = [];
  if (people.length < FEWEST_OFFICERS) lacks.push("people");
  if (!people.some((one) => one.role === "lead" || one.role === "deputy")) lacks.push("lead");
  if (!people.some((one) => one.role === "head" || one.role === "alternate")) lacks.push("head");
  if (people.length === officers.length) lacks.push("sheet");
  if (new Set(keys).size !== keys.length || officers.length > MOST_OFFICERS) lacks.push("twice");
  return lacks;
}

/** Return the list if its own root signed it and it can be relied on. Says nothing of whose root it is. @param {Signed} signed @returns {Promise<Listed>} */
export async function readOfficers(signed) {
  await mustVerify(signed.root, bind("officers", signed.list), signed.signature, "the list of officers is not signed by the school’s key");
  const { v, seq, officers } = shape(parse(text(signed.list)), ["v", "seq", "officers"]);
  if (v !== 1 || !Number.isSafeInteger(seq) || seq < 1 || !Array.isArray(officers)) throw new CannotOpen("the list of officers cannot be read");
  const listed = await Promise.all(officers.map(officerFrom));
  if (missingFor(listed).length) throw new CannotOpen("the list of officers cannot be relied on");
  return { seq, officers: listed };
}

/**
 * Return the list and what to remember, if it follows from what this browser remembers.
 * @param {Signed} signed @param {Pin|null} pin @returns {Promise<{listed: Listed, pin: Pin}>}
 */
export async function takeOfficers(signed, pin) {
  const listed = await readOfficers(signed);
  const next = { root: hex(signed.root), seq: listed.seq, list: base64(signed.list) };
  if (!pin) return { listed, pin: next };
  let root = unhex(pin.root, 32);
  for (const change of signed.changes) {
    if (same(root, signed.root)) break;
    if (!same(change.old, root)) continue;
    await mustVerify(root, bind("root-change", change.old, change.new), change.signature, "the change of the school’s key is not signed by the old one");
    root = change.new;
  }
  if (!same(root, signed.root)) throw new CannotOpen("the list is signed by another key than the one this browser knows");
  if (listed.seq < pin.seq || (listed.seq === pin.seq && pin.list !== next.list)) throw new CannotOpen("the list is older than the one this browser has, or another of its number");
  return { listed, pin: next };
}

/**
 * Sign a list with the school's root key.
 * @param {import("./keys25519.js").KeyPair} root @param {number} seq
 * @param {{name: string, role: Role, key: Uint8Array, signKey: Uint8Array, since: string}[]} officers
 * @param {RootChange[]} [changes] @returns {Promise<Signed>}
 */
export async function signOfficers(root, seq, officers, changes = []) {
  const spelt = officers.map((one) => ({ name: one.name, role: one.role, key: base64(one.key), sign_key: base64(one.signKey), since: one.since }));
  const list = utf8(JSON.stringify({ v: 1, seq, officers: spelt }));
  const signed = { list, signature: await sign(root.privateKey, bind("officers", list)), root: root.publicKey, changes };
  await readOfficers(signed);
  return signed;
}

/** The old root names its follower. @param {import("./keys25519.js").KeyPair} old @param {Uint8Array} next @returns {Promise<RootChange>} */
export async function changeRoot(old, next) {
  return { old: old.publicKey, new: next, signature: await sign(old.privateKey, bind("root-change", old.publicKey, next)) };
}

/**
 * Everybody to whom such a report is sealed, in the order of the list; empty if nobody is left. As policies/reports.route.
 * @param {Officer[]} officers @param {string} subject @param {string[]} [notTo] @returns {Officer[]}
 */
export function route(officers, subject, notTo = []) {
  const circles = { head: [["alternate"], ["lead", "deputy"]], staff: [["head"], ["alternate"]] }[subject] ?? [["lead", "deputy"], ["head"], ["alternate"]];
  const left = officers.filter((one) => !notTo.includes(one.id));
  for (const circle of circles) {
    if (left.some((one) => circle.includes(one.role))) return left.filter((one) => circle.includes(one.role) || one.role === "recovery");
  }
  return [];
}
