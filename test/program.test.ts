// `footnote serve` as a process, on a data folder of its own and with nothing configured: no platform, no site.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseJson, runCli, startCli } from './support/cli.ts'

let folder: string
let data: string
let environment: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footnote-serve-'))
  data = join(folder, 'data')
  environment = { FOOTNOTE_DATA_DIR: data, PORT: '0', LOG_LEVEL: 'info' }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const noPlatform = 'neither Slack nor Teams is configured'

describe('footnote serve', () => {
  it('ends when it is told to while it still starts', async () => {
    const server = startCli(['serve'], environment)
    // Written when the start has begun; making the database takes longer.
    await expect.poll(() => existsSync(join(data, 'footnote.pid')), { timeout: 20_000 }).toBe(true)
    server.child.kill('SIGTERM')
    const { status, stderr } = await server.ended
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('Footnote is running')])
  })

  it('is up without any platform, says so, and takes nothing for one', async () => {
    const server = startCli(['serve', '--role', 'web'], environment)
    await server.untilLogged('Footnote is running')
    await server.untilLogged('listening')
    const [, address] = /"address":"([^"]+)"/.exec(server.logged()) ?? []
    const ask = async (path: string, method = 'GET') => {
      const response = await fetch(address + path, { method, signal: AbortSignal.timeout(5_000) })
      return [response.status, await response.json()]
    }
    expect(await ask('/health')).toEqual([200, { status: 'ok' }])
    expect(await ask('/ready')).toEqual([200, { status: 'ok' }])
    for (const path of ['/slack/events', '/api/messages']) expect(await ask(path, 'POST')).toMatchObject([404, {}])
    server.child.kill('SIGTERM')
    const { status, stdout, stderr } = await server.ended
    expect([status, stdout]).toEqual([0, ''])
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: number; msg: string; role?: string })
    expect(lines.filter(({ level }) => level >= 40).map(({ msg }) => msg)).toEqual([
      expect.stringContaining(noPlatform),
    ])
    expect(lines.find(({ msg }) => msg === 'Footnote is running')?.role).toBe('web')
  })

  it('does not serve on a port that is taken, and ends', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { status, value, stderr } = parseJson(
      await runCli(['serve', '--json'], { ...environment, PORT: String(port) }),
    )
    other.close()
    expect([status, value.error]).toEqual([
      1,
      {
        code: 'address_unusable',
        message: `Footnote cannot listen on HOST 127.0.0.1, PORT ${port}: another program uses this port. Stop it, or choose another PORT.`,
      },
    ])
    expect(stderr).not.toContain('Footnote is running')
  })

  it('says in a sentence that the environment or the folder cannot be used', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    const [port, data] = await Promise.all([
      runCli(['status'], { ...environment, PORT: 'eighty' }),
      runCli(['status', '--json'], { ...environment, FOOTNOTE_DATA_DIR: join(file, 'data') }),
    ])
    expect(port).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^PORT cannot be used: .*\n$/) })
    expect(parseJson(data)).toMatchObject({ status: 1, value: { error: { code: 'data_dir_unusable' } } })
  })

  it('does not try for ever to make a folder where none can be made', async () => {
    const { status, value } = parseJson(await runCli(['status', '--json'], { FOOTNOTE_DATA_DIR: '/proc/nope/data' }))
    expect([status, value.error.code]).toEqual([1, 'data_dir_unusable'])
  })

  it('makes every folder above the data folder', async () => {
    const { status } = await runCli(['status'], { FOOTNOTE_DATA_DIR: join(folder, 'one', 'two', 'data') })
    expect([status, existsSync(join(folder, 'one', 'two', 'data'))]).toEqual([0, true])
  })
})

describe('the file .env of the working directory', () => {
  let cwd: string
  beforeAll(async () => {
    cwd = join(folder, 'with-env')
    await mkdir(cwd)
    await writeFile(join(cwd, '.env'), 'FOOTNOTE_DATA_DIR=./from-env\nPORT=eighty\nTOKEN_OF_FILE=secret\n')
  })

  it('is read by every command', async () => {
    const { status, stderr } = await runCli(['status'], {}, { cwd })
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^PORT cannot be used: /)])
  })

  it('gives way to the real environment', async () => {
    const { status } = await runCli(['status'], { PORT: '0' }, { cwd })
    expect([status, existsSync(join(cwd, 'from-env'))]).toEqual([0, true])
  })

  it('may hold the token that connect takes', async () => {
    const args = [
      'connect',
      '--name',
      'a',
      '--url',
      'http://127.0.0.1:9/wiki',
      '--all-spaces',
      '--email',
      'a@b.example',
    ]
    const tokenOf = async (name: string) =>
      (await runCli([...args, '--secret-env', name], { PORT: '0' }, { cwd })).stderr.startsWith('Missing Credentials')
    expect([await tokenOf('TOKEN_OF_NOBODY'), await tokenOf('TOKEN_OF_FILE')]).toEqual([true, false])
  })

  it('stops a command in a sentence when it cannot be read', async () => {
    const unreadable = join(folder, 'with-folder')
    await mkdir(join(unreadable, '.env'), { recursive: true })
    const { status, stdout, stderr } = await runCli(['status'], environment, { cwd: unreadable })
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^The file \.env .*\.\n$/)])
  })
})

it('footnote --version prints the version alone', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await runCli(['--version'], environment)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})
