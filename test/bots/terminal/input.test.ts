// What people type wrong, and what they are told: the program as main.ts builds it, over a core of the test's own.
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findConnection, updateConnection } from '../../../src/db/queries/connections.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Flow, openFlow } from '../../support/flow.ts'
import { type Printed, runInProcess } from '../../support/program.ts'

describe.each(databaseKinds)('footnote on %s', (kind) => {
  let flow: Flow

  beforeAll(async () => {
    flow = await openFlow(kind)
  })
  afterAll(() => flow.close())

  async function footnote(...given: string[]): Promise<Printed> {
    const args = given.filter((arg) => arg !== '--terminal')
    const isTerminal = args.length < given.length
    const secrets = { CONFLUENCE_TOKEN: flow.confluence.credentials.token, WRONG: 'token-of-nobody', EMPTY: '' }
    return runInProcess({ ...flow.open, core: flow.core }, args, { secrets, isTerminal })
  }

  /** The code and sentence of a command that must fail; without --json the same sentence is all that is said. */
  async function failure(...args: string[]): Promise<{ code: string; message: string }> {
    const { status, stdout } = await footnote(...args, '--json')
    expect(status).toBe(1)
    const value = JSON.parse(stdout) as { error: { code: string; message: string } }
    expect(Object.keys(value)).toEqual(['error'])
    const plainly = await footnote(...args)
    expect([plainly.status, plainly.stdout]).toEqual([1, ''])
    // Without --json the disclaimer stands above the sentence.
    const isRead = value.error.code === 'disclaimer_not_accepted'
    if (args.length > 0 && !isRead) expect(plainly.stderr).toContain(value.error.message)
    return value.error
  }

  /** Somebody sits at the terminal and presses these keys when they are asked. */
  async function atKeyboard(keys: string, args: string[]): Promise<Printed> {
    const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input })
    const wasTerminal = process.stdout.isTTY
    // Read means that the prompt stands.
    input.once('resume', () => input.write(keys))
    Object.defineProperty(process, 'stdin', { value: input, configurable: true })
    process.stdout.isTTY = true
    try {
      return await footnote(...args, '--terminal')
    } finally {
      process.stdout.isTTY = wasTerminal
      if (stdin !== undefined) Object.defineProperty(process, 'stdin', stdin)
      input.destroy()
    }
  }

  const value = async (...args: string[]): Promise<unknown> => JSON.parse((await footnote(...args, '--json')).stdout)
  const connectTo = (url: string, args: string[]): string[] => {
    const named = args.includes('--name') ? args : ['--name', 'a', ...args]
    return ['connect', '--url', url, '--email', flow.confluence.credentials.email, '--accept-disclaimer', ...named]
  }
  const connect = (...args: string[]): string[] => connectTo(flow.confluence.url, args)

  describe('connect', () => {
    it.each<[string, string[], string, RegExp]>([
      ['a wrong token', ['--all-spaces', '--secret-env', 'WRONG'], 'test_failed', /^Auth Failed: /],
      ['a mistyped space', ['--spaces', 'HB, ITT'], 'space_unknown', /the key ITT .* Did you mean IT\?$/],
      ['a space called by its name', ['--spaces', 'handbook'], 'space_unknown', / Did you mean HB\?$/],
      ['an unknown space', ['--spaces', 'marketing'], 'space_unknown', / It sees HB, IT\.$/],
      ['a name with a blank', ['--name', 'my wiki', '--all-spaces'], 'name_invalid', /for example acme-wiki/],
      ['a name that is too long', ['--name', 'a'.repeat(65), '--all-spaces'], 'name_invalid', /1 to 64/],
      ['a name that begins with a dash', ['--name=-a', '--name', '_a', '--all-spaces'], 'name_invalid', /begins with/],
      ['no token', ['--all-spaces', '--secret-env', 'NO_SUCH'], 'secret_missing', /^Missing Credentials: .*NO_SUCH/],
      ['an empty token', ['--all-spaces', '--secret-env', 'EMPTY'], 'secret_missing', /^Missing Credentials: .*EMPTY/],
      ['no e-mail address', ['--all-spaces', '--email', ''], 'email_missing', /^Missing Credentials: the e-mail/],
      ['no spaces', [], 'spaces_missing', /--spaces IT,HR .*--all-spaces/],
      ['an empty list of spaces', ['--spaces', ''], 'spaces_missing', /names no space: .*--all-spaces/],
      ['a list of no spaces', ['--spaces', ' , '], 'spaces_missing', /names no space: .*--all-spaces/],
      ['two kinds of spaces', ['--spaces', 'IT', '--all-spaces'], 'spaces_ambiguous', /either --spaces or/],
      ['a schedule that is none', ['--all-spaces', '--schedule', 'yearly'], 'schedule_invalid', /"0 0 \* \* \*"/],
      ['no time zone', ['--all-spaces', '--timezone', 'Mars/Olympus'], 'timezone_invalid', /Europe\/Berlin/],
      ['an unknown kind of credential', ['--all-spaces', '--auth', 'magic'], 'usage', /token, pat, basic/],
    ])('says what to do about %s', async (_what, args, code, sentence) => {
      const error = await failure(...connect(...args))
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)])
      expect(error.message).not.toContain('token-of')
    })

    it.each<[string, RegExp]>([
      ['https://wiki.does-not-exist.invalid/wiki', /There is no host wiki\.does-not-exist\.invalid/],
      ['http://127.0.0.1:9/wiki', /127\.0\.0\.1/],
      ['ftp://acme.example', /https/],
      ['', /https:\/\/acme\.atlassian\.net/],
    ])('says what is wrong with the address %j', async (url, sentence) => {
      expect((await failure(...connectTo(url, ['--all-spaces']))).message).toMatch(sentence)
    })

    it('does nothing before the disclaimer is accepted, and says what it is about', async () => {
      const args = connect('--all-spaces').filter((arg) => arg !== '--accept-disclaimer')
      const error = await failure(...args)
      expect(error.code).toBe('disclaimer_not_accepted')
      expect(error.message).toMatch(/^Nothing was connected\..*--accept-disclaimer: 8 pages of 2 spaces \(HB, IT\)/)
    })

    it('shows the disclaimer once, though it is refused', async () => {
      const args = connect('--all-spaces').filter((arg) => arg !== '--accept-disclaimer')
      const { stderr } = await footnote(...args)
      expect(stderr.match(/8 pages of 2 spaces/g)).toHaveLength(1)
      expect(stderr).toMatch(/\nNothing was connected\. If you may accept this, .* --accept-disclaimer\.\n$/)
    })

    it.each([
      ['Ctrl+C', '\u0003'],
      ['Ctrl+D', '\u0004'],
      ['no answer', '\r'],
      ['n', 'n\r'],
    ])('takes %s for a no', async (_, keys) => {
      const args = connect('--all-spaces').filter((arg) => arg !== '--accept-disclaimer')
      const { status, stderr } = await atKeyboard(keys, args)
      expect([status, stderr]).toEqual([1, expect.stringMatching(/Accept\? \[y\/N\] [^]*Nothing was connected\./)])
      expect(stderr).not.toMatch(/Something went wrong|AbortError/)
    })

    it('says once what is wrong with a token, and what to do', async () => {
      const { message } = await failure(...connect('--all-spaces', '--secret-env', 'WRONG'))
      expect(message.match(/\bnew\b/g)).toHaveLength(1)
    })

    it('says before anything is connected why nothing is found', async () => {
      for (const args of [
        ['search', 'badge'],
        ['ask', 'badge?'],
      ])
        expect((await footnote(...args)).stderr).toBe(
          'No Confluence site is connected yet. Begin with: footnote connect --help\n',
        )
    })

    it('kept nothing of all that', async () => {
      expect(await value('status')).toEqual([])
    })
  })

  describe('options and arguments', () => {
    it.each<[string[], RegExp]>([
      [[], /^No command was given\.$/],
      [['statsu'], /^unknown command 'statsu'\. Did you mean status\?$/],
      [['status', '--frob'], /^unknown option '--frob'/],
      [['status', 'a', 'b'], /^too many arguments/],
      [['ask'], /^missing required argument 'question'\.$/],
      [['why'], /^missing required argument 'page-url'\.$/],
      [['connect', '--url', 'https://acme.example'], /^required option '--name <name>' not specified\.$/],
      ...['0', '-1', '101', '1e9', '2.5', 'ten', 'NaN', ''].map((limit): [string[], RegExp] => [
        ['search', 'x', '--limit', limit],
        /Give a whole number from 1 to 100\.$/,
      ]),
      [['serve', '--role', 'boss'], /Allowed choices are web, worker, all\.$/],
      [['sync', '--as'], /^unknown option '--as'/],
    ])('explains %j', async (args, sentence) => {
      const { code, message } = await failure(...args)
      expect([code, message]).toEqual(['usage', expect.stringMatching(sentence)])
    })

    it.each<[string[], string]>([
      [['sync'], 'nothing_connected'],
      [['spaces', 'nobody'], 'connection_unknown'],
      [['status', 'nobody'], 'connection_unknown'],
      [['test', 'nobody'], 'connection_unknown'],
      [['remove', 'nobody'], 'connection_unknown'],
      [['ask', 'x', '--as', 'a@b.example', '--operator'], 'viewer_ambiguous'],
      [['why', 'https://elsewhere.example/x'], 'page_unknown'],
      [['help', 'nobody'], 'command_unknown'],
      [['eval', '/does/not/exist.jsonl'], 'questions_missing'],
      [['ask', ''], 'argument_missing'],
      [['ask', ' ', '\u00A0\n'], 'argument_missing'],
      [['ask', '', '--operator'], 'argument_missing'],
      [['search', ' \t'], 'argument_missing'],
    ])('explains %j with the code %s', async (args, code) => {
      const error = await failure(...args)
      expect(error.code).toBe(code)
      expect(error.message).toMatch(/^[A-Z].*\.$/)
    })

    it('helps: all commands, and each', async () => {
      const all = (await value('help')) as { command: string; usage: string }[]
      expect(all.map(({ command }) => command)).toEqual(
        expect.arrayContaining([
          'serve',
          'demo',
          'connect',
          'sync',
          'status',
          'spaces',
          'search',
          'ask',
          'why',
          'eval',
        ]),
      )
      expect(await value('help', 'search')).toMatchObject({
        usage: 'footnote search [options] <words...>',
        options: expect.arrayContaining([expect.objectContaining({ flags: '--limit <n>' })]),
      })
      expect((await footnote('help')).stdout).toMatch(/^Usage: footnote/)
      expect(await footnote('ask', '--help')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('--operator'),
      })
    })

    it('hides what went wrong inside from the result, and shows the place on stderr', async () => {
      const { status, stdout, stderr } = await footnote('demo', '--json')
      expect(status).toBe(1)
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'internal' } })
      expect(stdout).not.toContain('not in this test')
      expect(stderr).toContain('not in this test')
    })
  })

  describe('what is connected already', () => {
    beforeAll(async () => {
      await flow.connect({ spaces: 'HB' })
      await flow.work()
    })

    it.each<[string[], string, RegExp]>([
      [['--name', 'ACME', '--spaces', 'IT'], 'name_taken', /^ACME is already connected; use sync ACME/],
      [['--spaces', 'IT,hb'], 'space_taken', /^Space HB is already connected through acme; use sync HB/],
      [['--all-spaces'], 'space_taken', /^Space HB is already connected through acme; use sync HB/],
    ])('is not connected again with %j', async (args, code, sentence) => {
      const error = await failure(...connect(...args))
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)])
    })

    it('suggests a target of sync', async () => {
      expect(await failure('sync', 'acne')).toEqual({
        code: 'target_unknown',
        message: 'There is no connection and no synced space called acne. Did you mean acme?',
      })
    })

    it('takes an e-mail address as it is typed, and says when nobody has it', async () => {
      const words = ['search', 'harbour', 'office', '--as']
      const found = await footnote(...words, '  BOB.Member@Acme.Example ')
      expect([found.stderr, found.stdout]).toEqual(['', expect.stringMatching(/^1\. Harbour office \(HB\)\n/)])
      const none = await footnote(...words, 'nobody@acme.example')
      expect(none).toEqual({
        status: 0,
        stdout: 'No page that you may read fits these words.\n',
        stderr: expect.stringContaining('nobody@acme.example is known, so only shared content is searched'),
      })
    })

    it('says whose eyes a search without --as has, and that a long one is cut', async () => {
      expect((await footnote('search', 'badge')).stderr).toBe(
        'Nobody is named with --as EMAIL, so only shared content is searched.\n',
      )
      const words = Array.from({ length: 60 }, (_, i) => `word${'abcdefghij'[i % 10]}${i}`)
      const { stderr } = await footnote('search', 'badge', ...words, '--operator')
      expect(stderr).toBe('That is long: only its first 48 different words are searched for.\n')
      expect((await footnote('search', 'badge', '--operator')).stderr).toBe('')
    })

    it('explains a page for the one who is named, not for the operator', async () => {
      const address = `${flow.confluence.url}/spaces/HB/pages/4`
      expect((await footnote('why', address, '--as', 'alice.member@acme.example')).stdout).toMatch(
        /^alice\.member@acme\.example does not see this page: /,
      )
      expect((await footnote('why', address, '--as', 'bob.member@acme.example')).stdout).toMatch(
        /^bob\.member@acme\.example may read this page/,
      )
      expect((await footnote('why', address)).stdout).toMatch(
        /^Somebody without a Confluence account does not see this page\. Name a person with --as EMAIL\./,
      )
      expect((await footnote('why', address, '--as', 'x@y.example')).stdout).toMatch(
        /^x@y\.example does not see this page: no account of this Confluence has that/,
      )
    })

    it('reads a question of 20,000 characters', async () => {
      const long = 'How many days of annual leave do I have? '.repeat(500).slice(0, 20_000)
      const { stdout } = await footnote('ask', long, '--as', 'bob.member@acme.example')
      expect(stdout).toContain('thirty days of annual leave')
      expect(stdout).toContain('I read its first 4,000 characters')
    })

    it('syncs what it can, says why the rest was not, and ends with status 1', async () => {
      await flow.connect({ name: 'second', spaces: 'IT' })
      const acme = await findConnection(flow.core.database.db, 'acme')
      await updateConnection(flow.core.database.db, acme?.id ?? 0, { state: 'paused' })
      const { status, stdout, stderr } = await footnote('sync')
      await updateConnection(flow.core.database.db, acme?.id ?? 0, { state: 'active' })
      // On PostgreSQL nobody can say whether a server runs somewhere.
      const hint = kind === 'embedded' ? 'No server is running here: add --wait' : 'where none runs, add --wait'
      expect([status, stdout]).toEqual([1, expect.stringMatching(/^1 space queued\. /)])
      expect(stdout).toContain(hint)
      expect(stderr).toMatch(/^acme is paused because its credential was refused\. .*\n$/)
      await flow.work()
    })

    it('does not let a title of the wiki steer the terminal', async () => {
      flow.confluence.editPage('5', { title: 'Parking\u001B[2J\u009B31m\u0007' })
      await footnote('sync', 'HB')
      await flow.work()
      const { stdout } = await footnote('search', 'bicycles', 'courtyard', '--operator')
      expect(stdout).toMatch(/^1\. Parking\[2J31m \(HB\)\n/)
    })
  })
})
