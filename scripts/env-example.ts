#!/usr/bin/env node
// Writes `.env.example` from the variables of src/config.ts: each with its meaning and its default.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadConfig, variables } from '../src/config.ts'

const head = `# Every variable that Footnote reads, with its default. Made by scripts/env-example.ts from src/config.ts.
# Copy this file to .env and take the "#" away from what you set; every command that is started here reads it, and compose.yaml.
`

export function renderEnvExample(): string {
  const defaults = loadConfig({})
  const names = Object.keys(variables.shape) as (keyof typeof defaults)[]
  const entries = names.map(
    (name) => `# ${variables.shape[name].description}\n#${name}=${renderDefault(defaults[name])}\n`,
  )
  return [head, ...entries].join('\n')
}

function renderDefault(value: string | number | boolean | string[] | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'boolean' ? String(Number(value)) : String(value)
}

if (import.meta.main) writeFileSync(fileURLToPath(new URL('../.env.example', import.meta.url)), renderEnvExample())
