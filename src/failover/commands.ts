import { changeState } from './change-state.js';
import { enter } from './enter-stage.js';
import type { WatchStorePort } from './ports.js';
import { endRecord } from './records.js';
import type { WatchTimes } from './snapshot.js';
import { refuseTransition } from './stages.js';
import type { WatchState } from './watch-state.js';

export const watchCommands = ['abort', 'pause', 'resume'] as const;
export type WatchCommand = (typeof watchCommands)[number];

/** Why a command changes nothing. `nothingToAbort`: no consumer failover is under way. */
export type CommandRefusal = 'notWatchedYet' | 'nothingToAbort' | 'alreadyPaused' | 'notPaused';

/**
 * Ends a consumer failover that is under way. The service's failover goes on: consumers stay on the newest endpoint, older
 * generations are read until the hub sends them nothing more, and an endpoint that changes later is followed as ever. Only that the hub is
 * not Active begins nothing until it has been Active once.
 */
function abort(state: WatchState, now: Date, times: WatchTimes): WatchState | CommandRefusal {
  if (state.stage === 'steady' || refuseTransition(state.stage, 'steady') !== undefined) return 'nothingToAbort';
  if (state.history[0]?.outcome !== 'underWay') return 'nothingToAbort';
  const steady = enter(state, { stage: 'steady', reason: 'An operator aborted the consumer failover.' }, now, times);
  return { ...endRecord(steady, 'aborted', now), ignoresInactive: true };
}

const pause = (state: WatchState, paused: boolean): WatchState | CommandRefusal => {
  if (state.paused === paused) return paused ? 'alreadyPaused' : 'notPaused';
  return { ...state, paused, revision: state.revision + 1 };
};

/** What a command makes of a state, or why it is refused. */
export function applyCommand(
  state: WatchState,
  command: WatchCommand,
  now: Date,
  times: WatchTimes,
): WatchState | CommandRefusal {
  return command === 'abort' ? abort(state, now, times) : pause(state, command === 'pause');
}

/** Stores what a command makes of a hub's state. Rejects with storageUnavailable or storageConflict. */
export async function runCommand(
  { store, times }: { store: WatchStorePort; times: WatchTimes },
  { hub, command, now }: { hub: string; command: WatchCommand; now: Date },
): Promise<WatchState | CommandRefusal> {
  let refusal: CommandRefusal | undefined;
  const state = await changeState(store, hub, (stored) => {
    const changed = stored === undefined ? 'notWatchedYet' : applyCommand(stored, command, now, times);
    refusal = typeof changed === 'string' ? changed : undefined;
    return typeof changed === 'string' ? undefined : changed;
  });
  return refusal ?? state ?? 'notWatchedYet';
}
