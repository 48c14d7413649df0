/** Milliseconds of event time; windows are aligned to the epoch plus `offsetMs`. */
export type WindowSpec =
  | { readonly type: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly type: 'sliding'; readonly sizeMs: number; readonly everyMs: number; readonly offsetMs: number }
  | { readonly type: 'session'; readonly gapMs: number }
  /** A result for every `every` items over the last `count`. */
  | { readonly type: 'count'; readonly count: number; readonly every: number }
  /** Everything since the beginning; a result every `everyCount` items and every `everyMs` (0 = not by this). */
  | { readonly type: 'global'; readonly everyCount: number; readonly everyMs: number }
