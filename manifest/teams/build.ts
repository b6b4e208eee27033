// The app package that an admin uploads to Teams: the template filled from the configuration, zipped with its icons.
//
//   node manifest/teams/build.ts [--confluence-host acme.atlassian.net …] [--out footnote-teams.zip]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { usages } from '../../src/bots/commands/parse.ts'
import { loadConfig } from '../../src/config.ts'
import { InvalidInputError, isFootnoteError } from '../../src/errors.ts'
import { zip } from './zip.ts'

export type PackageSettings = {
  /** MICROSOFT_APP_ID. */
  botId: string
  /** FOOTNOTE_PUBLIC_URL, https. */
  publicUrl: string
  /** Hosts of the connected sites, each by its own name: Teams wants no domains that are not yours. */
  confluenceHosts: string[]
  /** Teams takes an update only with a higher version. */
  version: string
}

/** The manifest of schema 1.29. `InvalidInputError` when a setting cannot stand in it. */
export function buildManifest(settings: PackageSettings): Record<string, unknown> {
  const { botId, publicUrl, confluenceHosts, version } = settings
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(botId)) {
    throw wrong('MICROSOFT_APP_ID', 'must be the application id of the Azure Bot')
  }
  if (!publicUrl.startsWith('https://')) throw wrong('FOOTNOTE_PUBLIC_URL', 'must begin with https://')
  const badHost = confluenceHosts.find((host) => !/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(host))
  if (badHost !== undefined) throw wrong('confluence-host', `${badHost} is no host name (wildcards are not allowed)`)
  return {
    ...readTemplate(),
    version,
    id: botId,
    developer: { name: 'Footnote', websiteUrl: publicUrl, privacyUrl: publicUrl, termsOfUseUrl: publicUrl },
    bots: [
      {
        botId,
        scopes: ['personal', 'team', 'groupChat'],
        isNotificationOnly: false,
        supportsFiles: false,
        commandLists: [
          { scopes: ['personal'], commands: listCommands('/confluence') },
          { scopes: ['team', 'groupChat'], commands: listCommands('confluence') },
        ],
      },
    ],
    validDomains: [...new Set([new URL(publicUrl).host, ...confluenceHosts])],
  }
}

/** Teams offers at most twelve commands; these are typed in full. */
const isRare = new Set(['resume', 'reconnect', 'remove', 'audit', 'webhook'])

/** The words of `/confluence help`. */
function listCommands(prefix: string): { title: string; description: string }[] {
  const offered = usages.filter(({ name }) => !isRare.has(name))
  return offered.map(({ name, usage, description, adminOnly }) => ({
    title: `${prefix} ${name}`,
    description: `${usage}: ${description}${adminOnly ? ' (admins)' : ''}`,
  }))
}

export function buildPackage(settings: PackageSettings): Buffer {
  const manifest = Buffer.from(`${JSON.stringify(buildManifest(settings), null, 2)}\n`)
  return zip([
    { name: 'manifest.json', content: manifest },
    { name: 'color.png', content: readFileSync(new URL('color.png', import.meta.url)) },
    { name: 'outline.png', content: readFileSync(new URL('outline.png', import.meta.url)) },
  ])
}

function readTemplate(): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL('manifest.template.json', import.meta.url), 'utf8'))
}

function wrong(field: string, problem: string): InvalidInputError {
  return new InvalidInputError('teams_manifest_invalid', `${field} ${problem}.`, { field })
}

function main(): void {
  const { values } = parseArgs({
    options: { 'confluence-host': { type: 'string', multiple: true }, out: { type: 'string' } },
  })
  const config = loadConfig(process.env)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const file = values.out ?? join(config.FOOTNOTE_DATA_DIR, 'footnote-teams.zip')
  const content = buildPackage({
    botId: config.MICROSOFT_APP_ID ?? '',
    publicUrl: config.FOOTNOTE_PUBLIC_URL ?? '',
    confluenceHosts: values['confluence-host'] ?? [],
    version,
  })
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  console.log(`Wrote ${file}`)
}

if (import.meta.main) {
  try {
    main()
  } catch (error) {
    if (!isFootnoteError(error)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
