import type { ReferenceData } from './reference/reference-rows.ts'

/** What a worker needs to run a pipeline besides the engine's memory. */
export interface StreamRecipe {
  readonly name: string
  /** The module that defines it. */
  readonly url: string
  readonly state: SharedArrayBuffer
  readonly progress: SharedArrayBuffer
  /** See WorkMarks. */
  readonly marks: SharedArrayBuffer
  /** See VelocityMemory. */
  readonly velocity: SharedArrayBuffer
  /** What the registry knows (see DeviceDirectoryReader). */
  readonly devices: SharedArrayBuffer
  /** Rows of reference tables by node, as they were when it was (re)started. */
  readonly references: ReadonlyMap<string, ReferenceData>
}
