import { z } from 'zod'
import { whole } from './values.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB

const fsync = z.strictObject({
  everyMs: whole(1, 1000, 5, 'Longest wait of a written frame for its fdatasync.'),
  everyBytes: whole(4096, 64 * MIB, MIB, 'Written bytes after which fdatasync does not wait any longer.'),
})

const journal = z.strictObject({
  segmentBytes: whole(MIB, GIB, 64 * MIB, 'Size of a segment of the journal; its room is taken beforehand.'),
  retainBytes: whole(
    0,
    1024 * GIB,
    GIB,
    'Segments kept although recovery does not need them any more, for looking at and for export.',
  ),
})

const checkpoint = z.strictObject({
  everyMs: whole(1000, 86_400_000, 60_000, 'From the end of one checkpoint to the start of the next.'),
})

/** How safe an accepted reading is. */
export const durabilityOptions = {
  durability: z.enum(['memory', 'journal']).default('memory').meta({
    description:
      'How safe an accepted reading is; `memory`: until the process ends, `journal`: it is on disk in `dataDir`.',
  }),
  dataDir: z.string().min(1).nullable().default(null).meta({
    description:
      'Folder for journal, checkpoints and registry; relative to the configuration file. For one engine at a time.',
    'x-allowed': 'a path',
    'x-default': 'none; needed with durability `journal`',
  }),
  fsync: fsync.prefault({}).meta({ description: 'When the journal is made safe (group commit).' }),
  externalize: z.enum(['after-durable', 'at-once']).default('after-durable').meta({
    description:
      'When alerts and emitted data are told: when the readings that caused them are durable, or at once.',
  }),
  journal: journal.prefault({}).meta({ description: 'The files of the journal.' }),
  checkpoint: checkpoint.prefault({}).meta({ description: 'How often state is written down.' }),
}
