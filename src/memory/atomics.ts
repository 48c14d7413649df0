/**
 * Atomics by the name of what they do. JavaScript's are all sequentially consistent; the names say which half of a
 * pairing a call is. Addresses are byte addresses of 32-bit words.
 */

/** Makes everything written before it visible to whoever observes the cursor. Pairs with `observeCursor`. */
export function publishCursor(i32: Int32Array, address: number, cursor: number): void {
  Atomics.store(i32, address >>> 2, cursor | 0)
}

/** Reads a cursor; what was written before it was published is visible afterwards. */
export function observeCursor(i32: Int32Array, address: number): number {
  return Atomics.load(i32, address >>> 2)
}

/** Sets a word from `expected` to `value`; true when this caller did it. */
export function claimWord(i32: Int32Array, address: number, expected: number, value: number): boolean {
  return Atomics.compareExchange(i32, address >>> 2, expected, value) === expected
}

/** Adds to a word that several threads write; returns the value before. */
export function addToWord(i32: Int32Array, address: number, amount: number): number {
  return Atomics.add(i32, address >>> 2, amount)
}

/** Adds to a 64-bit counter that several threads write. */
export function addToCounter(counters: BigInt64Array, index: number, amount: number): void {
  Atomics.add(counters, index, BigInt(amount))
}

/** A 64-bit counter as a number, exact up to 2^53. */
export function observeCounter(counters: BigInt64Array, index: number): number {
  return Number(Atomics.load(counters, index))
}

/** Sleeps until `wakeWaiters` or `timeoutMs`, unless the word is no longer `expected`. */
export function waitForChange(i32: Int32Array, address: number, expected: number, timeoutMs: number): void {
  Atomics.wait(i32, address >>> 2, expected, timeoutMs)
}

/** The same without blocking the thread: resolves on `wakeWaiters` or after `timeoutMs`. */
export async function whenChanged(
  i32: Int32Array,
  address: number,
  expected: number,
  timeoutMs: number,
): Promise<void> {
  const { async, value } = (Atomics as unknown as AsyncAtomics).waitAsync(
    i32,
    address >>> 2,
    expected,
    timeoutMs,
  )
  if (async) await value
}

interface AsyncAtomics {
  waitAsync(
    view: Int32Array,
    index: number,
    expected: number,
    timeoutMs: number,
  ): { async: boolean; value: Promise<string> }
}

/** Wakes whoever waits on the word. */
export function wakeWaiters(i32: Int32Array, address: number, count = Infinity): void {
  Atomics.notify(i32, address >>> 2, count)
}
