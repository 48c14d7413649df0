// How unusual is a value for its series? Exponentially weighted mean and variance (T. Finch, "Incremental calculation
// of weighted mean and variance", 2009), bias-corrected while young by the gain α / (1 − (1 − α)^n), and the z-score.
// A value outside the threshold moves the statistics only as far as the threshold, so that it cannot hide the next.

import * as M from '../src/memory/layout/map.layout'
import * as S from '../src/memory/layout/series.layout'
import { PHASE_CONTINUING, PHASE_RAISED, PHASE_RECOVERED } from '../src/memory/layout/lanes.layout'

const MAX_VARIANCE: f64 = 1e300

/** Standard deviations of `value` from the row's mean; deviations under the metric's minimum count as the minimum. */
@inline
export function scoreOf(row: usize, metric: usize, value: f64): f64 {
  const floor = <f64>load<f32>(metric, M.METRIC_MIN_DEVIATION)
  const deviation = sqrt<f64>(max<f64>(load<f64>(row, S.ROW_VARIANCE), floor * floor))
  return (value - load<f64>(row, S.ROW_MEAN)) / deviation
}

/** What the reading means for the alert: 0 nothing, or a PHASE. */
@inline
export function phaseOf(map: usize, row: usize, metric: usize, score: f64): u32 {
  if (load<u32>(row, S.ROW_COUNT) < load<u32>(map, M.MAP_WARMUP)) return 0
  const threshold = <f64>load<f32>(metric, M.METRIC_THRESHOLD)
  const abnormal = load<u8>(row, S.ROW_FLAGS) & S.ROW_ABNORMAL
  if (abs<f64>(score) > threshold) {
    const side = score > 0 ? M.DIRECTION_HIGH : M.DIRECTION_LOW
    if ((load<u8>(metric, M.METRIC_DIRECTION) & side) != 0) return abnormal ? PHASE_CONTINUING : PHASE_RAISED
  }
  return abnormal ? calmer(map, row, threshold, score) : 0
}

function calmer(map: usize, row: usize, threshold: f64, score: f64): u32 {
  if (abs<f64>(score) > threshold * load<f64>(map, M.MAP_CLEAR_RATIO)) return 0
  return <u32>load<u8>(row, S.ROW_CALM) + 1 >= load<u32>(map, M.MAP_CLEAR_AFTER) ? PHASE_RECOVERED : 0
}

/** Takes the value into the row's statistics and its state of alarm. */
@inline
export function learn(map: usize, row: usize, metric: usize, value: f64, score: f64, phase: u32): void {
  const count = load<u32>(row, S.ROW_COUNT)
  const mean = load<f64>(row, S.ROW_MEAN)
  const variance = load<f64>(row, S.ROW_VARIANCE)
  const young = count < <u32>M.GAIN_COUNT
  const gains = <usize>load<u32>(map, M.MAP_GAINS)
  const gain = young ? load<f64>(gains + (<usize>count << 3)) : load<f64>(map, M.MAP_SMOOTHING)
  let delta = value - mean
  if (count >= load<u32>(map, M.MAP_WARMUP)) {
    const threshold = <f64>load<f32>(metric, M.METRIC_THRESHOLD)
    const size = abs<f64>(score)
    if (size > threshold) delta *= threshold / size
  }
  const next = (1 - gain) * (variance + gain * delta * delta)
  if (next < MAX_VARIANCE) {
    store<f64>(row, mean + gain * delta, S.ROW_MEAN)
    store<f64>(row, next, S.ROW_VARIANCE)
    store<u32>(row, count + u32(count != 0xffffffff), S.ROW_COUNT)
  } else restart(row, value)
  if (phase != 0 || (load<u8>(row, S.ROW_FLAGS) & S.ROW_ABNORMAL) != 0) rememberPhase(map, row, metric, score, phase)
}

/** Beyond what a double can square: begin anew from this value. */
function restart(row: usize, value: f64): void {
  store<f64>(row, value, S.ROW_MEAN)
  store<f64>(row, 0, S.ROW_VARIANCE)
  store<u32>(row, 1, S.ROW_COUNT)
}

function rememberPhase(map: usize, row: usize, metric: usize, score: f64, phase: u32): void {
  const flags = load<u8>(row, S.ROW_FLAGS)
  const calm = abs<f64>(score) <= <f64>load<f32>(metric, M.METRIC_THRESHOLD) * load<f64>(map, M.MAP_CLEAR_RATIO)
  store<u8>(row, calm && phase == 0 ? load<u8>(row, S.ROW_CALM) + 1 : 0, S.ROW_CALM)
  if (phase == PHASE_RECOVERED) store<u8>(row, flags & ~(<u8>S.ROW_ABNORMAL), S.ROW_FLAGS)
  else if (phase != 0) store<u8>(row, flags | <u8>S.ROW_ABNORMAL, S.ROW_FLAGS)
}
