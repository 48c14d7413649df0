import { Command, InvalidArgumentError } from 'commander'
import type { Disk } from '../core/disk.ts'
import { MillraceError } from '../core/errors.ts'
import { compileKernels } from '../kernels/kernels.ts'
import { kernelRoom, type ReadRoom } from '../storage/journal/checksum.ts'
import { describeFinding } from '../storage/journal/findings.ts'
import { type Bound, type RecordRange, surveyJournal } from '../storage/journal/journal-survey.ts'
import { journalFolder } from '../storage/journal/segment.ts'
import { exportReadings } from './journal-export.ts'
import { inspectText } from './journal-inspect.ts'
import type { Terminal } from './terminal.ts'

/** What the command is built from. */
export interface JournalParts {
  readonly terminal: Terminal
  readonly disk: Disk
  /** Writes to stdout; false when nobody reads it any more. */
  readonly write?: (text: string) => Promise<boolean>
}

interface Options {
  readonly dataDir: string
  readonly json?: boolean
  readonly from?: Bound
  readonly to?: Bound
}

/** `millrace journal`: looks into the journal of a data directory, which may be in use. Nothing is written there. */
export function journalCommand({ terminal, disk, write = writeOut }: JournalParts): Command {
  const partsOf = async ({ dataDir }: Options) => ({
    disk,
    folder: journalFolder(dataDir),
    room: await openRoom(),
  })
  const inspect = async (options: Options): Promise<void> => {
    const survey = surveyJournal(await partsOf(options), rangeOf(options))
    terminal.out(options.json ? JSON.stringify(survey, null, 2) : inspectText(survey))
  }
  const verify = async (options: Options): Promise<void> => {
    const { records, segments, findings, isDamaged, folder } = surveyJournal(
      await partsOf(options),
      rangeOf(options),
    )
    if (options.json)
      terminal.out(
        JSON.stringify({ damaged: isDamaged, records, segments: segments.length, findings }, null, 2),
      )
    else for (const finding of findings) terminal.out(describeFinding(finding))
    if (isDamaged)
      throw new MillraceError('storage-damaged', `the journal in ${folder} is damaged`, { folder })
    if (!options.json) terminal.out(`${records} records in ${segments.length} segments are good`)
  }
  const exportAll = async (options: Options): Promise<void> => {
    const say = (text: string): void => terminal.err(`millrace: ${text}`)
    await exportReadings(await partsOf(options), rangeOf(options), write, say)
  }
  return new Command('journal')
    .description('look into the journal of a data directory, also while it is in use')
    .addCommand(
      withRange(new Command('inspect').description('segments, positions, records and damage')).action(
        inspect,
      ),
    )
    .addCommand(
      withRange(new Command('verify').description('exit with 1 if anything is damaged')).action(verify),
    )
    .addCommand(
      withRange(new Command('export').description('readings as JSON, a line each')).action(exportAll),
    )
}

function withRange(command: Command): Command {
  return command
    .requiredOption('--data-dir <dir>', 'the data directory')
    .option('--json', 'answer in JSON (export always does)')
    .option('--from <bound>', 'sequence number of the first record, or the time it was written', boundOf)
    .option('--to <bound>', 'sequence number of the last record, or the time it was written', boundOf)
}

const rangeOf = ({ from, to }: Options): RecordRange => ({ from, to })

const openRoom = async (): Promise<ReadRoom> => kernelRoom(await compileKernels())

/** A whole number is a sequence number, anything else a time. */
function boundOf(text: string): Bound {
  if (/^\d+$/.test(text)) return { kind: 'sequence', value: Number(text) }
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return { kind: 'time', value: time }
  throw new InvalidArgumentError('neither a sequence number nor a time such as 2027-01-01T00:00:00Z.')
}

/** Waits until the text is gone, so that a slow reader doesn't fill the memory. */
function writeOut(text: string): Promise<boolean> {
  return new Promise((resolve) => process.stdout.write(text, (error) => resolve(!error)))
}
