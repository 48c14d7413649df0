// @ts-check
/**
 * A pipeline module: raises an alert when a freezer has been too warm for five readings in a row, and tells each opened
 * door. It runs in every worker, so what it must remember lies in `ctx.state`, never in variables of its own.
 *
 * @typedef {import('millrace').ReadingBatch} ReadingBatch
 * @typedef {import('millrace').AnomalyEvent} AnomalyEvent
 * @typedef {import('millrace').PipelineContext} PipelineContext
 */
const TOO_WARM = -10
const READINGS_IN_A_ROW = 5
/** Freezers that a shard has room for; there are 64 shards. */
const COUNTERS = 4096

export const name = 'freezer-watch'
export const metrics = ['temperature']
export const stateSize = 2 * COUNTERS

/** @param {ReadingBatch} batch @param {PipelineContext} ctx */
export function onReadings(batch, ctx) {
  while (batch.next()) {
    const counter = counterOf(batch.device, ctx.state)
    if (batch.value <= TOO_WARM) {
      if (ctx.state[counter] >= READINGS_IN_A_ROW) ctx.clear('too-warm')
      ctx.state[counter] = 0
    } else if (++ctx.state[counter] === READINGS_IN_A_ROW) {
      const message = `${batch.value} °C, over ${TOO_WARM} °C for ${READINGS_IN_A_ROW} readings`
      ctx.alert({ rule: 'too-warm', severity: 'high', message })
    }
  }
}

/** @param {AnomalyEvent} event @param {PipelineContext} ctx */
export function onAnomaly(event, ctx) {
  if (event.phase === 'raised' && event.score > 0)
    ctx.emit('door-opened', { device: event.device, time: event.time, value: event.value })
}

/** Where the device's counter is: pairs of (device, count), found by open addressing. @param {number} device @param {Float64Array} state */
function counterOf(device, state) {
  for (let slot = device % COUNTERS, tried = 0; tried < COUNTERS; slot = (slot + 1) % COUNTERS, tried++) {
    if (state[2 * slot] === 0) state[2 * slot] = device
    if (state[2 * slot] === device) return 2 * slot + 1
  }
  throw new Error(`more than ${COUNTERS} freezers in one shard`)
}
