import { z } from 'zod'
import { BLOCK_BYTES, isPowerOfTwo, METRIC_IDS } from '../../../core/limits.ts'
import { whole } from './values.ts'

const MIB = 1024 * 1024

const ringBytes = z
  .int()
  .min(MIB)
  .max(1024 * MIB)
  .refine(isPowerOfTwo)
  .default(8 * MIB)
  .meta({
    description:
      'Ring between one producer thread and the router; holds at least four frames of `frameBytes`.',
    'x-allowed': 'a power of two from 1,048,576 to 1,073,741,824',
  })

const backlogBytes = z
  .int()
  .min(MIB)
  .max(2048 * MIB)
  .multipleOf(BLOCK_BYTES)
  .default(128 * MIB)
  .meta({
    description:
      'Readings that wait for workers, all tiers together. Every lane in use keeps a block of 16 KiB, up to 5 MiB in all; below 16 MiB the lower tiers are soon refused.',
  })

const idleTimeoutSeconds = z
  .union([z.literal(0), z.int().min(8).max(960)])
  .default(120)
  .meta({ description: 'Silence after which a connection is closed; 0 never closes it.' })

/** What is bounded, and so what memory is taken at start. */
export const limitsOptions = z.strictObject({
  series: whole(1_000, 12_000_000, 1_000_000, 'Series (one metric of one device) that can be told apart.'),
  devices: whole(1, 12_000_000, 1_000_000, 'Devices in the registry.'),
  metrics: whole(1, METRIC_IDS - 1, 4096, 'Metrics in the dictionary, `value` included.'),
  ringBytes,
  backlogBytes,
  frameBytes: whole(1024, 64 * MIB, MIB, 'Largest message from a device.'),
  connections: whole(1, 1_000_000, 20_000, 'Open sockets, all listeners together.'),
  framesInFlight: whole(1, 65_535, 64, 'Frames a connection may have unacknowledged.'),
  clients: whole(
    1,
    1_000_000,
    65_536,
    'Clients (`?client=`) whose repeated frames are recognised, with `durability: journal`; beyond, those silent for longest are forgotten.',
  ),
  timeAheadMs: whole(
    0,
    31_536_000_000,
    3_600_000,
    'Readings further ahead of their arrival are malformed (`future`).',
  ),
  ringWaitMs: whole(0, 10_000, 1000, 'How long a full ring slows its sender before it refuses.'),
  replyBufferBytes: whole(4096, 64 * MIB, 262_144, 'Replies a client may leave unread before it is closed.'),
  idleTimeoutSeconds,
  bodyBytes: whole(1024, 256 * MIB, 16 * MIB, 'Largest HTTP request body.'),
  openAlerts: whole(1, 1_000_000, 10_000, 'Alerts open at once.'),
  alertHistory: whole(0, 1_000_000, 1000, 'Resolved alerts kept to be looked at.'),
  quarantine: whole(0, 100_000, 256, 'Malformed inputs kept to be looked at.'),
  deadLetters: whole(1, 1_000_000, 1000, 'Readings and items kept that were given up.'),
  pipelines: whole(1, 64, 16, 'Pipelines at once.'),
})
