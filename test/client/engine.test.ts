import { build, type Metafile } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from 'millrace'
import { connect } from 'millrace/client'
import { describe, expect, it } from 'vitest'

/** What it is now, rounded up: it may only shrink. */
const MOST_BYTES = 11_500
/** The same without what reads and writes FlatBuffers, in place of their runtime. */
const MOST_BYTES_WITHOUT_CODEC = 10_000
const CODEC = ['src/client/frame-encoder.ts', 'src/client/reply.ts']

describe('millrace/client against an engine', () => {
  it('delivers every reading, by name and by number', async () => {
    const engine = await createEngine({ port: 0 })
    const folder = mkdtempSync(join(tmpdir(), 'client-'))
    try {
      const { port } = await engine.listen()
      const client = await connect({ url: `ws://127.0.0.1:${port}`, client: 'test', folder })
      for (let i = 0; i < 200; i++)
        await client.send({ device: `pump-${i % 10}`, metric: 'temperature', value: i })
      for (let i = 0; i < 50_000; i++)
        if (!client.write(1 + (i % 1000), 1, i)) await client.send({ deviceId: 1, metricId: 1, value: i })
      // read, but not understood
      client.write(5, 1, Number.POSITIVE_INFINITY)
      const givenUp: string[] = []
      client.on('givenUp', ({ readings, reason }) => givenUp.push(`${readings.length} ${reason}`))
      await client.flush()
      expect(client.stats()).toMatchObject({ sent: 50_201, acknowledged: 50_200, givenUp: 1 })
      expect(givenUp).toEqual(['1 malformed: value'])
      expect(await client.close()).toBe(0)
      expect(engine.stats().account).toMatchObject({ accepted: 50_200, refused: 0, malformed: 1 })
    } finally {
      await engine.close()
      rmSync(folder, { recursive: true })
    }
  })
})

/** A file and those that it loads at once; not those that it loads when they are needed. */
function loadedAtOnce(outputs: Metafile['outputs'], path: string): string[] {
  const atOnce = outputs[path].imports.filter(({ kind }) => kind === 'import-statement')
  return [path, ...atOnce.flatMap((file) => loadedAtOnce(outputs, file.path))]
}

/** A page's bundle of `entry`: what of it is loaded at once, in bytes by file. */
async function bundled(entry: string) {
  const { metafile } = await build({
    entryPoints: { browser: entry },
    outdir: 'bundle',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
  })
  const files = new Set(loadedAtOnce(metafile.outputs, 'bundle/browser.js'))
  const outputs = [...files].map((path) => metafile.outputs[path])
  return {
    sources: Object.keys(metafile.inputs),
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesOf: (source: string) =>
      outputs.reduce((sum, { inputs }) => sum + (inputs[source]?.bytesInOutput ?? 0), 0),
  }
}

describe('the bundle for browsers', () => {
  it.each(['src/client/browser.ts', 'lib/client/browser.js'])(
    '%s needs nothing of Node, nor more than it may',
    async (entry) => {
      const { sources, bytes } = await bundled(entry)
      expect(sources.filter((path) => path.includes('node_modules'))).toEqual([])
      expect(bytes).toBeLessThanOrEqual(MOST_BYTES)
    },
  )

  it('is at most 10 kB without its own reading and writing of FlatBuffers', async () => {
    const { bytes, bytesOf } = await bundled('src/client/browser.ts')
    const codecBytes = CODEC.map(bytesOf)
    expect(Math.min(...codecBytes)).toBeGreaterThan(0)
    expect(bytes - codecBytes[0] - codecBytes[1]).toBeLessThanOrEqual(MOST_BYTES_WITHOUT_CODEC)
  })
})
