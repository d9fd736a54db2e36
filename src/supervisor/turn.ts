// One decision under way: the state as it is by now, and what is to be done. The only thing here that changes, and it lives no
// longer than one call of decide.

import type { Action } from './moves.ts'
import { type Slot, type State, slotName } from './state.ts'

export class Turn {
  state: State
  readonly now: number
  readonly actions: Action[] = []

  constructor(state: State, now: number) {
    this.state = state
    this.now = now
  }

  put(slot: Slot): void {
    this.state = { ...this.state, slots: this.state.slots.map(old => (old.number === slot.number ? slot : old)) }
  }

  change(change: Partial<State>): void {
    this.state = { ...this.state, ...change }
  }

  act(action: Action): void {
    this.actions.push(action)
  }

  name(slot: Slot): string {
    return slotName(slot)
  }
}
