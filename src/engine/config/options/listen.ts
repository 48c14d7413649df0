import { z } from 'zod'
import { MAX_LISTENERS } from '../../../core/limits.ts'
import { whole } from './values.ts'

/** Where and how the engine listens, and what it runs. */
export const listenOptions = {
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:%-]{1,253}$/)
    .default('127.0.0.1')
    .meta({
      description: 'Address to listen on. Anything but loopback wants `auth` or `insecure`.',
      'x-allowed': 'an IP address or a host name',
    }),
  port: whole(0, 65_535, 9000, 'Port for WebSocket and HTTP; 0 takes any free one.'),
  listeners: whole(
    1,
    MAX_LISTENERS,
    1,
    'Listener threads sharing the port; more than 1 needs a `port` other than 0, and no `rates` per address or tenant.',
  ),
  insecure: z.boolean().default(false).meta({
    description:
      'Listen beyond loopback although no tokens are configured: everyone who reaches the port gets in.',
  }),
  server: z.enum(['auto', 'uws', 'ws']).default('auto').meta({
    description: 'Server library: uWebSockets.js, ws, or the first where it loads and else the second.',
  }),
  admission: z.enum(['open', 'known']).default('open').meta({
    description:
      'Devices never seen before: `open` registers them with the default tier, `known` refuses them.',
  }),
  pipeline: z.string().min(1).nullable().default(null).meta({
    description:
      'Module with user code, loaded in the workers; a path is relative to the configuration file.',
    'x-allowed': 'a path, or a URL starting with file: or data:',
    'x-default': 'none: the built-in pipeline alone',
  }),
  pipelines: z.array(z.string().min(1)).default([]).meta({
    description:
      'Modules with pipelines (see docs/pipelines.md); paths are relative to the configuration file.',
    'x-allowed': 'paths, or URLs starting with file: or data:',
    'x-default': 'none',
  }),
  alertRules: z.array(z.string().min(1)).default([]).meta({
    description:
      'Files of rules (see docs/rules.md), read again when they change; paths are relative to the configuration file.',
    'x-allowed': 'paths',
    'x-default': 'none',
  }),
  shutdownTimeoutMs: whole(
    0,
    600_000,
    10_000,
    'How long closing waits for accepted readings to be processed.',
  ),
}
