import { propertyName } from './row-shape.ts'

/** Makes the item of a match: what its steps have taken, bounds, and the parts of its key. */
export type MatchItem = (
  values: readonly unknown[],
  start: number,
  end: number,
  parts: Readonly<Record<string, unknown>>,
) => Readonly<Record<string, unknown>>

/** Written out for its names, as `resultItem` is. */
export function matchItem(steps: readonly string[], parts: readonly string[]): MatchItem {
  const fields = [
    ...steps.map((name, index) => `${propertyName(name)}: values[${index}]`),
    ...['start', 'end'],
    ...parts.map((name) => `${propertyName(name)}: parts[${JSON.stringify(name)}]`),
  ]
  // the text is ours: of the author's there are only names, as string literals
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('values', 'start', 'end', 'parts', `return { ${fields.join(', ')} }`) as MatchItem
}
