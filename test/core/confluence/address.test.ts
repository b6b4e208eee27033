import { describe, expect, test } from 'vitest'
import { normaliseAddress } from '../../../src/core/confluence/address.ts'
import { InvalidInputError } from '../../../src/errors.ts'

const cloud = 'https://acme.atlassian.net/wiki'
const server = 'https://wiki.acme.example'

describe('what people paste', () => {
  test.each<[string, string, string | undefined, string | undefined]>([
    ['acme.atlassian.net', cloud, undefined, undefined],
    ['https://acme.atlassian.net', cloud, undefined, undefined],
    ['http://ACME.atlassian.net/', cloud, undefined, undefined],
    [' https://acme.atlassian.net/wiki/ ', cloud, undefined, undefined],
    ['<https://acme.atlassian.net/wiki|our wiki>', cloud, undefined, undefined],
    ['<https://acme.atlassian.net>', cloud, undefined, undefined],
    ['https://acme.atlassian.net/wiki/home', cloud, undefined, undefined],
    ['https://acme.atlassian.net/wiki/spaces/IT/overview', cloud, 'IT', undefined],
    ['https://acme.atlassian.net/wiki/spaces/IT/overview?homepageId=99', cloud, 'IT', undefined],
    ['https://acme.atlassian.net/wiki/spaces/~7120abc/pages/98401/Getting+started#Top', cloud, '~7120abc', '98401'],
    ['https://acme.atlassian.net/wiki/spaces/IT/pages/edit-v2/98401?draftShareId=1', cloud, 'IT', '98401'],
    ['https://acme.atlassian.net/wiki/x/YYAB', cloud, undefined, '98401'],
    ['https://acme.atlassian.net/wiki/x/gIAB', cloud, undefined, '98432'],
    ['wiki.acme.example', server, undefined, undefined],
    ['http://wiki:8090', 'http://wiki:8090', undefined, undefined],
    ['wiki:8090/confluence', 'https://wiki:8090/confluence', undefined, undefined],
    ['https://wiki.acme.example/', server, undefined, undefined],
    ['https://wiki.acme.example/confluence/', `${server}/confluence`, undefined, undefined],
    ['https://wiki.acme.example/confluence/dashboard.action', `${server}/confluence`, undefined, undefined],
    ['https://wiki.acme.example/display/IT', server, 'IT', undefined],
    ['https://wiki.acme.example/confluence/display/IT/How+to', `${server}/confluence`, 'IT', undefined],
    ['https://wiki.acme.example/display/~jo%2Ban', server, '~jo+an', undefined],
    ['https://wiki.acme.example/spaces/IT/pages/123/Title', server, 'IT', '123'],
    ['https://wiki.acme.example/spaces/viewspace.action?key=IT', server, 'IT', undefined],
    ['https://wiki.acme.example/confluence/collector/pages.action?key=IT', `${server}/confluence`, 'IT', undefined],
    ['https://wiki.acme.example/pages/listpages-dirview.action?key=IT', server, 'IT', undefined],
    ['https://wiki.acme.example/confluence/spacedirectory/view.action', `${server}/confluence`, undefined, undefined],
    ['https://wiki.acme.example/pages/123/Title', server, undefined, '123'],
    ['https://wiki.acme.example/wiki/pages/viewpage.action?pageId=123', `${server}/wiki`, undefined, '123'],
    ['https://wiki.acme.example/pages/viewpage.action?spaceKey=IT&title=How', server, 'IT', undefined],
    ['https://wiki.acme.example/pages/viewpage.action?pageId=1%20or%202', server, undefined, undefined],
    ['https://wiki.acme.example/confluence/rest/api/space', `${server}/confluence`, undefined, undefined],
    ['http://10.20.0.5/confluence', 'http://10.20.0.5/confluence', undefined, undefined],
  ])('%s', (typed, baseUrl, spaceKey, pageId) => {
    const deployment = typed.toLowerCase().includes('atlassian.net') ? 'cloud' : 'datacenter'
    expect(normaliseAddress(typed)).toMatchObject({
      address: { deployment, baseUrl },
      isGuess: deployment === 'datacenter',
      spaceKey,
      pageId,
    })
  })

  test('the title in an address that names no id', () => {
    expect(normaliseAddress('https://wiki.acme.example/display/IT/How+to+%26+why').pageTitle).toBe('How to & why')
    expect(normaliseAddress('https://wiki.acme.example/display/IT').pageTitle).toBeUndefined()
    expect(
      normaliseAddress('https://wiki.acme.example/pages/viewpage.action?spaceKey=IT&title=How+to+%26+why').pageTitle,
    ).toBe('How to & why')
  })

  test('the folder in an address', () => {
    expect(normaliseAddress(`${cloud}/spaces/IT/folder/4711?atlOrigin=x`)).toMatchObject({
      spaceKey: 'IT',
      pageId: undefined,
      folderId: '4711',
    })
    expect(normaliseAddress(`${cloud}/spaces/IT/pages/4711/folder/1`).folderId).toBeUndefined()
  })

  test('Cloud under a domain of its own is Cloud when the caller says so', () => {
    expect(normaliseAddress('https://wiki.acme.example/wiki/spaces/IT', 'cloud')).toEqual({
      address: { deployment: 'cloud', baseUrl: 'https://wiki.acme.example/wiki' },
      isGuess: false,
      spaceKey: 'IT',
      pageId: undefined,
    })
  })

  test('a host that only looks like Atlassian is not taken for Cloud', () => {
    expect(normaliseAddress('https://evilatlassian.net').address.deployment).toBe('datacenter')
    expect(normaliseAddress('https://atlassian.net.evil.example').address.deployment).toBe('datacenter')
  })
})

describe('what is refused', () => {
  test.each([
    ['', 'address_missing'],
    ['https://ann:pw@wiki.acme.example', 'address_credentials'],
    ['ftp://wiki.acme.example', 'address_scheme'],
    ['javascript:alert(1)', 'address_scheme'],
    ['file:/etc/passwd', 'address_scheme'],
    ['https://', 'address_invalid'],
    ['our wiki please', 'address_invalid'],
    ['https://wiki.acme.example/a\nb', 'address_invalid'],
    ['http://localhost:8090', 'address_forbidden'],
    ['localhost:8090', 'address_forbidden'],
    ['http://wiki.localhost', 'address_forbidden'],
    ['http://127.0.0.1', 'address_forbidden'],
    ['http://127.1', 'address_forbidden'],
    ['http://2130706433', 'address_forbidden'],
    ['http://0x7f.0.0.1', 'address_forbidden'],
    ['http://[::1]', 'address_forbidden'],
    ['http://[::ffff:127.0.0.1]', 'address_forbidden'],
    ['http://[64:ff9b::7f00:1]', 'address_forbidden'],
    ['http://0.0.0.0', 'address_forbidden'],
    ['http://169.254.169.254/latest/meta-data', 'address_forbidden'],
    ['http://[fe80::1]', 'address_forbidden'],
    ['http://metadata.google.internal./', 'address_forbidden'],
    ['http://100.100.100.200', 'address_forbidden'],
  ])('%j', (typed, code) => {
    const attempt = () => normaliseAddress(typed)
    expect(attempt).toThrow(InvalidInputError)
    expect(attempt).toThrow(expect.objectContaining({ code, field: 'url' }))
  })

  test('this machine is allowed when the operator allows it, link-local networks never are', () => {
    const policy = { allowLoopback: true }
    expect(normaliseAddress('http://127.0.0.1:8090/confluence', 'datacenter', policy).address.baseUrl).toBe(
      'http://127.0.0.1:8090/confluence',
    )
    expect(() => normaliseAddress('http://169.254.169.254', undefined, policy)).toThrow('link-local')
  })

  test('Data Center is refused for a Cloud host', () => {
    expect(() => normaliseAddress('acme.atlassian.net', 'datacenter')).toThrow('is a Cloud site')
  })
})
