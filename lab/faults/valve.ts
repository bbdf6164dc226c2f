import { setTimeout as sleep } from 'node:timers/promises';
import { Transform } from 'node:stream';
import type { WireShape } from '../contracts.js';

/** The shape in force on a port, shared by the valves of all its connections. */
export interface SharedShape {
  readonly now: WireShape;
  set(shape: WireShape): void;
  /** Resolves at the next `set`. */
  changed(): Promise<void>;
}

export const createSharedShape = (): SharedShape => {
  let now: WireShape = {};
  let change = Promise.withResolvers<void>();
  return {
    get now() {
      return now;
    },
    set: (shape) => {
      now = shape;
      change.resolve();
      change = Promise.withResolvers<void>();
    },
    changed: () => change.promise,
  };
};

const tickInMs = 20;

/** One direction of one connection: lets bytes pass as the shape asks. `onCut`: of the direction whose answers can be cut. */
export const createValve = (shape: SharedShape, onCut?: () => void): Transform => {
  const pass = async (valve: Transform, chunk: Buffer): Promise<void> => {
    let rest = chunk;
    while (rest.length > 0 && !valve.destroyed) {
      const { blackHole = false, bytesPerSecond, cut } = shape.now;
      if (blackHole) await shape.changed();
      else if (onCut !== undefined && cut?.() === true) {
        valve.push(rest.subarray(0, Math.ceil(rest.length / 2)));
        // The half has to be on its way before the connection goes.
        await sleep(tickInMs);
        onCut();
        return;
      } else if (bytesPerSecond === undefined) {
        valve.push(rest);
        return;
      } else {
        const size = Math.max(1, Math.round((bytesPerSecond * tickInMs) / 1000));
        valve.push(rest.subarray(0, size));
        rest = rest.subarray(size);
        await sleep(tickInMs);
      }
    }
  };
  const passOn = async (valve: Transform, chunk: Buffer, done: () => void): Promise<void> => {
    await pass(valve, chunk);
    done();
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const { blackHole, bytesPerSecond, cut } = shape.now;
      if (blackHole !== true && bytesPerSecond === undefined && (cut === undefined || onCut === undefined))
        done(null, chunk);
      else void passOn(this, chunk, done);
    },
  });
};
