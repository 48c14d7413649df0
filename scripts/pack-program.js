/**
 * Makes the program of the built modules: in `lib/`, what `dist/` has for programs, threads and processes to begin with,
 * with the modules that each of them loads put together into few files. It is the same code, and starts in half the time:
 * an engine has a thread for each of its tasks, and most of what the start of a thread costs is finding modules.
 *
 * Where programs may bring modules of their own, code that several of these files load is in files that they share: so
 * every module is there once in a thread, and a pipeline that imports `millrace` gets the same classes as the worker that
 * runs it. What runs nothing but itself is one file each. Dependencies stay outside.
 */
import { build } from 'esbuild'
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** What programs import or start, and what loads modules of theirs. */
const OPEN = [
  ...['index.js', 'cli.js', 'client/node.js', 'client/browser.js', 'testing/index.js'],
  ...['engine/threads/drain.worker.js', 'history/run/history.worker.js', 'history/run/pipeline-stream.js'],
]
/** Threads and processes. */
const INNER = /\.(worker|process)\.js$/
/** Doors between the two kinds of modules: they load their neighbour, and nothing else. */
const DOOR = /\.entry\.cjs$/
/** These look for files beside themselves. */
const NATIVE = ['uWebSockets.js', 'lmdb', 'piscina']
/** Modules of the older kind ask for others while they run. */
const REQUIRE =
  "import { createRequire as millraceRequire } from 'node:module'\nconst require = millraceRequire(import.meta.url)"

/**
 * From the modules in `from` to the program in `to`. With `withDependencies` everything but what is native is put in: for
 * programs that are started very often.
 *
 * @param {string} from
 * @param {string} to
 */
export async function packProgram(from, to, withDependencies = false) {
  const names = readdirSync(from, { recursive: true }).map(String)
  const alone = names.filter((name) => INNER.test(name) && !OPEN.includes(name))
  /** @type {(entries: readonly string[], splitting: boolean) => Promise<unknown>} */
  const pack = (entries, splitting) =>
    build({
      entryPoints: entries.map((entry) => join(from, entry)),
      ...{ outdir: to, outbase: from, bundle: true, splitting, chunkNames: 'shared/[name]-[hash]' },
      ...{ format: 'esm', platform: 'node', target: 'node20', sourcemap: true, logLevel: 'warning' },
      ...(withDependencies ? { external: NATIVE, banner: { js: REQUIRE } } : { packages: 'external' }),
    })
  rmSync(to, { recursive: true, force: true })
  await Promise.all([pack(OPEN, true), pack(alone, false)])
  for (const door of names.filter((name) => DOOR.test(name))) copyFileSync(join(from, door), join(to, door))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  /** @param {string} name */
  const folder = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
  await packProgram(folder('dist'), folder('lib'))
}
