// Draws the two icons of the app package: a page whose text carries a footnote mark. `node manifest/teams/icons.ts`
// writes color.png and outline.png beside this file.
import { writeFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'

type Color = readonly [red: number, green: number, blue: number, alpha: number]
/** The colour at a point of the unit square, or undefined for what is below. */
type Shape = (x: number, y: number) => Color | undefined

const white: Color = [255, 255, 255, 255]
const clear: Color = [0, 0, 0, 0]
const blue: Color = [20, 64, 107, 255]
const amber: Color = [245, 166, 35, 255]

function box(left: number, top: number, right: number, bottom: number, radius: number, color: Color): Shape {
  return (x, y) => {
    const dx = Math.max(left + radius - x, x - right + radius, 0)
    const dy = Math.max(top + radius - y, y - bottom + radius, 0)
    return x >= left && x <= right && y >= top && y <= bottom && Math.hypot(dx, dy) <= radius ? color : undefined
  }
}

/** The figure one of the mark, as two bars and a flag. */
function one(left: number, top: number, size: number, color: Color): Shape {
  const stem = box(left + size * 0.38, top, left + size * 0.62, top + size, 0, color)
  const foot = box(left + size * 0.14, top + size * 0.8, left + size * 0.86, top + size, 0, color)
  const flag: Shape = (x, y) => {
    const along = (left + size * 0.5 - x) / size
    const down = (y - top) / size
    return along >= 0 && along <= 0.34 && down >= along * 0.9 && down <= along * 0.9 + 0.22 ? color : undefined
  }
  return (x, y) => stem(x, y) ?? foot(x, y) ?? flag(x, y)
}

const colorShapes: Shape[] = [
  box(0, 0, 1, 1, 0, blue),
  box(0.27, 0.2, 0.73, 0.8, 0.04, white),
  box(0.34, 0.32, 0.55, 0.36, 0.02, blue),
  box(0.34, 0.43, 0.66, 0.47, 0.02, blue),
  box(0.34, 0.54, 0.66, 0.58, 0.02, blue),
  box(0.34, 0.66, 0.46, 0.675, 0, blue),
  box(0.34, 0.71, 0.6, 0.74, 0.015, amber),
  one(0.57, 0.24, 0.13, amber),
]

/** In 32ths, so that the lines fall on whole pixels. */
const pixel = 1 / 32
const outlineShapes: Shape[] = [
  box(5 * pixel, 2 * pixel, 27 * pixel, 30 * pixel, 3 * pixel, white),
  box(7 * pixel, 4 * pixel, 25 * pixel, 28 * pixel, 1 * pixel, clear),
  box(9 * pixel, 9 * pixel, 15 * pixel, 11 * pixel, 0, white),
  box(9 * pixel, 15 * pixel, 23 * pixel, 17 * pixel, 0, white),
  box(9 * pixel, 21 * pixel, 19 * pixel, 23 * pixel, 0, white),
  one(16.5 * pixel, 6 * pixel, 7 * pixel, white),
]

export const drawColorIcon = (): Buffer => draw(192, colorShapes)
export const drawOutlineIcon = (): Buffer => draw(32, outlineShapes)

const samples = 8

function draw(size: number, shapes: Shape[]): Buffer {
  const rows = Buffer.alloc(size * (1 + size * 4))
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      rows.set(averageColor(size, column, row, shapes), row * (1 + size * 4) + 1 + column * 4)
    }
  }
  return encodePng(size, rows)
}

/** Smooth edges: the mean of many points of a pixel, colours weighted by their opacity. */
function averageColor(size: number, column: number, row: number, shapes: Shape[]): number[] {
  const sum = [0, 0, 0, 0]
  for (let sample = 0; sample < samples * samples; sample++) {
    const x = (column + ((sample % samples) + 0.5) / samples) / size
    const y = (row + (Math.floor(sample / samples) + 0.5) / samples) / size
    const [red, green, blueness, alpha] = shapes.findLast((shape) => shape(x, y) !== undefined)?.(x, y) ?? clear
    for (const [index, part] of [red, green, blueness].entries()) sum[index] = (sum[index] ?? 0) + part * alpha
    sum[3] = (sum[3] ?? 0) + alpha
  }
  const [red = 0, green = 0, blueness = 0, alpha = 0] = sum
  const weight = alpha === 0 ? 1 : alpha
  return [red / weight, green / weight, blueness / weight, alpha / (samples * samples)].map(Math.round)
}

/** RGBA, eight bits a channel, no filter. */
function encodePng(size: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const chunks = [
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows, { level: 9 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([signature, ...chunks])
}

function pngChunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(content.length, 0)
  chunk.set(body, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

if (import.meta.main) {
  writeFileSync(new URL('color.png', import.meta.url), drawColorIcon())
  writeFileSync(new URL('outline.png', import.meta.url), drawOutlineIcon())
}
