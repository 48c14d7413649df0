import { Command } from 'commander'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Disk } from '../core/disk.ts'
import { MillraceError } from '../core/errors.ts'
import { compileKernels } from '../kernels/kernels.ts'
import { CheckpointReader } from '../storage/checkpoint/checkpoint-reader.ts'
import {
  type CheckpointSurvey,
  surveyCheckpoints,
  type SurveyedCheckpoint,
} from '../storage/checkpoint/checkpoint-survey.ts'
import { kernelRoom } from '../storage/journal/checksum.ts'
import type { Terminal } from './terminal.ts'

/** What the command is built from. */
export interface CheckpointParts {
  readonly terminal: Terminal
  readonly disk: Disk
  readonly clock?: Clock
}

interface Options {
  readonly dataDir: string
  readonly json?: boolean
}

/** `millrace checkpoint`: looks at the checkpoints of a data directory, which may be in use. Nothing is written there. */
export function checkpointCommand({ terminal, disk, clock = systemClock() }: CheckpointParts): Command {
  const inspect = async ({ dataDir, json }: Options): Promise<void> => {
    if (!disk.exists(dataDir))
      throw new MillraceError('not-found', `there is no folder ${dataDir}`, { dataDir })
    const reader = new CheckpointReader(disk, dataDir, kernelRoom(await compileKernels()))
    const survey = surveyCheckpoints(reader, clock.epochMs())
    terminal.out(json ? JSON.stringify(survey, null, 2) : textOf(survey))
  }
  return new Command('checkpoint')
    .description('look at the checkpoints of a data directory, also while it is in use')
    .addCommand(
      new Command('inspect')
        .description('age, series, bytes, positions and damage; reads all of every checkpoint')
        .requiredOption('--data-dir <dir>', 'the data directory')
        .option('--json', 'answer in JSON')
        .action(inspect),
    )
}

function textOf({ checkpoints, damage, isDamaged }: CheckpointSurvey): string {
  return [
    ...(checkpoints.length === 0 ? ['no checkpoint'] : checkpoints.flatMap(linesOf)),
    ...damage.map(({ file, problem }) => `! ${file}: ${problem}`),
    ...(isDamaged ? [] : ['no damage']),
  ].join('\n')
}

function linesOf(checkpoint: SurveyedCheckpoint): string[] {
  const { number, createdMs, ageMs, series, waiting, bytes, files, run, positions, replayFrom } = checkpoint
  const { extras, damage } = checkpoint
  const also = extras.map((extra) => `${extra.name} (${extra.bytes} bytes)`).join(', ')
  return [
    `checkpoint ${number}: ${new Date(createdMs).toISOString()}, ${(ageMs / 1000).toFixed(0)} s old`,
    `  ${series} series, ${waiting} readings waiting, ${mebibytes(bytes)} MiB in data file ${files.join(', ')}`,
    `  run ${run}, rings from ${positions.join(', ')} on, journal from record ${replayFrom} on`,
    ...(also === '' ? [] : [`  with ${also}`]),
    ...(damage === null ? [] : [`! ${damage.file}: ${damage.problem}`]),
  ]
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
