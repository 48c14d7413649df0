/**
 * Makes the program of the built modules: in `lib/`, what `dist/` has for programs, threads and processes to begin with,
 * with the modules that each of them loads put together into few files. It is the same code, and starts in half the time:
 * an engine has a thread for each of its tasks, and most of what the start of a thread costs is finding modules.
 *
 * Code that several of them load is in files that they share, so within a thread every module is there once: a pipeline
 * that imports `millrace` gets the same classes as the worker that runs it. Dependencies stay outside.
 */
import { build } from 'esbuild'
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const PUBLIC = ['index.js', 'cli.js', 'client/node.js', 'client/browser.js', 'testing/index.js']
/** What threads and processes of the program begin with, or load by its name. */
const INNER = /\.(worker|process)\.js$|^history\/run\/pipeline-stream\.js$/
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
  const entries = [...PUBLIC, ...names.filter((name) => INNER.test(name))]
  rmSync(to, { recursive: true, force: true })
  await build({
    entryPoints: entries.map((entry) => join(from, entry)),
    ...{ outdir: to, outbase: from, bundle: true, splitting: true, chunkNames: 'shared/[name]-[hash]' },
    ...{ format: 'esm', platform: 'node', target: 'node20', sourcemap: true, logLevel: 'warning' },
    ...(withDependencies ? { external: NATIVE, banner: { js: REQUIRE } } : { packages: 'external' }),
  })
  for (const door of names.filter((name) => DOOR.test(name))) copyFileSync(join(from, door), join(to, door))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  /** @param {string} name */
  const folder = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
  await packProgram(folder('dist'), folder('lib'))
}
