import type { WatchView } from './watch-client.js';
import type { World } from './world.js';

/** Events of each generation when they were last looked at, for the rate. */
const before = new WeakMap<
  World,
  { at: number; counts: ReadonlyMap<number, number>; rates: ReadonlyMap<number, number> }
>();

/** Messages per second of each generation since about a second ago, as the consumers handled them. */
const ratesOf = (world: World): ReadonlyMap<number, number> => {
  const now = performance.now();
  const counts = new Map(world.consumers?.log.events);
  const last = before.get(world);
  if (last !== undefined && now - last.at < 1000) return last.rates;
  const seconds = last === undefined ? 1 : (now - last.at) / 1000;
  const rates = new Map(
    [...counts].map(([number, count]) => [number, Math.round((count - (last?.counts.get(number) ?? 0)) / seconds)]),
  );
  before.set(world, { at: now, counts, rates });
  return rates;
};

/** One line of how it goes: time, stage, devices, rates of the generations. `began` 0: no failover yet. */
export const liveText = async (world: World, began: number, known?: WatchView): Promise<string> => {
  const view = known ?? (await world.watch());
  const { sent, accepted } = world.fleet.ledger.counts();
  const rates = [...ratesOf(world)]
    .toSorted(([a], [b]) => a - b)
    .map(([number, rate]) => `generation ${number}: ${rate}/s`);
  return [
    ...(began === 0 ? [] : [`+${((Date.now() - began) / 1000).toFixed(0)} s`]),
    view?.stage ?? 'the app does not answer',
    `${world.fleet.connected} of ${world.options.devices} devices connected`,
    ...rates,
    `${accepted} of ${sent} accepted`,
    `${world.relay.log.tally.distinct} relayed`,
  ].join(' · ');
};
