/** User functions: shown a reading, or what `map` or a window made. The builder gives items their real types. */
export type Predicate = (item: never) => boolean
export type Compute = (item: never) => unknown
