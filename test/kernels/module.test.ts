import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const START_SECTION = 8
const DATA_SECTION = 11
const IMPORT_SECTION = 2

const read = (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(new URL(`../../build/${name}`, import.meta.url)).then((bytes) => new Uint8Array(bytes))

/** The sections of a WebAssembly binary by id; custom ones (0) left out. */
function sectionsOf(binary: Uint8Array): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>()
  for (let at = 8; at < binary.length;) {
    const id = binary[at++]
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++]
      size |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    if (id !== 0) sections.set(id, binary.subarray(at, at + size))
    at += size
  }
  return sections
}

/** The limits' flags of the first imported memory: bit 0 = has a maximum, bit 1 = shared. */
function memoryFlags(imports: Uint8Array): number {
  const name = Buffer.from(imports).indexOf('memory')
  expect(imports[name + 'memory'.length], 'kind of import: memory').toBe(2)
  return imports[name + 'memory'.length + 1]
}

describe.each(['millrace.wasm', 'millrace.debug.wasm'])('%s', (name) => {
  it('imports the shared memory and brings nothing of its own: no data, no start, only functions', async () => {
    const binary = await read(name)
    const sections = sectionsOf(binary)
    expect(sections.has(DATA_SECTION), 'a data section').toBe(false)
    expect(sections.has(START_SECTION), 'a start function').toBe(false)
    expect(memoryFlags(sections.get(IMPORT_SECTION) as Uint8Array)).toBe(3)

    const module = new WebAssembly.Module(binary)
    const imports = WebAssembly.Module.imports(module)
    expect(imports).toContainEqual({ module: 'env', name: 'memory', kind: 'memory' })
    expect(imports.filter(({ kind }) => kind !== 'memory' && kind !== 'function')).toEqual([])
    expect(WebAssembly.Module.exports(module).every(({ kind }) => kind === 'function')).toBe(true)
  })

  it('exports what the door in src/kernels promises', async () => {
    const door = await readFile(new URL('../../src/kernels/kernels.ts', import.meta.url), 'utf8')
    const promised = [...door.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name)
    const exported = WebAssembly.Module.exports(new WebAssembly.Module(await read(name))).map(
      ({ name }) => name,
    )
    expect(exported.sort()).toEqual(promised.sort())
  })
})
