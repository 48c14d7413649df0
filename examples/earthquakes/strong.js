// @ts-check
/**
 * What a pipeline can say of the same catalogue: how many quakes the stations of a region had in a window, as an alert. It
 * knows regions, not neighbourhoods that grow; these are for incidents, which are found besides with `--config`:
 * `node examples/earthquakes/catalogue.js quakes.ndjson && millrace run examples/earthquakes/strong.js --input quakes.ndjson --config examples/earthquakes/swarms.json`
 */
import { count, max, pipeline, tumbling } from 'millrace'

export default pipeline('strong', { metrics: ['magnitude'], lateness: '1h', state: { bytes: 16 * 2 ** 20 } })
  .filter((r) => r.value >= 1)
  .window(tumbling('6h'), { by: 'region', aggregate: { quakes: count(), strongest: max() } })
  .alert('strong', {
    when: (w) => w.strongest >= 6,
    severity: 'high',
    message: (w) => `${w.quakes} quakes in ${w.region}`,
  })
