import type { IdentityKey, JsonObject, Unsettled } from '../../contracts.js';
import { keyOf, type Entries, type Entry } from './entries.js';
import type { Generator } from './generator.js';
import type { Hooks } from './hooks.js';
import { connectionStateMessage, lifecycleMessage, toldTwin, twinMessage, type MessageContext } from './messages.js';
import type { HubClock } from './stamps.js';

/** One hub's memory, shared by the operations. */
export interface HubState {
  /** First label of the host name. */
  readonly name: string;
  readonly hostName: string;
  readonly clock: HubClock;
  readonly generator: Generator;
  readonly entries: Entries;
  readonly hooks: Hooks;
  readonly unsettled: Readonly<Unsettled>;
}

const contextOf = ({ name, clock, generator }: HubState): MessageContext => ({
  hubName: name,
  at: clock.now(),
  correlationId: generator.trackingId(),
});

export function emitTwinChange(
  state: HubState,
  opType: 'updateTwin' | 'replaceTwin',
  key: IdentityKey,
  body: JsonObject,
): void {
  state.hooks.message.emit(twinMessage(opType, key, body, contextOf(state)));
}

/** The routed message for devices and modules; Event Grid's notice for devices only, unless told otherwise. */
export function emitLifecycle(state: HubState, kind: 'created' | 'deleted', entry: Entry): void {
  const key = keyOf(entry.identity);
  const context = contextOf(state);
  const opType = kind === 'created' ? 'createDeviceIdentity' : 'deleteDeviceIdentity';
  state.hooks.message.emit(lifecycleMessage(opType, key, toldTwin(entry), context));
  if (key.moduleId === undefined || state.unsettled.moduleEventsInEventGrid) {
    state.hooks.lifecycle.emit({ kind, deviceId: key.deviceId, at: context.at });
  }
}

export function emitConnectionState(state: HubState, key: IdentityKey, connected: boolean, number: string): void {
  state.hooks.message.emit(connectionStateMessage(connected, key, number, contextOf(state)));
}
