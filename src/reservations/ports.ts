/** What maintenance needs of the world around it. The engine has it, the simulator plays it. */
import type { Clock } from '../core/clock.ts'
import type { Device } from '../core/device.ts'
import type { Random } from '../core/random.ts'
import type { CapacityOutlook } from '../core/scaling.ts'
import type { DeviceSelector } from './device-selector.ts'
import type { ExecutionStatus, MaintenanceEvent } from './maintenance.ts'

/** A hook is to begin the operation for a wave. */
export interface HookCall {
  readonly hook: string
  readonly job: string
  readonly kind: string
  readonly window: string
  readonly attempt: number
  readonly wave: number
  /** None: the operation is not about devices. */
  readonly devices: readonly string[]
  /** Who has it may report. */
  readonly token: string
  readonly endsAt: number
}

/** `IN_PROGRESS`: begun, what comes of it will be reported. */
export interface HookAnswer {
  readonly status: Extract<ExecutionStatus, 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED'>
  readonly message: string
}

export interface HookDoor {
  /** Names of those there are. */
  readonly names: readonly string[]
  /** Does what it began go on when this process ends? */
  outlives(hook: string): boolean
  /** Never rejects. Aborted when the window ends before the operation. */
  start(call: HookCall, signal: AbortSignal): Promise<HookAnswer>
}

export interface AlertHolds {
  /** Holds alerts of the devices, which are all that the selector finds where there is one; returns what ends that. */
  hold(
    selector: DeviceSelector | null,
    devices: readonly string[],
    until: number,
    reason: string,
  ): readonly string[]
  release(holds: readonly string[]): void
  /** Does a hold of the selector cover devices that come later? Not there: it does. */
  coversNew?(selector: DeviceSelector): boolean
}

export interface ReservationPorts {
  readonly clock: Clock
  readonly random: Random
  readonly outlook: CapacityOutlook
  readonly devices: { all(): Iterable<Device>; has(name: string): boolean }
  readonly hooks: HookDoor
  readonly alerts: AlertHolds
  /** Waits until nothing of the devices is in flight that was accepted before; false = not within `limitMs`. */
  drain(devices: readonly string[], limitMs: number): Promise<boolean>
  /** Unguessable. */
  newToken(): string
  tell(event: MaintenanceEvent): void
  /** What is to be kept has changed. */
  changed(): void
  /** Something of the world around failed, and maintenance goes on without. */
  failed(error: unknown): void
}

export interface ReservationLimits {
  /** Jobs that have not ended. */
  readonly jobs: number
  /** Of one window. */
  readonly devices: number
  /** Windows that are over, of each job. */
  readonly past: number
  /** How far ahead windows are planned and slots looked for. */
  readonly horizonMs: number
}
