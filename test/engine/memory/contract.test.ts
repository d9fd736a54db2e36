import { engineContract } from '../../contract/engine-contract.ts'
import { MemoryHarness } from './harness.ts'

engineContract('memory', async () => new MemoryHarness())
