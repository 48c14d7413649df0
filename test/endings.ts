/**
 * What modules that tests share leave behind, and when it goes. Test files are run one after the other in the same process,
 * and share the modules that they import, so a hook that such a module sets would hold for the first file alone.
 */
type End = () => void | Promise<void>

const afterTest: End[] = []
const afterFile: End[] = []

/** Ends what a test has begun; told once, when the module is loaded. */
export const endEachTest = (end: End): void => void afterTest.push(end)

/** Ends what the tests of a file have in common. */
export const endEachFile = (end: End): void => void afterFile.push(end)

async function inTurn(ends: readonly End[]): Promise<void> {
  for (const end of [...ends].reverse()) await end()
}

export const testEnded = (): Promise<void> => inTurn(afterTest)
export const fileEnded = (): Promise<void> => inTurn(afterFile)
