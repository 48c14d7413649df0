import { compileKernels, openKernels } from '/work/main/src/kernels/kernels.ts'
import { planMemory, placeOf } from '/work/main/src/memory/memory-plan.ts'
import { writeMemoryMap } from '/work/main/src/memory/memory-map.ts'
import { reserveMemory, viewMemory } from '/work/main/src/memory/shared-memory.ts'
import { SpscFrameProducer } from '/work/main/src/memory/rings/spsc-frame-ring.ts'
import { publishCursor } from '/work/main/src/memory/atomics.ts'
import { RING_ROUTE_CURSOR, RING_WRITE_CURSOR } from '/work/main/src/memory/layout/ring.layout.ts'
const N = +(process.argv[2] ?? 1e6), K = +(process.argv[3] ?? 1000)
const plan = planMemory({ series: N, devices: 1000, ringBytes: 1<<23, rings: 1, backlogBytes: 128<<20, workers: 2, limitsDeviceRate: false, shardStateBytes: 0 })
const m = viewMemory(reserveMemory(plan.totalBytes))
writeMemoryMap(m, plan, { warmup: 30, clearAfter: 5, clearRatio: .5, smoothing: .05, timeAheadMs: 3.6e6, defaultTier: 2, knownOnly: false, deviceReadingsPerSecond: 0, seriesLimit: N })
const mt = plan.at.metrics + 16
m.f32[mt>>>2] = 6; m.f32[(mt+4)>>>2] = 1e-6; m.bytes[mt+8]=3; m.bytes[mt+9]=1
const k = openKernels(await compileKernels(), m.memory)
const data = placeOf.ring(plan,0), control = placeOf.ringControl(plan,0)
const ring = new SpscFrameProducer(m, control, data, plan.needs.ringBytes)
const keys = new BigUint64Array(N); for (let i=0;i<N;i++) keys[i] = (BigInt(Math.floor(Math.random()*2**48)) << 16n) | 1n
const big = new BigUint64Array(m.memory.buffer)
const shared = new Uint8Array(32*K); const dv = new DataView(shared.buffer)
const frames = 200
let x = 1; const rnd = () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x >>> 0 }
const pre = Array.from({length: Math.ceil(2e6/K)}, () => { const b = new Uint8Array(32*K+32); const d = new DataView(b.buffer); for (let i=0;i<K;i++){ const o=32+i*32; d.setBigUint64(o, keys[rnd()%N], true); d.setFloat64(o+16, 20+(rnd()%1000)/500, true); d.setInt32(o+24, rnd()%1700000000-850000000, true); d.setInt32(o+28, rnd()%3600000000-1800000000, true)} return b })
let f = 0, done=0, t=0, tw=0, routed=0
let cursor = 0
const t0 = performance.now()
for (let round=0; performance.now()-t0 < 6000; round++) {
  for (let i=0;i<Math.ceil(100000/K);i++) { const b = pre[f++ % pre.length]; const a = ring.claim(b.length, K); if (!a) break; m.bytes.set(b, a); ring.commit(32, K, 1, 0, performance.now()) }
  const to = m.i32[(control+RING_WRITE_CURSOR)>>>2]
  while (cursor !== to) {
    const s = performance.now()
    cursor = k.route(plan.at.map, plan.at.scratch, control, data, plan.needs.ringBytes-1, cursor, to, 4096, Date.now()-performance.now())
    k.publish(plan.at.map, plan.at.scratch, performance.now())
    if (performance.now()-t0>2000) t += performance.now()-s
    publishCursor(m.i32, control+RING_ROUTE_CURSOR, cursor)
  }
  const s2 = performance.now(); let n
  let d0=0
  for (let tr=1; tr<5; tr++) while ((n = k.drainTrack(plan.at.map, 0, tr, 0, 1e6, performance.now()))) d0+=n
  if (s2-t0>2000) { tw += performance.now()-s2; done += d0 }
}
const rc = plan.at.routerCounters
console.log('accepted', m.u32.slice(rc>>>2, (rc>>>2)+8).join(), 'series', m.u32[(rc+328)>>>2], 'anom', m.u32[(rc+320)>>>2])
console.log(N, K, 'route M/s', (done/t/1000).toFixed(2), 'drain M/s', (done/tw/1000).toFixed(2), done)
