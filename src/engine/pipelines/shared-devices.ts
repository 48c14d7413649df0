import type { Device } from '../../core/device.ts'
import type { DeviceRegistry } from '../../devices/registry/device-registry.ts'
import { DeviceDirectoryWriter } from '../../memory/device-directory.ts'
import type { DeviceRow } from '../../pipelines/definition/outside.ts'

/** Keeps what the registry knows where pipelines in other threads can read it. */
export class SharedDevices {
  readonly #writer: DeviceDirectoryWriter
  readonly #stop: () => void
  #left = 0

  constructor(registry: DeviceRegistry, maxDevices: number) {
    this.#writer = new DeviceDirectoryWriter(maxDevices)
    for (const device of registry) this.#put(device)
    this.#stop = registry.onChange(({ device, removed }) =>
      removed === true ? this.#writer.remove(device.id) : this.#put(device),
    )
  }

  get buffer(): SharedArrayBuffer {
    return this.#writer.buffer
  }

  /** Changes that there was no room for: pipelines see those devices as they were. */
  get left(): number {
    return this.#left
  }

  close(): void {
    this.#stop()
  }

  #put({ id, name, tenant, attributes }: Device): void {
    const row: DeviceRow = { name, tenant, attributes }
    if (!this.#writer.put(id, JSON.stringify(row))) this.#left++
  }
}
