/** What user functions are shown: a reading, or what `map` or a window made. The builder gives it its real type. */
export type Item = Readonly<Record<string, unknown>>
export type Predicate = (item: never) => boolean
export type Compute = (item: never) => unknown
