// Work that goes on after its request was acknowledged.

const taskTimeoutMs = 180_000
const abortTimeoutMs = 2_000

export type Tasks = {
  /** Aborted when the server stops waiting. */
  signal: AbortSignal
  isStopping(): boolean
  /** `work` must not reject. */
  start(work: (signal: AbortSignal) => Promise<void>): void
  stop(): Promise<void>
}

/** `stop` waits `stopTimeoutMs` for what is under way, then aborts it and waits a little for that too. */
export function createTasks(stopTimeoutMs: number): Tasks {
  const controller = new AbortController()
  const running = new Set<Promise<void>>()
  let stopping = false
  return {
    signal: controller.signal,
    isStopping: () => stopping,
    start(work) {
      const task = work(AbortSignal.any([controller.signal, AbortSignal.timeout(taskTimeoutMs)])).finally(() => {
        running.delete(task)
      })
      running.add(task)
    },
    async stop() {
      stopping = true
      await settled(running, stopTimeoutMs)
      controller.abort(new Error('the server is stopping'))
      await settled(running, abortTimeoutMs)
    },
  }
}

async function settled(running: Set<Promise<void>>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([Promise.all(running), late])
  clearTimeout(timer)
}
