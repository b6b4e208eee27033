// Lets other processes use the embedded database beside the one that holds it. PGlite has one session, so a guest's
// statements may run only between our own transactions, and a guest's transaction must keep everybody else out. (The
// package pglite-socket queues its own clients, but lets their messages fall into a transaction of the holding process.)
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PGlite } from '@electric-sql/pglite'
import type { Logger } from '../log.ts'

export type Gate = {
  kind: 'held'
  /** Guests that knocked before are served from now on. */
  serve: (pglite: PGlite, log: Logger) => void
  close: () => Promise<void>
}

/** Guests are single commands: most have ended by then. */
const guestGraceMs = 3_000

/** The longest path of a Unix socket is 107 bytes on Linux, 103 on macOS. */
const maxSocketPath = 100

/** Listening on the socket is the lock: the kernel gives it to one process and takes it away when that one dies. */
export async function holdGate(folder: string): Promise<Gate | { kind: 'taken'; socketPath: string }> {
  const socketPath = socketPathOf(folder)
  for (;;) {
    const gate = await listen(socketPath)
    if (gate !== undefined) return gate
    const state = await probe(socketPath)
    if (state === 'alive') return { kind: 'taken', socketPath }
    if (state === 'dead') await removeDead(socketPath)
  }
}

/** A process that removes a dead socket needs milliseconds; one that was killed while it did leaves its mark behind. */
const removalMs = 5_000

/**
 * Removes the socket of a process that died. One process at a time, and looking again: without that, the slower of two
 * would remove the socket on which the faster one listens by now, and both would open the database.
 */
async function removeDead(socketPath: string): Promise<void> {
  const mark = `${socketPath}.takeover`
  try {
    await mkdir(mark)
  } catch {
    await delay(10)
    const since = await stat(mark).catch(() => undefined)
    if (since !== undefined && Date.now() - since.mtimeMs > removalMs) await rm(mark, { recursive: true, force: true })
    return
  }
  try {
    if ((await probe(socketPath)) === 'dead') await rm(socketPath, { force: true })
  } finally {
    await rm(mark, { recursive: true, force: true })
  }
}

/** Writes down which process holds the folder, for people. */
export async function noteHolder(folder: string): Promise<void> {
  await writeFile(join(folder, 'footnote.pid'), String(process.pid))
}

/** Id of the process that holds the data folder, as it wrote it; undefined when unknown. */
export async function findHolder(dataDir: string): Promise<string | undefined> {
  return readFile(join(dataDir, 'footnote.pid'), 'utf8').catch(() => undefined)
}

function socketPathOf(folder: string): string {
  const inside = join(folder, 'footnote.sock')
  if (inside.length <= maxSocketPath) return inside
  return join(tmpdir(), `footnote-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`)
}

async function listen(socketPath: string): Promise<Gate | undefined> {
  const waiting: Socket[] = []
  const open = new Set<Socket>()
  let accept = (socket: Socket): void => void waiting.push(socket)
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    accept(socket)
  })
  if (!(await isListening(server, socketPath))) return undefined
  server.unref()
  return {
    kind: 'held',
    serve: (pglite, log) => {
      accept = (socket) => serveGuest(socket, pglite, log)
      for (const socket of waiting) accept(socket)
    },
    close: () =>
      new Promise((resolve) => {
        const patience = setTimeout(() => {
          for (const socket of open) socket.destroy()
        }, guestGraceMs)
        server.close(() => {
          clearTimeout(patience)
          resolve()
        })
      }),
  }
}

function isListening(server: Server, socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    )
    server.listen({ path: socketPath, readableAll: false, writableAll: false }, () => resolve(true))
  })
}

/** Only a refusal proves that nobody listens: a busy process may answer late, and a socket may just be going away. */
function probe(socketPath: string): Promise<'alive' | 'dead' | 'gone'> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') resolve('dead')
      else resolve(code === 'ENOENT' ? 'gone' : 'alive')
    })
  })
}

const sslRequest = 80877103
const cancelRequest = 80877102

/** PostgreSQL's frontend protocol, cut at the points where the server answers: Query, Sync, Flush. */
function serveGuest(socket: Socket, pglite: PGlite, log: Logger): void {
  const session = createSession(pglite, (bytes) => void socket.write(bytes))
  let received = Buffer.alloc(0)
  let isStarted = false
  let work = Promise.resolve()

  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    work = work.then(drain).catch((error: unknown) => {
      log.warn({ err: error }, 'a guest of the embedded database was dropped')
      socket.destroy()
    })
  })
  socket.on('close', () => void work.then(session.leave))

  async function drain(): Promise<void> {
    while (!isStarted && received.length >= 8) {
      const length = received.readInt32BE(0)
      const kind = received.readInt32BE(4)
      if (received.length < length) return
      const message = received.subarray(0, length)
      received = received.subarray(length)
      if (kind === sslRequest) socket.write('N')
      else if (kind === cancelRequest) socket.end()
      else {
        isStarted = true
        await session.run(message)
      }
    }
    if (!isStarted) return
    for (let cut = findCut(received); cut > 0; cut = findCut(received)) {
      const group = received.subarray(0, cut)
      received = received.subarray(cut)
      await session.run(group)
    }
  }
}

/** Length of the first whole group of messages that the server answers; 0 while it is incomplete. */
function findCut(bytes: Buffer): number {
  let position = 0
  while (position + 5 <= bytes.length) {
    const type = String.fromCharCode(bytes[position] ?? 0)
    const end = position + 1 + bytes.readInt32BE(position + 1)
    if (end > bytes.length) return 0
    if (type === 'Q' || type === 'S' || type === 'H') return end
    if (type === 'X') return 0
    position = end
  }
  return 0
}

/** Holds PGlite's transaction lock from a guest's first message until the server is idle again. */
function createSession(pglite: PGlite, write: (bytes: Uint8Array) => void) {
  let release: (() => void) | undefined

  function take(): Promise<void> {
    if (release !== undefined) return Promise.resolve()
    return new Promise((taken, failed) => {
      pglite
        ._runExclusiveTransaction(
          () =>
            new Promise<void>((resolve) => {
              release = () => {
                release = undefined
                resolve()
              }
              taken()
            }),
        )
        .catch(failed)
    })
  }

  return {
    run: async (message: Uint8Array): Promise<void> => {
      await take()
      const answer = await pglite._runExclusiveQuery(() => pglite.execProtocolRaw(message))
      write(answer)
      if (isIdle(answer)) release?.()
    },
    /** The guest is gone: what it left open is rolled back. */
    leave: async (): Promise<void> => {
      if (release === undefined) return
      if (!pglite.closed) await pglite._runExclusiveQuery(() => pglite.execProtocolRaw(rollback))
      release()
    },
  }
}

const rollback = Buffer.from('Q\0\0\0\rROLLBACK\0', 'latin1')

/** ReadyForQuery (`Z`, length 5) with status `I` is the last message of an answer outside a transaction. */
function isIdle(answer: Uint8Array): boolean {
  const tail = answer.subarray(-6)
  return tail[0] === 0x5a && tail[5] === 0x49
}
