/**
 * Files of the package. Sources, modules (`dist/`) and the program that is made of these (`lib/`) each lie in a folder
 * directly in it, however deep: so a file is found from each of them, and also by code that was moved within its folder.
 */
const FOLDERS = ['/src/', '/dist/', '/lib/']

const here = import.meta.url
const root = here.slice(0, Math.max(...FOLDERS.map((folder) => here.lastIndexOf(folder))) + 1)

/** `path` is relative to the package's folder. */
export const packageFile = (path: string): URL => new URL(path, root)

/** A file of the program that is run, wherever this code itself is run from (tests run it from the sources). */
export const programFile = (path: string): URL => packageFile(`lib/${path}`)
