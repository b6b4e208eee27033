// What the benchmarks start beside themselves: a site, and commands whose time and peak memory are measured.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export type Finished = { output: string; peakMb: number; seconds: number; cpuSeconds: number; status: number }

export type BenchSite = {
  url: string
  /** E-mail or user name; empty where the token alone is the credential. */
  email: string
  token: string
  /** Calls a control of the sandbox (sandbox/confluence/control.ts). */
  control: (name: string, ...args: unknown[]) => Promise<unknown>
  stop: () => Promise<void>
}

/** `sandbox/confluence` in a process of its own, with these options of its command line. */
export async function startSite(flavour: 'cloud' | 'datacenter', options: string[]): Promise<BenchSite> {
  const script = ['sandbox/confluence/main.ts', '--flavour', flavour, '--port', '0', '--json', ...options]
  const child = spawn(process.execPath, ['--max-old-space-size=4096', ...script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited])) as [string | number]
  if (typeof line !== 'string') throw new Error('the site did not start')
  const described = JSON.parse(line) as {
    url: string
    controlUrl: string
    credentials: { email: string; token: string }
  }
  return {
    url: described.url,
    email: flavour === 'cloud' ? described.credentials.email : '',
    token: described.credentials.token,
    control: async (name, ...args) => {
      const response = await fetch(`${described.controlUrl}/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ args }),
        signal: AbortSignal.timeout(60_000),
      })
      return ((await response.json()) as { result: unknown }).result
    },
    stop: async () => {
      child.kill()
      await exited
    },
  }
}

/** Runs a script to its end; its peak of resident memory is the kernel's own. */
export function finish(script: string[], environment: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const child = spawn(process.execPath, script, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let remarks = ''
    let usage = { peakMb: 0, cpuSeconds: 0 }
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (remarks += String(chunk)))
    const sampling = setInterval(() => {
      const now = readUsage(child.pid)
      // What is left of a process that has just ended has no memory.
      if (now !== undefined && now.peakMb > 0) usage = now
    }, samplingMs)
    child.once('close', (status) => {
      clearInterval(sampling)
      resolve({
        output: output === '' ? remarks : output,
        ...usage,
        seconds: (performance.now() - startedAt) / 1_000,
        status: status ?? 1,
      })
    })
  })
}

const samplingMs = 20
/** Linux' clock ticks a second in /proc, on every platform that Node runs on. */
const ticksPerSecond = 100

/** Peak memory (VmHWM, MB of 10^6 bytes) and processor time so far; undefined where there is no /proc. */
export function readUsage(pid: number | undefined): { peakMb: number; cpuSeconds: number } | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    const { cpuSeconds = 0 } = readStat(pid ?? 0) ?? {}
    return { peakMb: Math.round((Number(kilobytes ?? 0) * 1_024) / 1e6), cpuSeconds }
  } catch {
    return undefined
  }
}

/**
 * Processor time so far of a process and of all its children, those that have ended included: what a PostgreSQL server on this
 * machine has used, given its postmaster. Undefined where there is no /proc, or the process is elsewhere.
 */
export function readTreeCpu(pid: number): number | undefined {
  const statistics = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? [])
  const own = statistics.find((each) => each.pid === pid)
  if (own === undefined) return undefined
  const children = statistics.filter(({ parentId }) => parentId === pid)
  return children.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, own.cpuSeconds + own.endedCpuSeconds)
}

export function readParentId(pid: number): number | undefined {
  return readStat(pid)?.parentId
}

function readStat(pid: number) {
  try {
    // Counted from the name in brackets, which may hold blanks: state, parent, …, utime, stime, cutime, cstime.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').map(Number) ?? []
    const seconds = (...indexes: number[]) => indexes.reduce((sum, i) => sum + (fields[i] ?? 0), 0) / ticksPerSecond
    return { pid, parentId: fields[1] ?? 0, cpuSeconds: seconds(11, 12), endedCpuSeconds: seconds(13, 14) }
  } catch {
    return undefined
  }
}

/** Throws unless the command ended well. */
export function require(finished: Finished): Finished {
  if (finished.status === 0) return finished
  throw new Error(`a command of the benchmark failed: ${finished.output}`)
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
