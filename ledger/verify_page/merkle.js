// The Merkle tree of RFC 9162. Sizes and indices are BigInt.
import { join, same } from "./bytes.js";
import { sha256 } from "./hashes.js";
import { Refused } from "./report.js";

export const EMPTY_ROOT = sha256(new Uint8Array(0));
export const leafHash = (entry) => sha256(join(Uint8Array.of(0), entry));
const nodeHash = (left, right) => sha256(join(Uint8Array.of(1), left, right));

// The root that an inclusion proof leads to; section 2.1.3.2.
export function rootFromInclusion(leaf, index, size, proof) {
  if (index < 0n || index >= size) throw new Refused("a tree of {size} leaves has no leaf {index}", { size, index });
  let place = index, last = size - 1n, result = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new Refused("the inclusion proof of entry {index} is too long", { index });
    if (place & 1n || place === last) {
      result = nodeHash(sibling, result);
      while (!(place & 1n) && place) [place, last] = [place >> 1n, last >> 1n];
    } else {
      result = nodeHash(result, sibling);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  if (last) throw new Refused("the inclusion proof of entry {index} is too short", { index });
  return result;
}

// Whether the tree of `size` leaves begins with the tree of `old` leaves; section 2.1.4.2.
export function isConsistent(old, size, oldRoot, root, proof) {
  if (old < 0n || old > size) return false;
  if (old === 0n || old === size) return proof.length === 0 && same(oldRoot, old === 0n ? EMPTY_ROOT : root);
  const path = old & (old - 1n) ? proof : [oldRoot, ...proof];
  if (path.length === 0) return false;
  let place = old - 1n, last = size - 1n;
  while (place & 1n) [place, last] = [place >> 1n, last >> 1n];
  let oldFound = path[0], found = path[0];
  for (const sibling of path.slice(1)) {
    if (last === 0n) return false;
    if (place & 1n || place === last) {
      [oldFound, found] = [nodeHash(sibling, oldFound), nodeHash(sibling, found)];
      while (!(place & 1n) && place) [place, last] = [place >> 1n, last >> 1n];
    } else {
      found = nodeHash(found, sibling);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n && same(oldFound, oldRoot) && same(found, root);
}
