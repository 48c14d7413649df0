/** A reading as programs hand it over: device and metric each by name or by number. */
export type Reading = (
  | { readonly device: string; readonly deviceId?: undefined }
  | { readonly deviceId: number; readonly device?: undefined }
) &
  (
    | { readonly metric: string; readonly metricId?: undefined }
    | { readonly metricId: number; readonly metric?: undefined }
  ) & {
    /** A finite number; a boolean counts as 0 or 1. */
    readonly value: number | boolean
    /** Milliseconds since 1970; absent: when it was sent (see `stampTime`); 0: when it arrives. */
    readonly time?: number
    /** Degrees; both or neither. */
    readonly lat?: number
    readonly lon?: number
  }

/** A reading as it stands in a frame. */
export interface SentReading {
  readonly deviceId: number
  readonly metricId: number
  readonly value: number
  /** 0 = the server's time of arrival. */
  readonly time: number
  readonly lat?: number
  readonly lon?: number
}

const MAX_DEVICE_ID = 2 ** 48 - 1
const MAX_METRIC_ID = 0xffff

/** Also false for what is no number. */
export const within = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most

/** Of what a reading is of: a name or an id. */
function faultOfName(what: string, name: unknown, id: number | undefined, most: number): string {
  const isNamed =
    id === undefined ? typeof name === 'string' && name !== '' : Number.isInteger(id) && within(id, 1, most)
  return isNamed ? '' : `${what}: a name, or ${what}Id from 1 to ${most}`
}

/** What is wrong with a reading and what is allowed, or ''. */
export function faultOf({ device, deviceId, metric, metricId, value, time = 0, lat, lon }: Reading): string {
  const fault =
    faultOfName('device', device, deviceId, MAX_DEVICE_ID) ||
    faultOfName('metric', metric, metricId, MAX_METRIC_ID)
  if (fault) return fault
  if (typeof value !== 'boolean' && !Number.isFinite(value)) return 'value: a finite number or a boolean'
  if (!within(time, 0, Number.MAX_VALUE)) return 'time: milliseconds since 1970'
  const isPlaced = lat === undefined ? lon === undefined : within(lat, -90, 90) && within(lon, -180, 180)
  return isPlaced ? '' : 'lat, lon: both, in degrees to 90 and 180'
}
