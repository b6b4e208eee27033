// One worker thread and what it may cost. Node's own limit (`resourceLimits`) cannot be the only one: it counts no
// buffers, and where one allocation oversteps it (a growing map, array or string) V8 ends the whole process. So memory is
// looked at from outside, and Node's limit lies so far above that the thread is ended long before.
// Measured on Node 24.21 with threads that fill an array, a map, a long string and buffers: with a limit of 128 MB alone
// four of five shapes ended the process; watched at 256 MB every thread was ended alone, at 420 MB at most.
import { Worker } from 'node:worker_threads'
import { failed, type AttachmentFile, type ExtractLimits, type ExtractOutcome } from './outcome.ts'
import type { WorkerTask } from './worker.ts'

export type WorkerThread = {
  /** One file at a time. Never rejects; after `isUsable` turned false, take a new thread. */
  run: (file: AttachmentFile, limits: ExtractLimits) => Promise<ExtractOutcome>
  isUsable: () => boolean
  /** The file that is being read, if any, ends as `internal`. */
  end: () => Promise<void>
}

const MEMORY_CHECK_MS = 100
const NODE_LIMIT_MB = 4096

export function startWorkerThread(): WorkerThread {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    name: 'attachments',
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: NODE_LIMIT_MB },
    stdout: true,
    stderr: true,
  })
  let isUsable = true
  const end = async (): Promise<void> => {
    isUsable = false
    await worker.terminate()
  }
  worker.stdout.resume()
  worker.stderr.resume()
  // Without a task nothing of it may keep the process alive, and nobody else listens.
  worker.unref()
  worker.on('error', () => (isUsable = false))
  worker.on('exit', () => (isUsable = false))
  return {
    isUsable: () => isUsable,
    end,
    async run(file, limits) {
      const { outcome, stopWatching } = watch(worker, file.name, limits)
      worker.ref()
      const task: WorkerTask = { file, limits }
      worker.postMessage(task, ownBuffer(file.bytes))
      const result = await outcome
      stopWatching()
      worker.unref()
      if (result.kind === 'failed' && !RECOVERABLE.has(result.code)) await end()
      return result
    },
  }
}

/** After these the thread is as good as before. */
const RECOVERABLE = new Set(['empty', 'encrypted', 'corrupt', 'no_text', 'too_large'])

/** Moved rather than copied when nothing else lies in the same memory. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer[] {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength ? [buffer] : []
}

function watch(worker: Worker, name: string, limits: ExtractLimits) {
  const { promise: outcome, resolve } = Promise.withResolvers<ExtractOutcome>()
  const onError = (error: unknown): void => {
    const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    resolve(
      isFull ? failed('out_of_memory', name) : failed('internal', name, error instanceof Error ? error : undefined),
    )
  }
  const onExit = (): void => resolve(failed('internal', name, new Error('the worker ended')))
  const timer = setTimeout(() => resolve(failed('timeout', name)), limits.timeoutMs)
  const checkMemory = async (): Promise<void> => {
    if ((await memoryOf(worker)) > limits.maxMemoryMb) resolve(failed('out_of_memory', name))
  }
  const memory = setInterval(() => void checkMemory(), MEMORY_CHECK_MS)
  worker.once('message', resolve).once('error', onError).once('exit', onExit)
  const stopWatching = (): void => {
    clearTimeout(timer)
    clearInterval(memory)
    worker.off('message', resolve).off('error', onError).off('exit', onExit)
  }
  return { outcome, stopWatching }
}

/** 0 when it cannot be asked, because it is just starting or ending. */
async function memoryOf(worker: Worker): Promise<number> {
  try {
    const heap = await worker.getHeapStatistics()
    return (heap.used_heap_size + heap.external_memory) / 1024 ** 2
  } catch {
    return 0
  }
}
