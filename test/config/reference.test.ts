import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { rawReference } from '../../src/config/raw/reference.ts'
import { optionsReference } from '../../src/config/reference.ts'

it('OPTIONS.md is what the table says; `npx vitest run test/config/reference -u` writes it', async () => {
  await expect(optionsReference()).toMatchFileSnapshot(fileURLToPath(new URL('../../OPTIONS.md', import.meta.url)))
})

it('LIBRDKAFKA.md is what the tables of its names say; the same command writes it', async () => {
  await expect(rawReference()).toMatchFileSnapshot(fileURLToPath(new URL('../../LIBRDKAFKA.md', import.meta.url)))
})
