// `import 'racecar/heroku'`: configures racecar by the variables that Heroku's Kafka sets. Nothing is told, written or thrown here;
// what is wrong with them is a matter of whoever starts a racecar, and not of a test that imports a consumer.

import { notePreset } from '../config/presets.ts'
import { herokuPreset } from './preset.ts'

notePreset(herokuPreset(process.env))
