import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Credential } from '../../../src/core/confluence/site.ts'
import { loadEncryptionKey, openCredential, sealCredential } from '../../../src/core/connections/seal.ts'
import { InvalidInputError } from '../../../src/errors.ts'

const key = Buffer.alloc(32, 1)
const credential: Credential = { kind: 'scoped', email: 'ann@acme.example', secret: 'ATATT-secret', cloudId: 'c1' }
const refusalOf = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('a sealed credential', () => {
  it.each<[Credential]>([
    [credential],
    [{ kind: 'pat', secret: 'pä\0t' }],
    [{ kind: 'basic', username: 'ann', secret: ' spaces kept ' }],
  ])('opens with its key under its name: %o', (each) => {
    expect(openCredential(sealCredential(each, key, 'acme'), key, 'acme')).toEqual(each)
  })

  it('shows nothing of what it holds, and never looks the same twice', () => {
    const [one, other] = [sealCredential(credential, key, 'acme'), sealCredential(credential, key, 'acme')]
    expect(Buffer.from(one).toString('latin1')).not.toMatch(/ATATT|ann@|secret/)
    expect(Buffer.from(one).equals(other)).toBe(false)
  })

  it('opens under no other key and no other name, and says what to do', () => {
    const sealed = sealCredential(credential, key, 'acme')
    for (const refusal of [
      refusalOf(() => openCredential(sealed, Buffer.alloc(32, 2), 'acme')),
      refusalOf(() => openCredential(sealed, key, 'other')),
    ])
      expect(refusal).toBeInstanceOf(InvalidInputError)
    expect(refusalOf(() => openCredential(sealed, Buffer.alloc(32, 2), 'acme'))).toMatchObject({
      code: 'encryption_key_wrong',
      message:
        'The credential of acme cannot be opened: FOOTNOTE_ENCRYPTION_KEY is not the key that it was stored under. Start with the earlier key, or connect again.',
    })
  })

  it('opens no more when one bit was changed, or when it was cut', () => {
    const sealed = sealCredential(credential, key, 'acme')
    for (let position = 0; position < sealed.length; position++) {
      const tampered = Uint8Array.from(sealed)
      tampered[position] = (tampered[position] ?? 0) ^ 1
      expect(() => openCredential(tampered, key, 'acme'), `byte ${position}`).toThrow(InvalidInputError)
      expect(() => openCredential(sealed.subarray(0, position), key, 'acme')).toThrow(InvalidInputError)
    }
  })
})

describe('the key for credentials', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'footnote-key-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const load = (changes: { DATABASE_URL?: string; FOOTNOTE_ENCRYPTION_KEY?: string } = {}): Uint8Array =>
    loadEncryptionKey({
      DATABASE_URL: undefined,
      FOOTNOTE_ENCRYPTION_KEY: undefined,
      FOOTNOTE_DATA_DIR: folder,
      ...changes,
    })

  it('is the one of the environment when there is one', () => {
    const given = Buffer.alloc(32, 9).toString('base64')
    expect(Buffer.from(load({ FOOTNOTE_ENCRYPTION_KEY: `${given}\n`, DATABASE_URL: 'postgres://db' }))).toEqual(
      Buffer.alloc(32, 9),
    )
  })

  it('is made once in the data folder, for its owner only', async () => {
    const made = load()
    expect(made).toHaveLength(32)
    expect(Buffer.from(load())).toEqual(Buffer.from(made))
    expect((await stat(join(folder, 'encryption.key'))).mode & 0o777).toBe(0o600)
    expect((await readFile(join(folder, 'encryption.key'), 'utf8')).trim()).toBe(Buffer.from(made).toString('base64'))
  })

  it('must be given beside a PostgreSQL server, and no file is made', async () => {
    expect(refusalOf(() => load({ DATABASE_URL: 'postgres://db' }))).toMatchObject({
      code: 'encryption_key_missing',
      field: 'FOOTNOTE_ENCRYPTION_KEY',
      message:
        'FOOTNOTE_ENCRYPTION_KEY is not set, so no credential can be stored. Set it to 32 random bytes in base64 (openssl rand -base64 32) and keep a copy apart from the database.',
    })
    await expect(stat(join(folder, 'encryption.key'))).rejects.toThrow('ENOENT')
  })

  it.each([
    ['too short', Buffer.alloc(31).toString('base64')],
    ['too long', Buffer.alloc(33).toString('base64')],
    ['no base64', 'not a key at all!'],
  ])('is refused when it is %s, without showing it', (_, given) => {
    const refusal = refusalOf(() => load({ FOOTNOTE_ENCRYPTION_KEY: given }))
    expect(refusal).toMatchObject({ code: 'encryption_key_invalid', field: 'FOOTNOTE_ENCRYPTION_KEY' })
    expect(String(refusal)).not.toContain(given)
  })

  it('is refused when the file in the data folder was damaged', async () => {
    await writeFile(join(folder, 'encryption.key'), 'half')
    expect(refusalOf(load)).toMatchObject({ code: 'encryption_key_invalid' })
  })
})
