/**
 * Of a group's devices those that are far from its middle, the furthest first; and once more each that isn't any more. Who
 * has been told of is kept in COMBINED: a row for each, which doesn't give way, or nobody would say that it is over.
 */
import type { MemberList } from '../aggregates/aggregate.ts'
import type { PeersNode } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { deviceText } from '../keys/key-encoder.ts'
import { deviationFrom, type GroupMiddle, middleOf } from '../peers/group-middle.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { PerShard } from './per-shard.ts'

/** A device that is, or was, far from the middle of its group. */
export interface PeerDeviation {
  readonly device: string
  readonly metric: string
  /** What its readings in the window come to. */
  readonly value: number
  /** Of the group: its parts with `/` between them. */
  readonly group: string
  readonly centre: number
  readonly spread: number
  /** How many times `spread` the value is above (or below) `centre`. */
  readonly deviation: number
  /** Devices that were compared, this one included. */
  readonly members: number
  readonly start: number
  readonly end: number
}

/** A result of the window before. */
interface GroupResult {
  readonly members: MemberList
  readonly metric: string
  readonly end: number
  readonly [part: string]: unknown
}

interface Told {
  readonly state: ShardState
  readonly table: KeyTable
}

export class Peers implements Operator {
  readonly #node: PeersNode
  readonly #lookup: Lookup
  readonly #told: PerShard<Told>

  constructor(node: PeersNode, lookup: Lookup, stage: number) {
    this.#node = node
    this.#lookup = lookup
    this.#told = new PerShard((state) => ({
      state,
      table: state.table(stage, { words: 0, isEvictable: false }),
    }))
  }

  push(envelope: Envelope, { state }: ShardScope, out: Emit): void {
    const result = envelope.item as GroupResult
    const { values, devices } = result.members
    const group = groupOf(result)
    if (group === undefined || values.length < this.#node.minMembers) return
    const middle = this.#middleOf(values)
    const { far, back } =
      this.#told.of(state).table.keys === 0
        ? { far: this.#far(values, middle), back: [] }
        : this.#farAndBack(values, devices, middle, envelope.origin.metric, state)
    const tell = (index: number): void => out(this.#envelopeOf(envelope, result, group, middle, index))
    for (const index of this.#furthest(far, values, devices, middle))
      if (this.#note(devices[index], envelope.origin.metric, state)) tell(index)
    for (const index of back.slice(0, this.#node.most)) {
      this.#forget(devices[index], envelope.origin.metric, state)
      tell(index)
    }
  }

  #middleOf(values: Float64Array): GroupMiddle {
    const { centre, spread } = middleOf(values.slice())
    return { centre, spread: Math.max(spread, this.#node.minSpread) }
  }

  #isFar(value: number, middle: GroupMiddle): boolean {
    const { side, atLeast } = this.#node
    const deviation = deviationFrom(middle, value)
    return (side !== 'below' && deviation >= atLeast) || (side !== 'above' && deviation <= -atLeast)
  }

  #far(values: Float64Array, middle: GroupMiddle): number[] {
    const far: number[] = []
    for (let index = 0; index < values.length; index++)
      if (this.#isFar(values[index], middle)) far.push(index)
    return far
  }

  #farAndBack(
    values: Float64Array,
    devices: Float64Array,
    middle: GroupMiddle,
    metric: number,
    state: ShardState,
  ): { readonly far: number[]; readonly back: number[] } {
    const { table } = this.#told.of(state)
    const far = this.#far(values, middle)
    const isFar = new Set(far)
    const back: number[] = []
    for (let index = 0; index < devices.length; index++)
      if (table.find(lowOf(devices[index], metric), highOf(devices[index])) !== 0 && !isFar.has(index))
        back.push(index)
    return { far, back }
  }

  /** Ties by device, so that it is the same whoever puts the group together. */
  #furthest(far: number[], values: Float64Array, devices: Float64Array, { centre }: GroupMiddle): number[] {
    const distance = (index: number): number => Math.abs(values[index] - centre)
    return far.sort((a, b) => distance(b) - distance(a) || devices[a] - devices[b]).slice(0, this.#node.most)
  }

  /** False when there is no room, which is counted: nobody would say that it is over. */
  #note(device: number, metric: number, state: ShardState): boolean {
    return this.#told.of(state).table.findOrAdd(lowOf(device, metric), highOf(device), undefined) !== 0
  }

  #forget(device: number, metric: number, state: ShardState): void {
    const { table } = this.#told.of(state)
    table.remove(table.find(lowOf(device, metric), highOf(device)))
  }

  #envelopeOf(
    { origin }: Envelope,
    { members: { values, devices }, metric, end }: GroupResult,
    group: string,
    middle: GroupMiddle,
    index: number,
  ): Envelope {
    const device = deviceText(devices[index], this.#lookup)
    // the window before ends a millisecond after those of the devices
    const time = end - 1
    const item: PeerDeviation = {
      ...{ device, metric, value: values[index], group, ...middle },
      ...{ deviation: deviationFrom(middle, values[index]), members: values.length },
      ...{ start: time - this.#node.sizeMs, end: time },
    }
    const [low, high] = [lowOf(devices[index], origin.metric), highOf(devices[index])]
    return {
      item,
      origin: {
        ...{ ...origin, time, device: devices[index] },
        id: `${this.#node.id}:${devices[index].toString(36)}.${origin.metric}:${item.start}-${time}`,
        group: { low, high, text: undefined, label: `${device}/${metric}` },
      },
    }
  }
}

/** Undefined: its devices lack something that groups are made by. */
function groupOf({ members: _m, metric: _n, ...rest }: GroupResult): string | undefined {
  const parts = Object.entries(rest).filter(([name]) => !TIMES.has(name))
  if (parts.some(([, part]) => part === undefined)) return undefined
  return parts.map(([, part]) => String(part)).join('/') || 'all'
}

const TIMES: ReadonlySet<string> = new Set(['start', 'end', 'revision', 'early'])

const lowOf = (device: number, metric: number): number => ((device % 0x1_0000) * 0x1_0000 + metric) >>> 0
const highOf = (device: number): number => Math.floor(device / 0x1_0000)
