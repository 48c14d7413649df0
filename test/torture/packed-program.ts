/**
 * The built program with the modules of each thread put together into few files. It is the same code, and starts in a
 * third of the time: a torture starts servers some hundred times, and half of what a start costs is finding modules.
 */
import { build, type Plugin } from 'esbuild'
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'

/** They look for files of their own beside themselves. */
const NATIVE = ['uWebSockets.js', 'lmdb', 'piscina']
const ENTRIES = ['cli.js', 'storage/registry/keeper.process.js']
const THREADS = 'engine/threads'
/** Loads its neighbour, and nothing else. */
const DRAIN_ENTRY = `dist/${THREADS}/drain.entry.cjs`
/** Modules of the older kind ask for others while they run. */
const REQUIRE =
  "import { createRequire as millraceRequire } from 'node:module'\nconst require = millraceRequire(import.meta.url)"

const folders = new Set<string>()
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

export interface PackedProgram {
  /** Folder with its `dist`. */
  readonly root: string
  remove(): void
}

export async function packProgram(root: string): Promise<PackedProgram> {
  const packed = mkdtempSync(join(tmpdir(), 'millrace-packed-'))
  folders.add(packed)
  const from = realpathSync(join(root, 'dist'))
  const to = join(packed, 'dist')
  const threads = readdirSync(join(from, THREADS)).filter((name) => name.endsWith('.worker.js'))
  const entries = [...ENTRIES, ...threads.map((name) => join(THREADS, name))]
  await build({
    entryPoints: entries.map((entry) => join(from, entry)),
    ...{ outdir: to, outbase: from, bundle: true, splitting: true, external: NATIVE },
    ...{ format: 'esm', platform: 'node', target: 'node20', banner: { js: REQUIRE }, logLevel: 'error' },
    plugins: [placesKept(from, to)],
  })
  for (const name of ['build', 'package.json', DRAIN_ENTRY])
    cpSync(join(root, name), join(packed, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(packed, 'node_modules'))
  return { root: packed, remove: () => rmSync(packed, { recursive: true, force: true }) }
}

/** Code goes on looking for other files from where its own file would be. */
const placesKept = (from: string, to: string): Plugin => ({
  name: 'places-kept',
  setup(program) {
    program.onLoad({ filter: /dist\/.*\.js$/ }, ({ path }) => {
      if (path.includes('node_modules') || !path.startsWith(from)) return undefined
      const place = JSON.stringify(pathToFileURL(join(to, relative(from, path))).href)
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', place) }
    })
  },
})
