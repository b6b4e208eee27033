import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderEnvExample } from '../../scripts/env-example.ts'
import { variables } from '../../src/config.ts'
import { readDocuments } from '../support/documents.ts'

const root = join(import.meta.dirname, '../..')
const rendered = renderEnvExample()

it('gives each variable with its meaning and its default', () => {
  expect(rendered).toContain('\n# address to listen on\n#HOST=127.0.0.1\n')
  expect(rendered).toContain('\n#PORT=3000\n')
  expect(rendered).toContain('\n#DATABASE_URL=\n')
  expect(rendered).toContain('\n#FOOTNOTE_TEAMS_DEV=0\n')
  expect(rendered).toContain('\n#TEAMS_SERVICE_HOSTS=smba.trafficmanager.net,*.botframework.com\n')
  expect(rendered.match(/^#[A-Z_]+=/gm)).toHaveLength(Object.keys(variables.shape).length)
})

it('leaves no variable without a meaning', () => {
  const silent = Object.entries(variables.shape).filter(([, { description }]) => (description ?? '') === '')
  expect(silent.map(([name]) => name)).toEqual([])
})

it('is what .env.example holds (write it anew with `npx --no node scripts/env-example.ts`)', () => {
  expect(readFileSync(join(root, '.env.example'), 'utf8')).toBe(rendered)
})

/** Words that look like a variable of ours and are none that src/config.ts knows. */
function findUnknownVariables(text: string): string[] {
  const mentioned =
    text.match(
      /\b(?:DATABASE_URL|(?:FOOTNOTE|SLACK|MICROSOFT|TEAMS|ANTHROPIC|EMBEDDINGS|RERANK|ATLASSIAN)_[A-Z_]*[A-Z])\b/g,
    ) ?? []
  return [...new Set(mentioned)].filter((name) => !(name in variables.shape))
}

it('finds a variable that nothing reads', () => {
  const text = 'Set `SLACK_BOT_TOKEN`, RERANK_* and FOOTNOTE_MAGIC=1; TEST_DATABASE_URL is for the tests.'
  expect(findUnknownVariables(text)).toEqual(['FOOTNOTE_MAGIC'])
})

it('knows every variable that the documents and the container files name', () => {
  // decisions.md is a history: it may name what is gone.
  const documents = readDocuments().filter(({ name }) => name !== 'docs/decisions.md')
  const files = ['Dockerfile', 'compose.yaml'].map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }))
  expect(documents.length).toBeGreaterThanOrEqual(3)
  const unknown = [...documents, ...files].flatMap(({ name, text }) =>
    findUnknownVariables(text).map((variable) => `${name}: ${variable}`),
  )
  expect(unknown).toEqual([])
})
