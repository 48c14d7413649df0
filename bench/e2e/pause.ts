/** Waiting, for programs that measure others. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until `isSo`, which is asked every `everyMs`. Throws, naming `what`, when it takes longer than `withinMs`. */
export async function until(
  what: string,
  withinMs: number,
  everyMs: number,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await pause(everyMs)
  }
}
