/** Entry ids: `<ms>-<seq>`, ordered by `ms`, then `seq`. */

/**
 * The order of two entry ids: negative, zero or positive as `a` comes before, is, or comes after `b`.
 *
 * @param {string} a `<ms>-<seq>`
 * @param {string} b `<ms>-<seq>`
 * @returns {number}
 */
export function compareIds(a, b) {
  const [aMs, aSeq] = a.split("-");
  const [bMs, bSeq] = b.split("-");
  return compareDigits(aMs, bMs) || compareDigits(aSeq, bSeq);
}

/**
 * When the stream took an entry.
 *
 * @param {string} id `<ms>-<seq>`
 * @returns {string} ISO 8601, UTC, with milliseconds.
 */
export function timeOf(id) {
  return new Date(Number(id.split("-")[0])).toISOString();
}

// As text: an id may have more digits than a number can hold exactly.
function compareDigits(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
