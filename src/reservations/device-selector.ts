/**
 * Which devices: terms such as `tenant=acme`, `device=pump-*`, `attribute:model=x1`, `tier!=critical`. All must hold. A
 * value is a glob; what a device doesn't have is ''.
 */
import picomatch from 'picomatch'
import type { Device } from '../core/device.ts'
import { MillraceError } from '../core/errors.ts'

export interface SelectorTerm {
  /** `device`, `tenant`, `tier`, `region` or `attribute:<name>`. */
  readonly of: string
  readonly isEqual: boolean
  readonly glob: string
}

const TERM = /^\s*(device|tenant|tier|region|attribute:[^=!]+?)\s*(!?=)\s*(.*?)\s*$/s
const ATTRIBUTE = 'attribute:'
const ALLOWED = 'device, tenant, tier, region or attribute:<name>, then = or !=, then a glob'

export class DeviceSelector {
  readonly terms: readonly SelectorTerm[]
  readonly #tests: readonly ((device: Device) => boolean)[]

  /** Throws bad-request. */
  constructor(terms: readonly string[]) {
    this.terms = terms.map(termOf)
    this.#tests = this.terms.map(testOf)
  }

  /** Nobody. */
  get isEmpty(): boolean {
    return this.terms.length === 0
  }

  test(device: Device): boolean {
    return !this.isEmpty && this.#tests.every((test) => test(device))
  }
}

function termOf(text: string, index: number): SelectorTerm {
  const [, of, sign, glob] = TERM.exec(text) ?? []
  if (of !== undefined && glob !== '' && isGlob(glob)) return { of, isEqual: sign === '=', glob }
  throw new MillraceError(
    'bad-request',
    `devices[${index}]: ${JSON.stringify(text)} is not allowed; allowed: ${ALLOWED}`,
  )
}

function testOf({ of, isEqual, glob }: SelectorTerm): (device: Device) => boolean {
  const matches = picomatch(glob, GLOB)
  return (device) => matches(valueOf(device, of)) === isEqual
}

function valueOf(device: Device, of: string): string {
  if (of.startsWith(ATTRIBUTE)) return String(device.attributes[of.slice(ATTRIBUTE.length)] ?? '')
  if (of === 'device') return device.name
  return device[of as 'tenant' | 'tier' | 'region']
}

const GLOB = { dot: true, windows: false }

/** Left to itself, picomatch takes a glob it can't read for one that matches nothing. */
function isGlob(glob: string): boolean {
  try {
    picomatch.makeRe(glob, { ...GLOB, debug: true })
    return true
  } catch {
    return false
  }
}
