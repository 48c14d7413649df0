// @ts-check
/** A week of real earthquakes (USGS, by way of vega-datasets), each told by the network that measured it. */
import { readFileSync } from 'node:fs'

/**
 * @typedef {object} Earthquake
 * @property {string} device the seismic network, such as quake-ci
 * @property {string} place
 * @property {number} magnitude
 * @property {number} lat degrees
 * @property {number} lon degrees
 * @property {number} time when it was, ms since the epoch
 */

/** @typedef {{ properties: { mag: number | null, place: string, time: number, net: string }, geometry: { coordinates: number[] } }} Feature */

/** In the order in which they happened. @returns {Earthquake[]} */
export function loadEarthquakes() {
  const file = new URL('../data/earthquakes.json', import.meta.resolve('vega-datasets'))
  /** @type {{ features: Feature[] }} */
  const { features } = JSON.parse(readFileSync(file, 'utf8'))
  return features
    .flatMap(({ properties: { mag, place, time, net }, geometry: { coordinates } }) =>
      mag === null
        ? []
        : [{ device: `quake-${net}`, place, magnitude: mag, lat: coordinates[1], lon: coordinates[0], time }],
    )
    .sort((a, b) => a.time - b.time)
}
