/**
 * Holds the alerts of devices under maintenance. Where labels of alerts can say which devices are meant, one hold does, and
 * covers those that register meanwhile; otherwise devices are named, as many in one hold as a matcher takes, and those that come
 * later get one each.
 */
import type { AlertDesk } from '../../alerts/alert-desk.ts'
import type { DeviceSelector, SelectorTerm } from '../../reservations/device-selector.ts'
import type { AlertHolds } from '../../reservations/ports.ts'

const LABELS = ['device', 'tenant', 'tier']
/** Letters that mean themselves in a glob, and two that stand for others. */
const PLAIN_GLOB = /^(?!.*\*\*)[^[\]{}()!+@\\|]+$/
/** A matcher has at most 1024 characters, and takes few repetitions. */
const MATCHER_CHARACTERS = 900
const MAX_STARS = 3

export const alertHolds = (desk: AlertDesk, onFailure: (error: unknown) => void): AlertHolds => {
  const guarded = <T>(act: () => T): T[] => {
    try {
      return [act()]
    } catch (error) {
      onFailure(error)
      return []
    }
  }
  return {
    hold: (selector, devices, until, reason) =>
      matchersFor(selector, devices).flatMap((matchers) =>
        guarded(() => desk.hold({ matchers, until, reason }).id),
      ),
    coversNew: isByLabels,
    release: (holds) => void holds.map((id) => guarded(() => desk.endHold(id))),
  }
}

/** One list of matchers for each hold. */
export function matchersFor(selector: DeviceSelector | null, devices: readonly string[]): string[][] {
  if (selector !== null && isByLabels(selector)) return [selector.terms.map(matcherOf)]
  return chunksOf(devices).map((chunk) => [named(chunk)])
}

const isByLabels = ({ terms }: DeviceSelector): boolean =>
  terms.every(isByLabel) && terms.some(({ isEqual }) => isEqual)

function isByLabel({ of, glob }: SelectorTerm): boolean {
  const stars = glob.split('*').length - 1
  return LABELS.includes(of) && PLAIN_GLOB.test(glob) && stars <= MAX_STARS
}

function matcherOf({ of, isEqual, glob }: SelectorTerm): string {
  if (!/[*?]/.test(glob)) return `${of}${isEqual ? '=' : '!='}${JSON.stringify(glob)}`
  const pattern = glob === '*' ? '[^/]+' : escaped(glob).replace(/\\\*/g, '[^/]*').replace(/\\\?/g, '[^/]')
  return `${of}${isEqual ? '=~' : '!~'}${JSON.stringify(pattern)}`
}

const named = (chunk: readonly string[]): string =>
  chunk.length === 1
    ? `device=${JSON.stringify(chunk[0])}`
    : `device=~${JSON.stringify(chunk.map(escaped).join('|'))}`

function chunksOf(devices: readonly string[]): string[][] {
  const chunks: string[][] = []
  let room = 0
  for (const device of devices) {
    const length = JSON.stringify(escaped(device)).length
    if (length > room) {
      chunks.push([])
      room = MATCHER_CHARACTERS
    }
    chunks[chunks.length - 1].push(device)
    room -= length
  }
  return chunks
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
