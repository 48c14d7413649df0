// Tries to take a directory's lock when told, says how it went, and holds it until it is killed or stdin ends.
import { once } from 'node:events'

const [folder, mode] = process.argv.slice(2)
const dist = new URL('../../../dist/storage/data-directory/', import.meta.url)
const { takeLock } = await import(new URL('directory-lock.js', dist).href)

console.log('ready')
await once(process.stdin, 'data')
try {
  const { release } = takeLock(
    folder,
    Date.now(),
    ...(mode === 'records' ? [() => ({ state: 'unsupported' })] : []),
  )
  console.log('held')
  await once(process.stdin.resume(), 'end')
  release()
} catch (error) {
  console.log(/** @type {{ code?: string }} */ (error).code ?? String(error))
}
process.exit()
