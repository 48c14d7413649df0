import { propertyName } from './row-shape.ts'

/** Makes the item of a window's result: its aggregates' values, bounds, and the parts of its key. */
export type ResultItem = (
  values: readonly unknown[],
  start: number,
  end: number,
  revision: number,
  early: boolean,
  parts: Readonly<Record<string, unknown>>,
) => Readonly<Record<string, unknown>>

/** Written out for its names, so that all results have one shape from the start; putting objects together costs microseconds. */
export function resultItem(aggregates: readonly string[], parts: readonly string[]): ResultItem {
  const fields = [
    ...aggregates.map((name, index) => `${propertyName(name)}: values[${index}]`),
    ...['start', 'end', 'revision', 'early'],
    ...parts.map((name) => `${propertyName(name)}: parts[${JSON.stringify(name)}]`),
  ]
  const parameters = ['values', 'start', 'end', 'revision', 'early', 'parts']
  // the text is ours: of the author's there are only names, as string literals
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...parameters, `return { ${fields.join(', ')} }`) as ResultItem
}
