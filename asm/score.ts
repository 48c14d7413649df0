// How unusual is a value for its series? Exponentially weighted mean and variance (T. Finch, "Incremental calculation
// of weighted mean and variance", 2009), bias-corrected while young by the gain α / (1 − (1 − α)^n), and the z-score.
// A value outside the threshold moves the statistics only as far as the threshold, so that it cannot hide the next.

import * as M from '../src/memory/layout/map.layout'
import * as S from '../src/memory/layout/series.layout'
import { PHASE_CONTINUING, PHASE_RAISED, PHASE_RECOVERED } from '../src/memory/layout/lanes.layout'

const MAX_VARIANCE: f64 = 1e300

/** The row's standard deviation; one under the metric's minimum counts as the minimum. */
@inline
export function deviationOf(row: usize, metric: usize): f64 {
  const floor = <f64>load<f32>(metric, M.METRIC_MIN_DEVIATION)
  const variance = f64x2.splat(load<f64>(row, S.ROW_VARIANCE))
  return sqrt<f64>(f64x2.extract_lane(f64x2.pmax(f64x2.splat(floor * floor), variance), 0)) // f64.max branches
}

@inline
export function isAbnormal(row: usize): bool {
  return (load<u8>(row, S.ROW_FLAGS) & S.ROW_ABNORMAL) != 0
}

/** Is the score outside the threshold, of a series that is warm? Of an abnormal one every score concerns the alert. */
@inline
export function isNotable(map: usize, metric: usize, count: u32, score: f64): bool {
  const outside = u32(abs<f64>(score) > <f64>load<f32>(metric, M.METRIC_THRESHOLD))
  return <bool>(outside & u32(count >= load<u32>(map, M.MAP_WARMUP)))
}

/** What a notable reading means for the alert: 0 nothing, or a PHASE. */
export function phaseOf(map: usize, row: usize, metric: usize, score: f64): u32 {
  if (load<u32>(row, S.ROW_COUNT) < load<u32>(map, M.MAP_WARMUP)) return 0
  const threshold = <f64>load<f32>(metric, M.METRIC_THRESHOLD)
  const abnormal = isAbnormal(row)
  if (abs<f64>(score) > threshold) {
    const side = score > 0 ? M.DIRECTION_HIGH : M.DIRECTION_LOW
    if ((load<u8>(metric, M.METRIC_DIRECTION) & side) != 0) return abnormal ? PHASE_CONTINUING : PHASE_RAISED
  }
  if (!abnormal || !isCalm(map, metric, score)) return 0
  return load<u32>(row, S.ROW_CALM) + 1 >= load<u32>(map, M.MAP_CLEAR_AFTER) ? PHASE_RECOVERED : 0
}

@inline
function isCalm(map: usize, metric: usize, score: f64): bool {
  return abs<f64>(score) <= <f64>load<f32>(metric, M.METRIC_THRESHOLD) * load<f64>(map, M.MAP_CLEAR_RATIO)
}

/** Remembers the alert's state; returns the share of the deviation that may move the statistics. */
export function takeNote(map: usize, row: usize, metric: usize, score: f64, phase: u32): f64 {
  const flags = load<u8>(row, S.ROW_FLAGS)
  const calm = phase == 0 && isCalm(map, metric, score)
  store<u32>(row, calm ? load<u32>(row, S.ROW_CALM) + 1 : 0, S.ROW_CALM)
  if (phase == PHASE_RECOVERED) store<u8>(row, flags & ~(<u8>S.ROW_ABNORMAL), S.ROW_FLAGS)
  else if (phase != 0) store<u8>(row, flags | <u8>S.ROW_ABNORMAL, S.ROW_FLAGS)
  const threshold = <f64>load<f32>(metric, M.METRIC_THRESHOLD)
  const warm = load<u32>(row, S.ROW_COUNT) >= load<u32>(map, M.MAP_WARMUP)
  return warm && abs<f64>(score) > threshold ? threshold / abs<f64>(score) : 1
}

/** Weight of a series' next reading, given how many it has had. */
@inline
export function gainOf(map: usize, count: u32): f64 {
  return load<f64>(<usize>load<u32>(map, M.MAP_GAINS) + (<usize>min<u32>(count, M.GAIN_COUNT - 1) << 3))
}

/** Too much for a variance, or none at all: the value was no number. */
@inline
export function isImmense(variance: f64): bool {
  return !(variance < MAX_VARIANCE)
}

/** Takes a value, `delta` above the mean, into the row's statistics. */
@inline
export function learn(map: usize, row: usize, value: f64, delta: f64): void {
  const count = load<u32>(row, S.ROW_COUNT)
  const gain = gainOf(map, count)
  const step = gain * delta
  const variance = (1 - gain) * (load<f64>(row, S.ROW_VARIANCE) + step * delta)
  if (isImmense(variance)) return restart(row, value)
  store<f64>(row, load<f64>(row, S.ROW_MEAN) + step, S.ROW_MEAN)
  store<f64>(row, variance, S.ROW_VARIANCE)
  store<u32>(row, count + u32(count != 0xffffffff), S.ROW_COUNT)
}

/** Beyond what a double can square: begin anew from this value. */
function restart(row: usize, value: f64): void {
  store<f64>(row, value, S.ROW_MEAN)
  store<f64>(row, 0, S.ROW_VARIANCE)
  store<u32>(row, 1, S.ROW_COUNT)
}
