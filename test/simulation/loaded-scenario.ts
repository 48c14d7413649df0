import { type LoadedScenario, parseScenario } from '../../src/simulation/scenario/scenario-file.ts'

/** A scenario of a text, without files beside it. */
export function loadedScenario(text: string): LoadedScenario {
  const scenario = parseScenario(text.includes('name: t\n') ? text : `name: t\n${text}`, 'test.yaml')
  return { ...scenario, traces: new Map(), calendarTexts: new Map(), calibrationText: undefined }
}
