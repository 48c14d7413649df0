/** Bytes of an input that one thread reads: lines that begin within a range of a file, or what is handed over. */
export type Chunk =
  | { readonly kind: 'lines'; readonly path: string; readonly from: number; readonly to: number }
  | { readonly kind: 'bytes'; readonly path: string; readonly from: number; readonly to: number }
  | { readonly kind: 'given'; readonly bytes: Uint8Array }

/** How the bytes are to be read. */
export type Format =
  | { readonly kind: 'ndjson' }
  | { readonly kind: 'csv'; readonly columns: readonly string[] }
  | { readonly kind: 'frames' }
  | { readonly kind: 'journal' }

export type FormatKind = Format['kind']

/** An input as the runner sees it. */
export interface Input {
  /** For messages. */
  readonly name: string
  readonly format: Format
  /** What a fault's number counts. */
  readonly unit: 'line' | 'frame' | 'record'
  /** Number of the first line, frame or record of the first chunk. */
  readonly first: number
  /** 0 = nobody knows. */
  readonly bytes: number
  /** In order; the same ones each time, so that results don't hang on chance. */
  chunks(): AsyncIterable<Chunk> | Iterable<Chunk>
}

/** What threads read at a time: enough to make handing over cheap, little enough for all of it to lie in caches. */
export const CHUNK_BYTES = 4 << 20
