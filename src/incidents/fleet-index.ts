import type { Device } from '../core/device.ts'
import { GeohashGrid } from './geohash-grid.ts'

/** What devices can have in common. */
export type DeviceDimension = 'tenant' | 'region' | `attribute:${string}`

export interface Neighbourhood {
  /** Characters of the geohashes whose cells count; 0 = place is no matter. */
  readonly near: number
  /** So many rows and columns of cells around. */
  readonly ring: number
  readonly by: readonly DeviceDimension[]
}

/** What the device has there; '' = nothing. */
export function valueOf({ tenant, region, attributes }: Device, dimension: DeviceDimension): string {
  if (dimension === 'tenant') return tenant
  if (dimension === 'region') return region
  return String(attributes[dimension.slice('attribute:'.length)] ?? '')
}

/** Registered devices by place and by what they have in common; it is told of each change. */
export class FleetIndex {
  readonly #neighbourhood: Neighbourhood
  readonly #grid: GeohashGrid
  readonly #groups = new Map<string, Map<number, Set<number>>>()

  constructor(neighbourhood: Neighbourhood) {
    this.#neighbourhood = neighbourhood
    this.#grid = new GeohashGrid(neighbourhood.near)
  }

  add(device: Device): void {
    const place = this.#placeOf(device)
    if (place === undefined) return
    const cells = this.#groups.get(place.group) ?? new Map<number, Set<number>>()
    this.#groups.set(place.group, cells)
    const ids = cells.get(place.cell)
    if (ids === undefined) cells.set(place.cell, new Set([device.id]))
    else ids.add(device.id)
  }

  remove(device: Device): void {
    const place = this.#placeOf(device)
    const cells = place && this.#groups.get(place.group)
    const ids = place && cells?.get(place.cell)
    if (place === undefined || cells === undefined || ids === undefined) return
    ids.delete(device.id)
    if (ids.size === 0) cells.delete(place.cell)
    if (cells.size === 0) this.#groups.delete(place.group)
  }

  /** Whom an anomaly of the device at the position concerns; the same text for the same ones. */
  around(device: Device | undefined, lat: number, lon: number): Around | undefined {
    const { by, ring } = this.#neighbourhood
    if (device === undefined && by.length > 0) return undefined
    const group = device === undefined ? '[]' : this.#groupOf(device)
    const cell = this.#grid.cellOf(lat, lon)
    if (group === undefined || cell === undefined) return undefined
    return { key: `${group} ${cell}`, devices: () => this.#devices(group, this.#grid.around(cell, ring)) }
  }

  *#devices(group: string, cells: readonly number[]): Generator<number> {
    const known = this.#groups.get(group)
    for (const cell of cells) yield* known?.get(cell) ?? []
  }

  #placeOf(device: Device): { readonly group: string; readonly cell: number } | undefined {
    const group = this.#groupOf(device)
    const cell = this.#grid.cellOf(device.lat ?? NaN, device.lon ?? NaN)
    return group === undefined || cell === undefined ? undefined : { group, cell }
  }

  #groupOf(device: Device): string | undefined {
    const values = this.#neighbourhood.by.map((dimension) => valueOf(device, dimension))
    return values.includes('') ? undefined : JSON.stringify(values)
  }
}

export interface Around {
  readonly key: string
  readonly devices: () => Iterable<number>
}
