// Runs before every test file: no option of the person who runs the tests may reach them, and least of all the address of their Kafka.

import { afterAll } from 'vitest'
import { leftovers } from './leftovers.ts'

for (const name of Object.keys(process.env)) {
  if (name.startsWith('RACECAR_')) delete process.env[name]
}

afterAll(async () => {
  for (const clear of leftovers.splice(0)) await clear()
})
