// A wiki in the layout of the sample wiki, connected, synced whole and asked through the same commands as a person's, each
// in a process of its own, with the peak of its resident memory.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

type Options = { folder: string; flavour: 'cloud' | 'datacenter'; databaseUrl: string | undefined }
type Finished = { output: string; peakMb: number; seconds: number; status: number }
type SpaceReport = { listed: number; stored: number; failed: number; state: string }

const root = fileURLToPath(new URL('..', import.meta.url))
const samplingMs = 20

export async function benchHandbook({ folder, flavour, databaseUrl }: Options): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'footnote-bench-'))
  const site = await startSite(folder, flavour)
  const environment = {
    ...process.env,
    FOOTNOTE_ALLOW_LOOPBACK: '1',
    FOOTNOTE_DATA_DIR: data,
    FOOTNOTE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    CONFLUENCE_TOKEN: site.token,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  }
  const footnote = (...command: string[]) => finish(['src/main.ts', ...command], environment)
  const credential = flavour === 'cloud' ? ['--email', site.email] : []
  try {
    const connect = ['connect', '--name', 'bench', '--url', site.url, '--all-spaces', '--accept-disclaimer']
    require(await footnote(...connect, ...credential))
    const alone = async (settings: string): Promise<number> =>
      require(await finish(['bench/embedded-alone.ts', data, settings], environment)).peakMb
    const databasePeaks = databaseUrl === undefined ? [await alone('default'), await alone('baseline')] : []
    const first = require(await footnote('sync', '--wait', '--json'))
    const again = require(await footnote('sync', '--wait', '--json'))
    const evaluation = await footnote('eval', join(folder, 'questions.jsonl'))
    const spaces = JSON.parse(first.output) as SpaceReport[]
    const sum = (of: (space: SpaceReport) => number): number => spaces.reduce((total, space) => total + of(space), 0)
    print(`Site               ${flavour}, ${sum((s) => s.listed)} pages in ${spaces.length} spaces, ${folder}`)
    print(`Database           ${databaseUrl === undefined ? 'embedded' : 'PostgreSQL'}`)
    print(`Stored, failed     ${sum((s) => s.stored)}, ${sum((s) => s.failed)}`)
    print(`First sync         ${first.seconds.toFixed(1)} s, peak ${first.peakMb} MB resident`)
    print(`Unchanged sync     ${again.seconds.toFixed(1)} s, peak ${again.peakMb} MB`)
    if (databasePeaks.length > 0)
      print(`Database alone     peak ${databasePeaks.join(' MB with V8 as it comes, ')} MB as Footnote sets V8`)
    print(`\n${evaluation.output.trim()}`)
  } finally {
    site.stop()
    await rm(data, { recursive: true, force: true })
  }
}

async function startSite(folder: string, flavour: string) {
  const child = spawn(
    process.execPath,
    ['sandbox/confluence/main.ts', '--flavour', flavour, '--folder', folder, '--port', '0'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += String(chunk)
    if (/token\S*\s+\S+/i.test(printed) && /https?:\/\/\S+/.test(printed)) break
  }
  const field = (pattern: RegExp): string => pattern.exec(printed)?.[1] ?? ''
  return {
    url: field(/(https?:\/\/\S+)/),
    email: field(/e-?mail:?\s+(\S+)/i),
    token: field(/token:?\s+(\S+)/i),
    stop: () => child.kill(),
  }
}

/** Runs a script to its end and samples the peak that the kernel keeps of its resident memory. */
function finish(script: string[], environment: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const child = spawn(process.execPath, script, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let peakMb = 0
    let remarks = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (remarks += String(chunk)))
    const sampling = setInterval(() => {
      peakMb = Math.max(peakMb, readPeakMb(child.pid))
    }, samplingMs)
    child.once('close', (status) => {
      clearInterval(sampling)
      resolve({
        output: output === '' ? remarks : output,
        peakMb,
        seconds: (performance.now() - startedAt) / 1_000,
        status: status ?? 1,
      })
    })
  })
}

/** VmHWM of Linux, in MB (10^6 bytes); 0 elsewhere. */
function readPeakMb(pid: number | undefined): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round((Number(kilobytes ?? 0) * 1_024) / 1e6)
  } catch {
    return 0
  }
}

function require(finished: Finished): Finished {
  if (finished.status === 0) return finished
  throw new Error(`a command of the benchmark failed: ${finished.output}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
