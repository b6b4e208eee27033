// Bytes → text, when nothing says which encoding it is.

/** By its mark (BOM), by the zeros of UTF-16, UTF-8 if it is valid, otherwise Windows-1252; undefined for binary bytes. */
export function decodeText(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes)
  return isBinary(text) ? undefined : text
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, 4096)
  const evenZeros = countZeros(sample, 0)
  const oddZeros = countZeros(sample, 1)
  // Latin letters in UTF-16 have a zero in every second byte, always on the same side.
  if (oddZeros > sample.length * 0.2 && evenZeros < oddZeros / 10) return 'utf-16le'
  if (evenZeros > sample.length * 0.2 && oddZeros < evenZeros / 10) return 'utf-16be'
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252'
}

function countZeros(sample: Uint8Array, from: 0 | 1): number {
  let zeros = 0
  for (let position = from; position < sample.length; position += 2) if (sample[position] === 0) zeros++
  return zeros
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Line ends, tabs and escapes (colours in logs) belong to text; more than one in a hundred of the rest do not. */
function isBinary(text: string): boolean {
  const sample = text.slice(0, 64 * 1024)
  let odd = 0
  for (let position = 0; position < sample.length; position++) {
    const code = sample.charCodeAt(position)
    if (code === 0) return true
    if (code === REPLACEMENT || (code < 0x20 && code !== ESCAPE && !(code >= 8 && code <= 13))) odd++
  }
  return odd > sample.length * 0.01
}

const ESCAPE = 0x1b
const REPLACEMENT = 0xfffd
