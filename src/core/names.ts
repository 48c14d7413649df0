/** Longest device or metric name, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 256

/** Names of devices and metrics to numbers, by the server's admission rule: under `open` a new name is registered. */
export interface NameResolver {
  /** 48-bit id of the device; 0 = not known and not admitted. */
  deviceId(name: string): number
  /** The dictionary's number for the metric; 0 = not known and not admitted. */
  metricId(name: string): number
  /** Another one from when on a name that had a number may have none. */
  readonly generation: number
}
