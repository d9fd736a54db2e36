import { expect, it } from 'vitest'
import { Screen } from '../../../src/cli/ctl/screen.ts'

function on(terminal: { isTTY?: boolean; rows?: number; columns?: number }) {
  const written: string[] = []
  const screen = new Screen({ ...terminal, write: text => void written.push(String(text)) })
  return { screen, written }
}

it('draws over itself on a terminal, and clears it once', () => {
  const { screen, written } = on({ isTTY: true, rows: 24, columns: 80 })
  screen.show('one\ntwo\n')
  screen.show('three\n')
  expect(written).toEqual(['\x1b[2J\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J', '\x1b[Hthree\x1b[K\n\x1b[J'])
})

it('keeps to the size of the terminal, and says how much is left out', () => {
  const { screen, written } = on({ isTTY: true, rows: 4, columns: 5 })
  screen.show('1\n2345678\n3\n')
  screen.show('1\n2\n3\n4\n5\n')
  expect(written.map(text => text.split('\x1b[K\n').slice(0, -1))).toEqual([
    ['\x1b[2J\x1b[H1', '2345…', '3'],
    ['\x1b[H1', '2', '… an…'],
  ])
})

it('writes the whole text where it is no terminal, an empty line between two', () => {
  const { screen, written } = on({ rows: 2, columns: 2 })
  screen.show('one\ntwo\n')
  screen.show('three\n')
  expect(written.join('')).toBe('one\ntwo\n\nthree\n')
})
