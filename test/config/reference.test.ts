import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { optionsReference } from '../../src/config/reference.ts'

it('OPTIONS.md is what the table says; `npx vitest run test/config/reference -u` writes it', async () => {
  await expect(optionsReference()).toMatchFileSnapshot(fileURLToPath(new URL('../../OPTIONS.md', import.meta.url)))
})
