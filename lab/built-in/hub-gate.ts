import type { FaultGate, HubRole, WireShape } from '../contracts.js';
import type { Door } from '../faults/door.js';
import type { HubGate } from './contract.js';

interface Guarded {
  door: Door;
  silence(silent: boolean): void;
}

/** "Troubleshoot Azure IoT Hub error codes", 404012 IotHubFailingOver: what the service API says of every 404 here. */
const failingOver = { status: 404, message: 'The hub is failing over' };
/** Devices learn no more than that the server is away. */
const unavailable = { status: 503 };

/** The gate of one hub, open at first. */
export const createHubGate = ({ role, faults }: { role: HubRole; faults: FaultGate }): HubGate => {
  const guarded: Guarded[] = [];
  let [refusesDevices, refusesService] = [false, false];

  return {
    before: async (hub, plane) => {
      const fault = await faults.before(hub, plane);
      if (hub !== role) return fault;
      if (plane === 'https') return refusesService ? failingOver : fault;
      return refusesDevices && (plane === 'mqtt' || plane === 'amqp') ? unavailable : fault;
    },
    damage: (hub, plane) => faults.damage?.(hub, plane),
    guard: (door) => {
      let asked: WireShape = {};
      let silent = false;
      const apply = (): void => door.setShape(silent ? { ...asked, blackHole: true } : asked);
      guarded.push({
        door,
        silence: (wanted) => {
          if (silent === wanted) return;
          silent = wanted;
          // What the silence held must not pass late: those connections ended with the old region.
          if (!silent) door.cutAll();
          apply();
        },
      });
      return {
        ...door,
        setShape: (shape) => {
          asked = shape;
          apply();
        },
      };
    },
    get refusesService() {
      return refusesService;
    },
    stop: ({ blackHoled }) => {
      [refusesDevices, refusesService] = [true, true];
      for (const each of guarded) {
        if (blackHoled) each.silence(true);
        else each.door.cutAll();
      }
    },
    admitService: () => {
      refusesService = false;
    },
    open: () => {
      [refusesDevices, refusesService] = [false, false];
      for (const each of guarded) each.silence(false);
    },
  };
};
