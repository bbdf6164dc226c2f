import { imageOf, type DeviceImage } from '../hub/core/device-image.js';
import { keyOf, type DeviceEntry } from '../hub/core/entries.js';
import type { HubState } from '../hub/core/hub-state.js';

interface Change {
  atInMs: number;
  deviceId: string;
  before: DeviceImage | undefined;
}

export interface Journal {
  /** Throws RollBackError `beyondJournal` for more than is kept. */
  rollBack(minutes: number): void;
}

export class RollBackError extends Error {
  readonly code: 'noJournal' | 'beyondJournal';
  constructor(code: RollBackError['code'], message: string) {
    super(message);
    this.name = 'RollBackError';
    this.code = code;
  }
}

/** How far a rollback can go. A hub failover loses 0 to 5 minutes ("IoT Hub high availability and disaster recovery", RPO). */
const keptMinutes = 60;

const entryOf = ({ identity, twin, modules }: DeviceImage): DeviceEntry => ({
  identity,
  twin,
  modules: new Map(modules.map(([moduleId, entry]) => [moduleId, { ...entry }])),
});

/** Remembers each device before each write of it. `now`: milliseconds, by the machine's clock and not by the hub's own. */
export const createJournal = ({ entries, hooks }: HubState, now: () => number = Date.now): Journal => {
  const present = new Map<string, DeviceImage>();
  let changes: Change[] = [];

  hooks.write.on(({ key: { deviceId } }) => {
    const entry = entries.get(deviceId);
    const before = present.get(deviceId);
    if (entry === undefined) present.delete(deviceId);
    else present.set(deviceId, imageOf(entry));
    changes.push({ atInMs: now(), deviceId, before });
    const oldest = now() - keptMinutes * 60_000;
    // Only now and then: the oldest come first, and to cut them off each time would copy the rest.
    if (changes.length % 1024 === 0) changes = changes.filter(({ atInMs }) => atInMs >= oldest);
  });

  /** A hub that fails over loses its devices' connections, whatever became of the devices. */
  const cutConnections = (): void => {
    for (const { identity, modules } of entries.values())
      for (const each of [identity, ...[...modules.values()].map((module) => module.identity)])
        hooks.revoked.emit(keyOf(each));
  };

  return {
    rollBack: (minutes) => {
      if (minutes > keptMinutes) throw new RollBackError('beyondJournal', `at most ${keptMinutes} minutes are kept`);
      cutConnections();
      const cutoff = now() - minutes * 60_000;
      for (let last = changes.at(-1); last !== undefined && last.atInMs > cutoff; last = changes.at(-1)) {
        changes.pop();
        if (last.before === undefined) {
          entries.delete(last.deviceId);
          present.delete(last.deviceId);
        } else {
          entries.set(last.deviceId, entryOf(last.before));
          present.set(last.deviceId, last.before);
        }
      }
      hooks.restored.emit();
      cutConnections();
    },
  };
};
