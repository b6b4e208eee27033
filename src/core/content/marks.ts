// Marks that change what the marked text says. All others (bold, colour, lowered digits) are dropped.
import { spacedLine, type ElementRenderer } from './renderer.ts'
import { findBelow, rawText } from './xml-tree.ts'

const DIGITS = '0123456789+-'
const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻'

/** `10<sup>6</sup>` is not 106, and a footnote's mark is no part of the word before it: raised digits stay raised. */
export const renderRaised: ElementRenderer = (element, flow, page) => {
  const text = rawText(element).trim()
  const isRaised = /^[+-]?\d{1,6}(?:, ?\d{1,6}){0,9}$/.test(text)
  if (isRaised) flow.text(text.replace(/[\d+-]/g, (digit) => RAISED.charAt(DIGITS.indexOf(digit))))
  else page.walk(element.children, flow)
}

/** What is struck out no longer holds: `~~port 80~~`. */
export const renderStruck: ElementRenderer = (element, flow, page) => {
  flow.text(spacedLine(element, page).replace(/\S(?:.*\S)?/s, '~~$&~~'))
}

/** MathML that carries its source in TeX, as rendered formulas do. */
export const renderFormula: ElementRenderer = (element, flow, page) => {
  const source = findBelow(element, 'annotation')
  const tex = source === undefined ? '' : rawText(source).trim()
  if (tex === '') page.walk(element.children, flow)
  else flow.apart(`$${tex}$`)
}

/** KaTeX draws each formula a second time for the eye. */
export const renderSpan: ElementRenderer = (element, flow, page) => {
  if (element.attributes['class'] !== 'katex-html') page.walk(element.children, flow)
}
