import { existsSync, readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import AjvDraft04 from 'ajv-draft-04'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { buildManifest, buildPackage } from '../../../manifest/teams/build.ts'
import { drawColorIcon, drawOutlineIcon } from '../../../manifest/teams/icons.ts'
import { usages } from '../../../src/bots/commands/parse.ts'
import { parseActivity } from '../../../src/bots/teams/events.ts'

const settings = {
  botId: '22222222-2222-4222-8222-222222222222',
  publicUrl: 'https://bot.example.com',
  confluenceHosts: ['wiki.example.com'],
  version: '1.2.3',
}

const folder = new URL('../../../../shared/data/teams/manifest/', import.meta.url)

describe.skipIf(!existsSync(folder))('the manifest and the published schemas', () => {
  test('have the same version', () => {
    expect(buildManifest(settings)['manifestVersion']).toBe('1.29')
  })

  test.each(['1.29', '1.30'])('fit each other in version %s', (version) => {
    const schema = JSON.parse(readFileSync(new URL(`MicrosoftTeams.schema.v${version}.json`, folder), 'utf8'))
    const ajv = new AjvDraft04.default({ strict: false, allErrors: true })
    addFormats.default(ajv as unknown as Parameters<typeof addFormats.default>[0])
    const isValid = ajv.compile(schema)
    // Each schema demands its own number; the rest of ours must hold in the newer one too.
    const manifest = { ...buildManifest(settings), manifestVersion: version }
    expect(isValid(manifest) ? [] : isValid.errors).toEqual([])
    expect(isValid({ ...manifest, bots: [{}] })).toBe(false)
  })
})

test('names the bot, its host and the Confluence hosts', () => {
  expect(buildManifest(settings)).toMatchObject({
    id: settings.botId,
    version: '1.2.3',
    bots: [{ botId: settings.botId, scopes: ['personal', 'team', 'groupChat'] }],
    validDomains: ['bot.example.com', 'wiki.example.com'],
  })
})

test('lists the commands of help, but for the rarest, in words that the bot takes as that command', () => {
  const [bot] = buildManifest(settings)['bots'] as { commandLists: { commands: { title: string }[] }[] }[]
  expect(bot?.commandLists).toHaveLength(2)
  for (const { commands } of bot?.commandLists ?? []) {
    expect(commands.length).toBeLessThanOrEqual(12)
    const understood = commands.map(({ title }) => parseActivity(personalMessage(title)))
    const offered = usages.filter(({ name }) => !['resume', 'reconnect', 'remove', 'audit', 'webhook'].includes(name))
    expect(understood).toMatchObject(offered.map(({ name }) => ({ kind: 'command', text: name })))
  }
})

function personalMessage(text: string): Record<string, unknown> {
  const conversation = { id: 'a:1', conversationType: 'personal', tenantId: 't' }
  const people = { from: { id: '29:a' }, recipient: { id: '28:b' } }
  return { type: 'message', id: 'm', text, serviceUrl: 'https://smba.trafficmanager.net/', conversation, ...people }
}

test.each([
  ['a bot id that is none', { botId: 'bot' }],
  ['a public address without https', { publicUrl: 'http://bot.example.com' }],
  ['a wildcard', { confluenceHosts: ['*.atlassian.net'] }],
])('refuses %s', (_what, wrong) => {
  expect(() => buildManifest({ ...settings, ...wrong })).toThrow(expect.objectContaining({ name: 'InvalidInputError' }))
})

test('is packed with both icons into a zip that lists what it holds', () => {
  const content = buildPackage(settings)
  const end = content.subarray(-22)
  expect(end.readUInt32LE(0)).toBe(0x06054b50)
  expect(end.readUInt16LE(10)).toBe(3)
  const names: string[] = []
  for (let at = end.readUInt32LE(16); at < content.length - 22;) {
    const [size, nameLength, local] = [
      content.readUInt32LE(at + 24),
      content.readUInt16LE(at + 28),
      content.readUInt32LE(at + 42),
    ]
    const name = content.toString('utf8', at + 46, at + 46 + nameLength)
    const member = content.subarray(local + 30 + nameLength, local + 30 + nameLength + size)
    if (name === 'manifest.json') expect(JSON.parse(member.toString('utf8'))).toEqual(buildManifest(settings))
    else expect(member.subarray(1, 4).toString('latin1')).toBe('PNG')
    names.push(name)
    at += 46 + nameLength
  }
  expect(names).toEqual(['manifest.json', 'color.png', 'outline.png'])
})

test.each([
  ['color.png', 192, drawColorIcon],
  ['outline.png', 32, drawOutlineIcon],
])('%s is what the drawing gives, %i pixels wide', (name, size, drawIcon) => {
  const stored = readFileSync(new URL(`../../../manifest/teams/${name}`, import.meta.url))
  expect([stored.readUInt32BE(16), stored.readUInt32BE(20)]).toEqual([size, size])
  expect(pixelsOf(stored).equals(pixelsOf(drawIcon()))).toBe(true)
})

test('the outline is white on nothing', () => {
  const pixels = pixelsOf(drawOutlineIcon())
  const seen = new Set<string>()
  for (let row = 0; row < 32; row++) {
    for (let column = 0; column < 32; column++) {
      const [red, green, blue, alpha] = pixels.subarray(row * 129 + 1 + column * 4)
      if (alpha !== 0) seen.add([red, green, blue].join())
    }
  }
  expect([...seen]).toEqual(['255,255,255'])
  expect(pixels[4]).toBe(0)
})

function pixelsOf(png: Buffer): Buffer {
  return inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)))
}
