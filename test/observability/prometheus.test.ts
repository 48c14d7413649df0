import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { LatencyBook } from '../../src/observability/latency.ts'
import { ProcessProbe } from '../../src/observability/process-probe.ts'
import { renderPrometheus } from '../../src/observability/prometheus.ts'
import type { Stats } from '../../src/core/stats.ts'
import { sampleDurability, sampleStats } from './sample-stats.ts'

const SAMPLE = /^([a-z_][a-z0-9_]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)+\})? (\+Inf|-?[0-9.e+-]+)$/

const clock = systemClock()
let latency: LatencyBook
let lines: string[]

const render = (stats: Stats): string[] => {
  const probe = new ProcessProbe(clock)
  const text = renderPrometheus(stats, latency, probe.read())
  probe.close()
  expect(text.endsWith('\n')).toBe(true)
  return text.slice(0, -1).split('\n')
}

beforeAll(async () => {
  latency = await LatencyBook.open(clock)
  latency.of('premium', 'processed').record(0.3, 10)
  latency.of('premium', 'processed').record(40, 5)
  latency.anomaly.record(2, 1)
  lines = render({ ...sampleStats, durability: sampleDurability })
})
afterAll(() => latency.close())

describe('renderPrometheus', () => {
  it('writes only help, type and samples, every family once and before its samples', () => {
    let family = ''
    const families = new Set<string>()
    for (const line of lines) {
      const help = /^# HELP (\S+) \S/.exec(line)
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)
      if (help !== null) {
        family = help[1]
        expect(families.has(family)).toBe(false)
        families.add(family)
      } else if (type !== null) {
        expect(type[1]).toBe(family)
        expect(type[1].endsWith('_total')).toBe(type[2] === 'counter')
      } else {
        expect(line).toMatch(SAMPLE)
        expect(line.startsWith(family)).toBe(true)
      }
    }
    expect(families.size).toBeGreaterThan(25)
  })

  it.each([
    'millrace_readings_received_total 1000',
    'millrace_readings_accepted_total{tier="premium"} 200',
    'millrace_readings_processed_total{tier="bulk"} 399',
    'millrace_scaling_arrivals_total{tier="premium",region="europe"} 345.5',
    'millrace_readings_refused_total{reason="overload"} 50',
    'millrace_readings_malformed_total{cause="not-json"} 40',
    'millrace_readings_in_flight 15',
    'millrace_readings_dead_lettered_total 5',
    'millrace_readings_forwarded_total 0',
    'millrace_tier_readings_refused_total{tier="standard"} 2',
    'millrace_backlog_readings{tier="critical"} 1',
    'millrace_anomalies_total 99',
    'millrace_alerts_open 3',
    'millrace_alerts_raised_total 17',
    'millrace_pool_workers 2',
    'millrace_pool_workers_replaced_total 6',
    'millrace_connections 8',
    'millrace_series 12345',
    'millrace_devices 77',
    'millrace_uptime_seconds 61.5',
    'millrace_storage_status{status="ok"} 0',
    'millrace_storage_status{status="slow"} 1',
    'millrace_storage_status{status="failing"} 0',
    'millrace_storage_refused_tiers 2',
    'millrace_journal_records_total 321',
    'millrace_journal_bytes_total 654321',
    'millrace_journal_commits_total 123',
    'millrace_journal_commit_seconds_total 2.5',
    'millrace_journal_commit_longest_seconds 0.25',
    'millrace_journal_failures_total 4',
    'millrace_journal_room_bytes 134217728',
    'millrace_journal_durable_sequence 4711',
    'millrace_checkpoint_number 12',
    'millrace_checkpoint_bytes 34567',
    'millrace_checkpoint_age_seconds 42',
    'millrace_checkpoint_duration_seconds 1.5',
    'millrace_checkpoint_longest_pause_seconds 0.003',
    'millrace_checkpoint_longest_hold_seconds 0.0005',
    'millrace_checkpoint_failures_total 6',
    'millrace_replayed_readings_total 98765',
  ])('says %s', (line) => {
    expect(lines).toContain(line)
  })

  it('says nothing of storage where nothing outlives the process', () => {
    const memory = render(sampleStats).join('\n')
    expect(memory).not.toMatch(/millrace_(storage|journal|checkpoint|replayed)/)
  })

  it('says of checkpoints only whether one failed, until there is one', () => {
    const young = render({ ...sampleStats, durability: { ...sampleDurability, checkpoint: null } })
    const samples = young.filter((line) => line.startsWith('millrace_checkpoint'))
    expect(samples).toEqual(['millrace_checkpoint_failures_total 6'])
  })

  it('escapes label values', () => {
    expect(lines).toContain('millrace_readings_refused_total{reason="say \\"no\\"\\\\\\n"} 10')
  })

  it('writes latencies as cumulative histograms in seconds', () => {
    const of = (suffix: string): number[] =>
      lines
        .filter((line) =>
          line.startsWith(`millrace_latency_seconds${suffix}{tier="premium",stage="processed"`),
        )
        .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
    const buckets = of('_bucket')
    expect(buckets.length).toBe(17)
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b))
    expect(lines).toContain(
      'millrace_latency_seconds_bucket{tier="premium",stage="processed",le="0.00025"} 0',
    )
    expect(lines).toContain(
      'millrace_latency_seconds_bucket{tier="premium",stage="processed",le="0.0005"} 10',
    )
    expect(lines).toContain('millrace_latency_seconds_bucket{tier="premium",stage="processed",le="0.05"} 15')
    expect(lines).toContain('millrace_latency_seconds_bucket{tier="premium",stage="processed",le="+Inf"} 15')
    expect(of('_count')).toEqual([15])
    expect(of('_sum')[0]).toBeCloseTo(0.203)
    expect(lines).toContain('millrace_anomaly_latency_seconds_count 1')
    expect(lines).toContain('millrace_latency_seconds_count{tier="bulk",stage="routed"} 0')
  })
})

describe('ProcessProbe', () => {
  it('measures this process, and a blocked event loop', async () => {
    const probe = new ProcessProbe(clock)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const until = clock.nowMs() + 120
    while (clock.nowMs() < until);
    await new Promise((resolve) => setTimeout(resolve, 50))
    const figures = probe.read()
    probe.close()
    expect(figures.residentBytes).toBeGreaterThan(figures.heapBytes)
    expect(figures.cpuSeconds).toBeGreaterThan(0.1)
    expect(figures.startSeconds).toBeLessThan(clock.epochMs() / 1000)
    expect(figures.lagSeconds.max).toBeGreaterThan(0.08)
    expect(figures.lagSeconds.p99).toBeLessThanOrEqual(figures.lagSeconds.max)
  })
})
