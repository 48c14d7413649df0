import { beforeEach, describe, expect, it } from 'vitest'
import { AgentGate } from '../../src/memory/agents/agent-gate.ts'
import { Census } from '../../src/memory/agents/census.ts'
import { Doorbell, Signals } from '../../src/memory/agents/signals.ts'
import { Turns } from '../../src/memory/agents/turns.ts'
import { observeCursor } from '../../src/memory/atomics.ts'
import * as A from '../../src/memory/layout/control.layout.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../../src/memory/shared-memory.ts'

const CONTROL = 0
const SLOT = 4096

let memory: SharedMemory
let gate: AgentGate
beforeEach(() => {
  memory = viewMemory(reserveMemory(1 << 16))
  gate = new AgentGate(memory, CONTROL, SLOT)
})
const word = (offset: number): number => observeCursor(memory.i32, CONTROL + offset)
const state = (): number => observeCursor(memory.i32, SLOT + A.AGENT_STATE)
const census = (slots: number[] = [SLOT]) => new Census(memory, CONTROL, slots)

describe('Census', () => {
  it('counts at once while everybody stands still, and lets them go on', () => {
    gate.enter()
    gate.park()
    expect(census().take((isExact) => [word(A.CONTROL_CENSUS), isExact])).toEqual([1, true])
    expect(word(A.CONTROL_CENSUS)).toBe(0)
  })

  it('takes an agent in user code for one that stands still', () => {
    gate.enter()
    gate.enterUserCode(640, 3)
    expect(census().take(() => state())).toBe(A.AGENT_IN_USER_CODE)
  })

  it('does not wait for ever for an agent that the machine does not run, and says so', () => {
    gate.enter()
    expect(census().take((isExact) => ({ isExact }))).toEqual({ isExact: false })
  })

  it('ends even when counting fails', () => {
    expect(() =>
      census().take(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(word(A.CONTROL_CENSUS)).toBe(0)
  })
})

describe('AgentGate', () => {
  it('says which slice user code is shown, until it is back', () => {
    gate.enter()
    gate.enterUserCode(640, 3)
    const at = (offset: number) => observeCursor(memory.i32, SLOT + offset)
    expect([at(A.AGENT_LANE), at(A.AGENT_COUNT), state()]).toEqual([640, 3, A.AGENT_IN_USER_CODE])
    gate.leaveUserCode()
    expect([at(A.AGENT_LANE), state()]).toEqual([0, A.AGENT_RUNNING])
  })

  it('says which shard is held', () => {
    const shard = () => observeCursor(memory.i32, SLOT + A.AGENT_SHARD)
    gate.noteClaim(4, 17)
    expect(shard()).toBe(18)
    gate.noteRelease()
    expect(shard()).toBe(0)
  })

  it('introduces its thread and takes leave', () => {
    gate.introduce(7)
    expect(observeCursor(memory.i32, SLOT + A.AGENT_THREAD_ID)).toBe(7)
    gate.leave()
    expect(state()).toBe(A.AGENT_OFF)
  })
})

describe('Turns', () => {
  it('stands still before, between and after turns, however they nest', () => {
    const turns = new Turns(gate)
    expect(state()).toBe(A.AGENT_PARKED)
    turns.begin()
    turns.begin()
    turns.end()
    expect(state()).toBe(A.AGENT_RUNNING)
    turns.end()
    expect(state()).toBe(A.AGENT_PARKED)
  })

  it('stands still while it rests in the middle of a turn, and goes on even when resting fails', () => {
    const turns = new Turns(gate)
    turns.begin()
    expect(turns.rest(() => state())).toBe(A.AGENT_PARKED)
    expect(state()).toBe(A.AGENT_RUNNING)
    expect(() =>
      turns.rest(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(state()).toBe(A.AGENT_RUNNING)
    turns.end()
    turns.rest(() => undefined)
    expect(state()).toBe(A.AGENT_PARKED)
  })
})

describe('Signals', () => {
  it('calls nobody for nothing', () => {
    const signals = new Signals(memory, CONTROL)
    signals.wakeRouter()
    signals.wakeWorkers()
    expect([word(A.CONTROL_ROUTER_SIGNAL), word(A.CONTROL_WORK_SIGNAL)]).toEqual([0, 0])
  })

  it('calls the router between its last look for work and its sleep', () => {
    const signals = new Signals(memory, CONTROL)
    // what is committed just then does not wait for the sleep to end by itself
    signals.sleepRouter(() => {
      signals.wakeRouter()
      return false
    }, 60_000)
    expect(word(A.CONTROL_ROUTER_SIGNAL)).toBe(1)
    expect(word(A.CONTROL_ROUTER_SLEEPING)).toBe(0)
  })

  it('calls workers between their last look for work and their sleep', () => {
    const signals = new Signals(memory, CONTROL)
    signals.sleepWorker(() => {
      expect(word(A.CONTROL_WORK_SLEEPERS)).toBe(1)
      signals.wakeWorkers()
      return false
    }, 60_000)
    expect(word(A.CONTROL_WORK_SLEEPERS)).toBe(0)
  })

  it('lets nobody sleep who finds work', () => {
    const signals = new Signals(memory, CONTROL)
    signals.sleepRouter(() => true, 60_000)
    signals.sleepWorker(() => true, 60_000)
    signals.wakeAll()
    expect([word(A.CONTROL_ROUTER_SIGNAL), word(A.CONTROL_WORK_SIGNAL)]).toEqual([1, 1])
  })
})

describe('Doorbell', () => {
  const bell = () => word(A.CONTROL_DOORBELL)

  it('rings once between two looks', () => {
    const doorbell = new Doorbell(memory, CONTROL)
    doorbell.ring()
    expect(bell()).toBe(0)
    const { value } = doorbell.arm(false)
    doorbell.ring()
    doorbell.ring()
    expect(bell()).toBe(value + 1)
  })

  it('rings for answers only when somebody waits for one', () => {
    const doorbell = new Doorbell(memory, CONTROL)
    doorbell.arm(false)
    doorbell.ringForAnswers()
    expect(bell()).toBe(0)
    doorbell.wantAnswers()
    doorbell.ringForAnswers()
    doorbell.ringForAnswers()
    expect(bell()).toBe(1)
    doorbell.arm(true)
    doorbell.ringForAnswers()
    expect(bell()).toBe(2)
  })
})
