import type { WatchView } from './watch-client.js';

/** Failovers among the watch's records, oldest first: those in which an endpoint changed. */
const failoversIn = (history: WatchView['history']): string[][] =>
  history
    .toReversed()
    .map(({ stages }) => stages.map(({ stage }) => stage))
    .filter((stages) => stages.includes('endpointChanged'));

/** What the watch did not see through to `verified`, in words: each failover that ARM was asked for must be, by itself. */
export const unverifiedFailovers = (history: WatchView['history'], asked: number): string[] => {
  const failovers = failoversIn(history);
  const missed = asked - failovers.length;
  return [
    ...(missed > 0 ? [`the watch saw ${failovers.length} of ${asked} failovers`] : []),
    ...failovers.flatMap((stages, index) =>
      stages.lastIndexOf('verified') > stages.lastIndexOf('endpointChanged')
        ? []
        : [`failover ${index + 1} was not verified`],
    ),
  ];
};
