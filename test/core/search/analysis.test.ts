import { describe, expect, test } from 'vitest'
import { analyse } from '../../../src/core/search/analysis.ts'
import { fc } from '../../support/property.ts'

describe('words', () => {
  test.each([
    ['drops stop words and stems the rest', 'How can I request the parental leaves?', 'request parent leav'],
    ['keeps a text of stop words only', 'Who is it?', 'who is it'],
    ['gives nothing for punctuation', ' … -- !? ', ''],
    ['folds accents and ligatures', 'Café naïve Größe ﬁle', 'cafe naiv gross file'],
    ['folds full-width forms', 'ＶＰＮ１２', 'vpn12'],
    ['reads a decomposed letter like a composed one', 'Mu\u0308ller Müller', 'muller muller'],
    ['drops possessives and contractions', "The company's badge doesn't work, I'll swap it", 'compani badg work swap'],
    ['reads typographic apostrophes alike', 'company’s', 'compani'],
    ['separates an elided article', "l'équipe", 'l equip'],
    ['ignores soft hyphens and zero-width blanks', 'pass\u00adword\u200bs', 'password'],
    ['keeps abbreviations in capitals', 'Ask IT about US holidays', 'ask it us holidai'],
    ['does not take a shouted sentence for abbreviations', 'WHO CAN FIX IT', 'fix'],
    ['cuts very long words', 'x'.repeat(100), 'x'.repeat(64)],
  ])('%s', (_name, text, terms) => {
    expect(analyse(text).join(' ')).toBe(terms)
  })
})

describe('identifiers', () => {
  test.each([
    ['ticket', 'PROJ-1234', 'proj1234 proj 1234'],
    ['error code', 'ERR_CONN_42', 'errconn42 err conn 42'],
    ['version', 'v2.3.1', 'v231 v2 3 1'],
    ['hyphenated word', 'sign-off', 'signoff sign'],
    ['camelCase', 'getUserName', 'getusernam get user name'],
    ['acronym before a word', 'HTTPServer', 'httpserver http server'],
    ['plural of an acronym', 'APIs', 'api'],
    ['single-letter abbreviation', 'U.S. rules, e.g. taxes', 'us rule tax'],
    ['date', '2026-11-20', '20261120 2026 11 20'],
    ['thousands', '$1,000,000', '1000000'],
    ['a list of numbers', '1,2,3', '1 2 3'],
    ['path', '/var/hosts.allow', 'var hostsallow host allow'],
    ['e-mail address', 'help@acme.example', 'help acmeexampl acm exampl'],
    ['word with digits', 'sha256', 'sha256'],
    ['a joiner at the end of a sentence', 'Reset the VPN. Wait_', 'reset vpn wait'],
  ])('%s', (_name, text, terms) => {
    expect(analyse(text).join(' ')).toBe(terms)
  })

  test('gives a compound that is too long by its parts only', () => {
    expect(analyse(`${'a1'.repeat(20)}-${'b2'.repeat(20)}`)).toEqual(['a1'.repeat(20), 'b2'.repeat(20)])
  })
})

describe('scripts without blanks', () => {
  test.each([
    ['Chinese by pairs', '年假申请', '年假 假申 申请'],
    ['a single character', '我 a', '我'],
    ['Japanese with a voiced sign', 'ガイド', 'ガイ イド'],
    ['Korean stays composed', '휴가', '휴가'],
    ['beside Latin words', 'VPN设置guide', 'vpn 设置 guid'],
    ['characters beyond the first plane', '𠀀𠀁𠀂', '𠀀𠀁 𠀁𠀂'],
    ['half a surrogate pair is no character', 'a\ud840 b1', 'b1'],
    ['capitals beyond the first plane', '𐐀𐐁𐐨 𐐀𐐨𐐁', '𐐨𐐩𐐨 𐐨𐐨𐐩 𐐨𐐨 𐐩'],
    ['Cyrillic is spaced', 'Отпуск сотрудника', 'отпуск сотрудника'],
  ])('%s', (_name, text, terms) => {
    expect(analyse(text).join(' ')).toBe(terms)
  })
})

test('a long word beyond the first plane is cut between characters', () => {
  expect(analyse(`a${'𐐨'.repeat(50)}`)).toEqual([`a${'𐐨'.repeat(31)}`])
})

test('terms hold letters and digits only, and the same text gives the same terms', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const terms = analyse(text)
      for (const term of terms) expect(term).toMatch(/^[\p{L}\p{N}]+$/u)
      expect(analyse(text)).toEqual(terms)
    }),
    { numRuns: 500 },
  )
})
