// A sample Confluence on this machine, connected, synced and asked: the product's main way without any configuration.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'
import type { OpenCore } from '../../core/open-core.ts'
import { ask } from '../../core/questions/ask.ts'
import type { Answer } from '../../core/answer/answer.ts'
import type { Turn } from '../../core/answer/prompt.ts'
import { isFootnoteError } from '../../errors.ts'
import { confirmConnection, draftConnection } from '../commands/connect.ts'
import { parseCommand, usages } from '../commands/parse.ts'
import { runCommand } from '../commands/run.ts'
import { operator } from './identity.ts'
import { createOutput } from './output.ts'
import { renderAnswer, renderResult } from './render.ts'
import { waitForSync } from './sync.ts'

/** The sample site as the demo needs it. */
export type DemoSite = {
  url: string
  credentials: { email: string; secret: string }
  /** Folder of the sample wiki, with users.json and questions.jsonl. */
  wikiFolder: URL
}

type WikiUser = { accountId: string; displayName: string; email: string }
type DemoQuestion = { id: string; question: string; kind: string; asUser: string }

/** One that needs two pages, one for one page, one that nothing answers, one whose answer the asker may not read. */
const demoQuestions = ['wiki-001', 'wiki-002', 'wiki-003', 'wiki-013']

const remarks: Record<string, string> = {
  multi: 'the answer stands on two pages',
  single: 'one page answers this',
  unanswerable: 'no page answers this',
  restricted: 'the page that answers this is not for everybody',
}

export async function runDemo(
  open: OpenCore,
  site: DemoSite,
  options: { once: boolean; signal: AbortSignal },
): Promise<number> {
  const { signal } = options
  print(`${styleText('bold', 'Footnote demo')}: a sample company wiki runs at ${site.url} and is synced now.\n`)
  await connectAndSync(open, site, signal)
  const users = JSON.parse(await readFile(new URL('users.json', site.wikiFolder), 'utf8')) as WikiUser[]
  const lines = (await readFile(new URL('questions.jsonl', site.wikiFolder), 'utf8')).trim().split('\n')
  const questions = lines.map((line) => JSON.parse(line) as DemoQuestion)
  for (const id of demoQuestions) {
    const question = questions.find((known) => known.id === id)
    if (question === undefined) throw new Error(`the sample wiki has no question ${id}`)
    const asker = users.find((user) => user.accountId === question.asUser)
    if (asker === undefined) throw new Error('the sample wiki names an asker whom it does not have')
    print(
      `\n${styleText('cyan', '▸')} ${styleText('bold', asker.displayName)} asks: ${styleText('bold', question.question)}  ${styleText('dim', `(${remarks[question.kind] ?? question.kind})`)}\n`,
    )
    await answer(open, asker.email, question.question, [], signal)
  }
  if (options.once) {
    print(
      styleText('dim', '\nThe sample site has ended with this, so the links lead nowhere; without --once it stays.'),
    )
    return 0
  }
  await converse(open, users, signal)
  return 0
}

async function connectAndSync(open: OpenCore, site: DemoSite, signal: AbortSignal): Promise<void> {
  const draft = await draftConnection(
    open.core,
    {
      name: 'demo',
      url: site.url,
      deployment: 'cloud',
      credentialKind: 'token',
      email: site.credentials.email,
      secret: site.credentials.secret,
      spaces: '',
      access: 'mirrored',
    },
    operator,
    signal,
  )
  print(styleText('dim', `${draft.disclaimer[0] ?? ''} ${draft.disclaimer[1] ?? ''}\n`))
  await confirmConnection(open.core, draft.draftId, operator, signal)
  const reports = await waitForSync(open, 'demo', createOutput(false), signal)
  for (const report of reports)
    print(`${styleText('green', '✓')} ${report.space.padEnd(6)} ${report.stored} of ${report.listed} pages`)
}

async function answer(
  open: OpenCore,
  email: string,
  question: string,
  history: Turn[],
  signal: AbortSignal,
): Promise<string> {
  const asked = await ask(open.core, { question, viewer: { kind: 'person', email }, history }, signal)
  const width = process.stdout.isTTY ? process.stdout.columns - INDENT : undefined
  print(indent(renderAnswer(asked.answer, width)))
  print(styleText('dim', `\n  ${Math.round(asked.timings.total)} ms${originOf(asked.answer)}`))
  return asked.answer.text
}

/** An abstention is no extract. */
function originOf({ kind, by }: Answer): string {
  if (by === 'claude') return kind === 'answer' ? ', written by Claude' : ', declined by Claude'
  return kind === 'answer' ? ', exact extracts (no ANTHROPIC_API_KEY)' : ''
}

/** Takes questions until /quit or the end of the input. */
async function converse(open: OpenCore, users: WikiUser[], signal: AbortSignal): Promise<void> {
  let asker = users[0]
  let history: Turn[] = []
  print(
    `\nNow you: type a question. ${styleText('bold', '/as NAME')} changes who asks (${users.map((user) => user.displayName.split(' ')[0]).join(', ')}), ${styleText('bold', '/status')} and ${styleText('bold', '/search WORDS')} work as in chat, ${styleText('bold', '/quit')} ends.`,
  )
  using prompt = createInterface({ input: process.stdin, output: process.stdout, signal })
  let isOpen = true
  prompt.once('close', () => (isOpen = false))
  const showPrompt = (): void => {
    prompt.setPrompt(`\n${styleText('cyan', asker?.displayName ?? '')} ▸ `)
    if (isOpen) prompt.prompt()
  }
  showPrompt()
  // Iterated, not asked line by line: lines that arrive during an answer would be lost.
  for await (const typed of prompt) {
    const text = typed.trim()
    if (/^\/?(quit|exit)$/i.test(text)) break
    try {
      if (/^\/as\s/i.test(text)) {
        const name = text.slice(4).trim().toLowerCase()
        const found = users.find((user) => user.displayName.toLowerCase().includes(name) || user.email === name)
        print(found === undefined ? `Nobody here is called ${name}.` : `${found.displayName} asks from now on.`)
        asker = found ?? asker
        history = []
      } else if (text.startsWith('/')) {
        print(await runTyped(open, text.slice(1), asker?.email, signal))
      } else if (text !== '') {
        const said = await answer(open, asker?.email ?? '', text, history, signal)
        history = [...history, { role: 'user', text } as const, { role: 'assistant', text: said } as const].slice(-6)
      }
    } catch (error) {
      if (!isFootnoteError(error)) throw error
      print(error.message)
    }
    showPrompt()
  }
}

/** Words of chat that do something here; the others open a form, or need the connection's own site. */
const demoWords = new Set(['search', 'why', 'status', 'spaces', 'pages', 'test', 'sync', 'audit', 'help'])

async function runTyped(open: OpenCore, text: string, email: string | undefined, signal: AbortSignal): Promise<string> {
  const [word = ''] = text.toLowerCase().split(/\s/)
  if (!demoWords.has(word)) {
    const isKnown = usages.some(({ name }) => name === word)
    return isKnown && word !== 'ask'
      ? `/${word} works in chat and as footnote ${word}, not in this demo.`
      : `There is no /${word} here. A question needs no slash; /help lists what does.`
  }
  const result = await runCommand(open.core, parseCommand(text), { ...operator, email }, signal)
  if (result.kind === 'help') return renderResult({ kind: 'help', commands: helpOfDemo() })
  if (result.kind === 'question' || result.kind === 'connectForm' || result.kind === 'form')
    throw new Error(`/${word} has no look in the demo`)
  return renderResult(result)
}

function helpOfDemo() {
  const own = [
    { usage: 'as NAME', description: 'change who asks' },
    { usage: 'quit', description: 'end the demo' },
  ]
  const shared = usages.filter(({ name }) => demoWords.has(name))
  return [...shared, ...own].map(({ usage, description }) => ({ usage: `/${usage}`, description, adminOnly: false }))
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

const INDENT = 2

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(INDENT))
}
