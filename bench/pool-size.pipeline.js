// Tells of each reading that is not the next one of its device: the feed numbers them in `value`, the device in `lon`.
export const name = 'in-order'
export const stateSize = 180

/** @type {NonNullable<import('../src/index.ts').PipelineModule['onReadings']>} */
export function onReadings(batch, ctx) {
  const last = ctx.state
  while (batch.next()) {
    const device = Math.round(batch.lon)
    if (batch.value !== last[device] + 1)
      ctx.emit('disorder', { device, after: last[device], came: batch.value })
    last[device] = batch.value
  }
}
