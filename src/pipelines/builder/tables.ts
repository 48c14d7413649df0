import type { DeviceRow } from '../definition/outside.ts'
import type { LookupNode } from '../definition/definition.ts'

declare const ROW: unique symbol
declare const ITEM: unique symbol

/** Rows that items are joined with. */
export interface Table<Row, Item = never> {
  readonly table: LookupNode['table']
  readonly [ROW]?: Row
  readonly [ITEM]?: (item: Item) => void
}

/** What the registry knows of an item's device: name, tenant, attributes. */
export const registry = (): Table<DeviceRow, unknown> => ({ table: { from: 'registry' } })

export type TableRow = Readonly<Record<string, string | number | boolean | null>>

export interface ReferenceOptions<Item> {
  /** The column that the key is compared with. */
  readonly column: string
  /** The item's key. */
  readonly key: (item: Item) => unknown
}

/** A CSV file with a header line, or a JSON file with a list of objects; read again when it changes. */
export const referenceTable = <Item, Row = TableRow>(
  file: string,
  { column, key }: ReferenceOptions<Item>,
): Table<Row, Item> => ({
  table: { from: 'file', file, column, key },
})
