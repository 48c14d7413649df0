import type { SinkNode } from '../definition/definition.ts'

/** Says what is wrong with a sink, a fault in each line; the schemas are the sinks' own. */
export type SinkCheck = (sink: SinkNode['sink']) => string | undefined
