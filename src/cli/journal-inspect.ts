import { describeFinding } from '../storage/journal/findings.ts'
import type { JournalSurvey, RingSurvey, SegmentSurvey } from '../storage/journal/journal-survey.ts'

/** A survey for people. */
export function inspectText(survey: JournalSurvey): string {
  const { folder, segments, rings, records, bytes, firstSequence, lastSequence, findings } = survey
  const range = firstSequence === null ? '' : `, ${firstSequence} to ${lastSequence}`
  return [
    `${folder}: ${records} records${range}, ${mebibytes(bytes)} MiB of frames in ${segments.length} segments`,
    ...segments.map(segmentLine),
    ...rings.map(ringLine),
    ...findings.map((finding) => `! ${describeFinding(finding)}`),
    ...(findings.length === 0 ? ['no damage'] : []),
  ].join('\n')
}

function segmentLine({
  name,
  createdMs,
  records,
  bytes,
  firstSequence,
  lastSequence,
}: SegmentSurvey): string {
  const created = createdMs === null ? 'no header' : new Date(createdMs).toISOString()
  const range = lastSequence === null ? `from ${firstSequence}` : `${firstSequence} to ${lastSequence}`
  return `  ${name}  ${created}  ${records} records, ${range}  ${mebibytes(bytes)} MiB`
}

const ringLine = ({ run, ring, fromPosition, toPosition, records }: RingSurvey): string =>
  `  run ${run} ring ${ring}  positions ${fromPosition} to ${toPosition}  ${records} records`

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
