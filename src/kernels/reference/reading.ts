/** A reading as an object: the twins' form of the 32 bytes of memory/layout/reading.layout.ts. */
export interface Reading {
  /** deviceId << 16 | metricId. */
  readonly key: bigint
  /** Milliseconds since 1970; 0 or NaN = when it arrived. */
  readonly time: number
  readonly value: number
  /** 1e-7 degree; POSITION_ABSENT in both = not given. */
  readonly lat: number
  readonly lon: number
}
