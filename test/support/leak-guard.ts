// Fails a test file that leaves a server, a socket or an unhandled rejection behind.
import { afterAll, expect } from 'vitest'

const before = new Set(openHandles())

afterAll(async () => {
  // Sockets that were just closed need a turn or two of the event loop to go.
  for (let turn = 0; turn < 40 && leaked().length > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 25))
  expect(leaked(), 'servers or sockets left open by this file').toEqual([])
})

function leaked(): string[] {
  return openHandles().filter((handle) => !before.has(handle))
}

function openHandles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((resource) => resource === 'TCPServerWrap' || resource === 'PipeServerWrap')
    .map((resource, position) => `${resource} ${position}`)
}
