// Atlassian's published descriptions, where copies of them lie beside the checkout, and answers held against them.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import type { Json } from './small-site.ts'

/** Undefined, and a word about it, when the file is not there. */
export function readDescription(name: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../../shared/data/confluence/specs/${name}`, import.meta.url))
  if (existsSync(path)) return readFileSync(path, 'utf8')
  console.info(`Skipped: there is no copy of ${name} to validate against.`)
  return undefined
}

/** What is wrong with an answer of status 200; empty when it fits. */
export function makeChecker(description: Json): (method: string, route: string, answer: Json) => string[] {
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { int32: true, int64: true, uri: true, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ },
  })
  ajv.addSchema(description, 'spec')
  return (method, route, answer) => {
    const path = `paths/${route.replaceAll('/', '~1')}/${method}/responses/200/content/application~1json/schema`
    const validate = ajv.compile({ $ref: `spec#/${path.replaceAll('{', '%7B').replaceAll('}', '%7D')}` })
    validate(answer)
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }
}
