// Text of attachments: bytes in, blocks out. Knows nothing of Confluence, of the database or of access: who may see the text
// is decided by the page that carries the file. Reading happens in threads of its own (worker-thread.ts) that a broken or
// hostile file can be ended with.
import PQueue from 'p-queue'
import { defaultLimits, type AttachmentFile, type ExtractLimits, type ExtractOutcome } from './outcome.ts'
import { startWorkerThread, type WorkerThread } from './worker-thread.ts'

export type Extractor = {
  /**
   * Hands the memory of `bytes` over: do not use it afterwards. Rejects only with the reason of `signal`, or after
   * `close`; everything that the file can cause is an outcome.
   */
  extract: (file: AttachmentFile, signal: AbortSignal) => Promise<ExtractOutcome>
  /** Ends the threads at once, with what they are reading. */
  close: () => Promise<void>
}

type ExtractorOptions = Partial<ExtractLimits> & {
  /** Files that are read at the same time, each with its own memory. */
  maxThreads?: number
  /** A thread without work is ended after this time, to give its memory back. */
  idleMs?: number
}

/** Threads are started when there is work. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  const { maxThreads = 1, idleMs = 10_000, ...given } = options
  const limits: ExtractLimits = { ...defaultLimits, ...given }
  const closing = new AbortController()
  const queue = new PQueue({ concurrency: maxThreads })
  const pool = createPool(idleMs)
  const extract = async (file: AttachmentFile, signal: AbortSignal): Promise<ExtractOutcome> => {
    const thread = pool.take()
    try {
      return await runUnlessAborted(thread, file, limits, signal)
    } finally {
      pool.giveBack(thread)
    }
  }
  return {
    extract(file, callerSignal) {
      const signal = AbortSignal.any([callerSignal, closing.signal])
      return queue.add(() => extract(file, signal), { signal })
    },
    async close() {
      closing.abort(new Error('the extractor is closed'))
      await pool.close()
    },
  }
}

async function runUnlessAborted(
  thread: WorkerThread,
  file: AttachmentFile,
  limits: ExtractLimits,
  signal: AbortSignal,
): Promise<ExtractOutcome> {
  const stop = (): void => void thread.end()
  signal.throwIfAborted()
  signal.addEventListener('abort', stop)
  try {
    const outcome = await thread.run(file, limits)
    signal.throwIfAborted()
    return outcome
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function createPool(idleMs: number) {
  const threads = new Set<WorkerThread>()
  const idle = new Map<WorkerThread, NodeJS.Timeout>()
  const end = async (thread: WorkerThread): Promise<void> => {
    clearTimeout(idle.get(thread))
    idle.delete(thread)
    threads.delete(thread)
    await thread.end()
  }
  return {
    take(): WorkerThread {
      const [ready] = idle.keys()
      if (ready === undefined) {
        const started = startWorkerThread()
        threads.add(started)
        return started
      }
      clearTimeout(idle.get(ready))
      idle.delete(ready)
      return ready
    },
    giveBack(thread: WorkerThread): void {
      if (thread.isUsable()) idle.set(thread, setTimeout(() => void end(thread), idleMs).unref())
      else threads.delete(thread)
    },
    async close(): Promise<void> {
      await Promise.all([...threads].map(end))
    },
  }
}
