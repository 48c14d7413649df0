import { describe, expect, it } from 'vitest'
import { GoneAlerts } from '../../src/engine/rules/gone-alerts.ts'
import { openBook, raise } from '../alerts/open-book.ts'

/** Pipelines that run, by name: their rules, and whether they could not read what they held. */
type Running = Readonly<Record<string, { readonly rules: readonly string[]; readonly hasLost?: boolean }>>

function gone(running: Running) {
  const { book } = openBook(undefined, { history: 10 })
  const alerts = new GoneAlerts(book, {
    rulesOf: (name) => (running[name] === undefined ? undefined : new Set(running[name].rules)),
    hasLost: (name) => running[name].hasLost === true,
  })
  const open = (rule: string, raisedBy?: string) =>
    book.raise(raise({ rule, ...(raisedBy !== undefined && { raisedBy }) }))
  const ended = () =>
    book.list({ state: 'resolved', limit: 10 }).alerts.map(({ rule, endedBecause }) => [rule, endedBecause])
  return { book, alerts, open, ended }
}

describe('Alerts that nothing would ever end', () => {
  it('end when what their pipeline knew of them is lost, and it has not raised them again', () => {
    const { alerts, open, ended, book } = gone({ press: { rules: ['hot', 'cold'], hasLost: true } })
    open('hot', 'pipeline:press')
    open('cold', 'pipeline:press')
    alerts.begin()
    open('cold', 'pipeline:press') // by a reading that was taken in again
    alerts.settle()
    expect(ended()).toEqual([['hot', 'state-lost']])
    expect(book.open().map(({ rule }) => rule)).toEqual(['cold'])
  })

  it('go on where the pipeline knows of them', () => {
    const { alerts, open, ended } = gone({ press: { rules: ['hot'] } })
    open('hot', 'pipeline:press')
    alerts.begin()
    alerts.settle()
    expect(ended()).toEqual([])
  })

  it('end when their rule is not there any more, in a pipeline as in a file', () => {
    const { alerts, open, ended } = gone({ press: { rules: ['hot'] }, yard: { rules: ['hot'] } })
    open('warm', 'pipeline:press')
    open('mild', 'rules:yard')
    open('late', 'rules:gone.yaml')
    alerts.begin()
    alerts.settle()
    expect(ended().sort()).toEqual([
      ['late', 'rule-removed'],
      ['mild', 'rule-removed'],
      ['warm', 'rule-removed'],
    ])
  })

  it('wait for a pipeline that the program may start later, and never end that no pipeline has raised', () => {
    const { alerts, open, ended } = gone({})
    open('hot', 'pipeline:later')
    open('anomaly')
    alerts.begin()
    alerts.settle()
    expect(ended()).toEqual([])
  })

  it('end with their pipeline, and no others', () => {
    const { alerts, open, ended } = gone({})
    open('hot', 'pipeline:press')
    open('cold', 'rules:press')
    open('warm', 'pipeline:pressure')
    open('anomaly')
    alerts.pipelineForgotten('press')
    expect(ended().sort()).toEqual([
      ['cold', 'pipeline-removed'],
      ['hot', 'pipeline-removed'],
    ])
  })
})
