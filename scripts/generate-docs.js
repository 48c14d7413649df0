/**
 * Writes docs/configuration.md and docs/errors.md from the built schema and table of codes (run `npm run
 * build:ts` first). With --check it writes nothing and fails when one of them is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { configurationReference, errorsReference } from '../dist/engine/config/reference.js'

const pages = {
  'docs/configuration.md': configurationReference(),
  'docs/errors.md': errorsReference(),
}

const read = (url) => {
  try {
    return readFileSync(url, 'utf8')
  } catch {
    return undefined
  }
}

for (const [path, text] of Object.entries(pages)) {
  const url = new URL(`../${path}`, import.meta.url)
  if (read(url) === text) continue
  if (process.argv.includes('--check')) {
    console.error(`${path} is stale: run node scripts/generate-docs.js`)
    process.exitCode = 1
  } else {
    writeFileSync(url, text)
    console.log(`wrote ${path}`)
  }
}
