import type { CoalesceOptions, HubMessage, JsonObject } from '../contracts.js';
import { realTimers, type FaultTimers } from '../faults/timers.js';
import { parseJson } from '../hub/core/number-text.js';
import { composeChanges } from './compose-changes.js';

export interface TwinCoalescer {
  take: (message: HubMessage) => void;
  /** Changes that are held are dropped. */
  close(): void;
}

export interface CoalescerOptions extends CoalesceOptions {
  emit: (message: HubMessage) => void;
  timers?: Pick<FaultTimers, 'after'>;
}

/** From a twin's first change on. */
interface Window {
  changes: number;
  held: HubMessage | undefined;
  deviceId: string;
  cancel: () => void;
}

const textOf = ({ deviceId, moduleId }: HubMessage): string => JSON.stringify([deviceId, moduleId]);

/** The later message with both changes in its body; undefined where one notification can't say it. */
const join = (first: HubMessage, second: HubMessage): HubMessage | undefined => {
  const [before, after] = [first, second].map(({ body }) => parseJson(body.toString()) as JsonObject);
  const body = composeChanges(before ?? {}, after ?? {});
  return body && { ...second, body: Buffer.from(JSON.stringify(body)) };
};

/**
 * "Understand and use device twins", twin notifications: when changes come fast, one notification may hold several of them; states between
 * are not told. Changes of a twin in one window beyond the first ones wait for its end and are told as one. A replace, a create or a
 * delete is told at once, after what its device had waiting.
 */
export const createTwinCoalescer = (options: CoalescerOptions): TwinCoalescer => {
  const { emit, freely = 1, windowInMs = 1000, timers = realTimers } = options;
  const windows = new Map<string, Window>();

  const end = (text: string, window: Window): void => {
    windows.delete(text);
    window.cancel();
    if (window.held !== undefined) emit(window.held);
  };

  const open = (text: string, deviceId: string): Window => {
    const window: Window = { changes: 0, held: undefined, deviceId, cancel: () => undefined };
    window.cancel = timers.after(windowInMs, () => end(text, window));
    windows.set(text, window);
    return window;
  };

  const takeChange = (message: HubMessage): void => {
    const text = textOf(message);
    const window = windows.get(text) ?? open(text, message.deviceId);
    window.changes += 1;
    if (window.changes <= freely) return emit(message);
    if (window.held === undefined) {
      window.held = message;
      return;
    }
    const both = join(window.held, message);
    if (both === undefined) emit(window.held);
    window.held = both ?? message;
  };

  const endAllOf = (deviceId: string): void => {
    for (const [text, window] of windows) if (window.deviceId === deviceId) end(text, window);
  };

  return {
    take: (message) => {
      const { source, deviceId, applicationProperties } = message;
      if (source === 'twinChangeEvents' && applicationProperties['opType'] === 'updateTwin') return takeChange(message);
      if (source === 'twinChangeEvents' || source === 'deviceLifecycleEvents') endAllOf(deviceId);
      emit(message);
    },
    close: () => {
      for (const { cancel } of windows.values()) cancel();
      windows.clear();
    },
  };
};
