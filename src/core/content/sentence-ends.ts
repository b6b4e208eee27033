// Where the sentences of a line end. Versions, decimals, host names and file names are never asked about: no space
// follows their stops. A single letter before a stop counts as an initial ("J. Smith", "z. B."), so "plan B." may join
// two sentences; joining is the harmless mistake.

// A stop, the quotes and brackets that close behind it, then a space; in Chinese and Japanese no space. The lookbehind
// keeps long runs of stops linear.
const STOP = /(?<![.!?…])[.!?…]+["'”’»«“)\]]*(?=\s)|[。！？｡]+[」』）”’]*/g

/** Offsets behind the stops that end a sentence before the end of the line, in order. */
export function findSentenceEnds(line: string): number[] {
  const ends: number[] = []
  for (const match of line.matchAll(STOP)) {
    const [stop, to] = [match.index, match.index + match[0].length]
    if (to < line.length && isSentenceEnd(line, { from: ends.at(-1) ?? 0, stop, to })) ends.push(to)
  }
  return ends
}

/** Never at the end of a sentence. In lower case, without the last stop. */
const ABBREVIATIONS = new Set(
  (
    'e.g i.e cf vs approx dept est incl excl resp z.b d.h u.a u.u u.ä o.ä o.g s.o s.u v.a i.d.r m.e z.t z.zt bzw ca ' +
    'evtl ggf inkl exkl vgl sog bspw zzgl abzgl mio mrd tsd verantw betr bes allg jew einschl ehem geb jan feb apr jun ' +
    'jul aug sep sept okt oct nov dez dec'
  ).split(' '),
)

/** Before names. These need their capital: "20 ms." may well end a sentence. */
const TITLES = new Set('Mr Mrs Ms Dr Prof St Jr Sr Hr Fr Frl Dipl Ing'.split(' '))

/** Not at the end when a number follows: `No. 5`, `Nr. 3`, `Art. 6`. In lower case. */
const BEFORE_NUMBERS = new Set(
  'no nos nr nrn art abs fig vol pp sec ch kap abb tab ziff anl ver rev para max min mind tel'.split(' '),
)

const GERMAN_MONTHS = /^(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b/
const BEFORE_ORDINALS = new Set(
  'am vom zum der die das dem den des im ab bis seit beim zur jeder jede jedes'.split(' '),
)

/** How far back the word before a stop is looked for; longer words are no abbreviations. */
const MAX_WORD = 24

type Stop = { from: number; stop: number; to: number }

function isSentenceEnd(line: string, { from, stop, to }: Stop): boolean {
  if (/[。！？｡]/.test(line.charAt(stop))) return true
  const next = line.slice(to, to + MAX_WORD).trimStart()
  if (/^\p{Ll}/u.test(next)) return false
  if (line[stop] !== '.' || line[stop + 1] === '.') return true
  const before = line.slice(Math.max(from, stop - MAX_WORD), stop)
  const word = /[^\s("'“„«[]*$/.exec(before)?.[0] ?? ''
  const plain = word.toLowerCase()
  if (ABBREVIATIONS.has(plain) || TITLES.has(word) || isInitial(word)) return false
  if (/^\d/.test(next) && BEFORE_NUMBERS.has(plain)) return false
  return !/^\d{1,2}$/.test(word) || !isOrdinal({ before: before.slice(0, before.length - word.length).trim(), next })
}

/** `J. Smith`, `z. B.`, `U.S. Army`. */
function isInitial(word: string): boolean {
  return /^(?:\p{L}\.)*\p{L}$/u.test(word) && word !== 'I'
}

/** German `am 3. Mai`, `der 2. Schritt`; a number that begins the sentence counts its steps. */
function isOrdinal({ before, next }: { before: string; next: string }): boolean {
  if (before === '') return true
  return GERMAN_MONTHS.test(next) || BEFORE_ORDINALS.has(before.split(/\s+/).at(-1)?.toLowerCase() ?? '')
}
