// Opens a store and changes it without end; says how far it is on disk.
const [folder, from] = process.argv.slice(2)
const dist = new URL('../../../dist/', import.meta.url)
const { RegistryStore } = await import(new URL('storage/registry/registry-store.js', dist).href)
const { systemClock } = await import(new URL('core/clock.js', dist).href)

const { store, damage } = await RegistryStore.open({
  folder,
  clock: systemClock(),
  onFailure: (/** @type {Error} */ error) => console.log(JSON.stringify({ failure: error.message })),
})
console.log(JSON.stringify({ damage }))
for (let i = Number(from); ; i++) {
  const device = {
    name: `d-${i}`,
    id: i,
    tier: 'bulk',
    region: '',
    tenant: '',
    lat: null,
    lon: null,
    attributes: {},
  }
  store.put({ kind: 'device', device })
  if (i % 50 !== 0) continue
  if (i % 500 === 0) {
    await store.flushed()
    console.log(JSON.stringify({ flushed: i }))
  }
  await new Promise((resolve) => setImmediate(resolve))
}
