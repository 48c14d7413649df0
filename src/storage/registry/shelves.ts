/** The registry in memory, in chunks with keys: a letter for the kind and eight digits for the number. */
import type { MetricRecord, RegistryChange, RegistryContent, TokenRecord } from './change.ts'
import { DeviceCodec, metricCodec, tokenCodec } from './codecs.ts'
import { Shelf } from './shelf.ts'

const KINDS = { d: 'devices', m: 'metrics', t: 'tokens' } as const
type Letter = keyof typeof KINDS

const CHUNK_KEY = /^([dmt])(\d{8})$/

export class Shelves implements RegistryContent {
  readonly #deviceCodec = new DeviceCodec()
  readonly devices = new Shelf(this.#deviceCodec)
  readonly metrics = new Shelf<MetricRecord>(metricCodec)
  readonly tokens = new Shelf<TokenRecord>(tokenCodec)

  /** Does a change; returns the key of the chunk that it touched, undefined if nothing had to be done. */
  apply(change: RegistryChange): string | undefined {
    switch (change.kind) {
      case 'device':
        return keyOf('d', this.devices.put(change.device))
      case 'device-removed':
        return keyOf('d', this.devices.remove(change.name))
      case 'metric':
        return keyOf('m', this.metrics.put(change.metric))
      case 'token':
        return keyOf('t', this.tokens.put(change.token))
      case 'token-removed':
        return keyOf('t', this.tokens.remove(change.sha256))
    }
  }

  /** The chunk's text; '' if nothing is in it any more. */
  encode(key: string): string {
    const { letter, number } = partsOf(key)
    return this[KINDS[letter]].encode(number)
  }

  /** Puts a chunk back that `encode` made the text of; returns whether it is exactly that now. */
  restore(key: string, text: string): boolean {
    const { letter, number } = partsOf(key)
    return this[KINDS[letter]].restore(number, text)
  }

  /** To be called when everything is restored. */
  restored(): void {
    this.#deviceCodec.forget()
  }

  /** Keys of the chunks that hold something: few and important ones first. */
  *keys(): IterableIterator<string> {
    for (const letter of ['t', 'm', 'd'] as const) {
      for (const number of this[KINDS[letter]].numbers()) yield keyOf(letter, number)
    }
  }
}

function keyOf(letter: Letter, number: number): string
function keyOf(letter: Letter, number: number | undefined): string | undefined
function keyOf(letter: Letter, number: number | undefined): string | undefined {
  return number === undefined ? undefined : letter + String(number).padStart(8, '0')
}

function partsOf(key: string): { readonly letter: Letter; readonly number: number } {
  const match = CHUNK_KEY.exec(key)
  if (match === null) throw new Error(`${JSON.stringify(key.slice(0, 64))} is not the key of a chunk`)
  return { letter: match[1] as Letter, number: Number(match[2]) }
}
