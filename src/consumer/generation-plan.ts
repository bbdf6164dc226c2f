import type { Generation } from '../consumers-document.js';
import type { GenerationsView } from './contract.js';

/** A generation that this process reads, or has read to its end. */
export interface OwnGeneration {
  number: number;
  ended: boolean;
}

export interface GenerationPlan {
  /** To be read from now on; `after`: only once that one has stopped, for both have the same endpoint. */
  start: { generation: Generation; after: number | undefined }[];
  keep: Generation[];
  /** Numbers. */
  stop: number[];
}

const sameEndpoint = (left: Generation, right: Generation): boolean =>
  left.endpoint.hostName.toLowerCase() === right.endpoint.hostName.toLowerCase() &&
  left.endpoint.eventHubName.toLowerCase() === right.endpoint.eventHubName.toLowerCase();

/**
 * What a new view asks of this process. Of two generations on one endpoint (a failback while the first was still draining) only the
 * newer is read: readers of one consumer group would take the partitions from each other, and it goes on where the older one was.
 */
export function planGenerations(view: GenerationsView, own: readonly OwnGeneration[]): GenerationPlan {
  const wanted = view.generations.filter(
    (generation) =>
      generation.state !== 'stopped' &&
      !view.generations.some((other) => other.number > generation.number && sameEndpoint(other, generation)),
  );
  const plan: GenerationPlan = { start: [], keep: [], stop: [] };
  for (const generation of wanted) {
    const known = own.find(({ number }) => number === generation.number);
    const reads = known !== undefined && !known.ended;
    if (reads) plan.keep.push(generation);
    // What was read to its end stays ended, unless it is declared the place to read again.
    else if (known === undefined || generation.state === 'running') {
      const before = view.generations.find(
        (other) => other.number < generation.number && sameEndpoint(other, generation) && isRead(other.number, own),
      );
      plan.start.push({ generation, after: before?.number });
    }
  }
  const numbers = new Set(wanted.map(({ number }) => number));
  plan.stop = own.filter(({ number, ended }) => !ended && !numbers.has(number)).map(({ number }) => number);
  return plan;
}

const isRead = (number: number, own: readonly OwnGeneration[]): boolean =>
  own.some((candidate) => candidate.number === number && !candidate.ended);
