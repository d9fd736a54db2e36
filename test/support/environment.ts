// Runs before every test file: no option of the person who runs the tests may reach them, and least of all the address of their Kafka.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('RACECAR_')) delete process.env[name]
}
