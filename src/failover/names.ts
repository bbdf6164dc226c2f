/** Names that functions, orchestrators and those who start them share. */
export const names = {
  watchOrchestrator: 'consumerFailoverOrchestrator',
  upkeepOrchestrator: 'consumerUpkeepOrchestrator',
  roundActivity: 'consumerWatchRound',
  startUpkeepActivity: 'consumerUpkeepStart',
  upkeepActivity: 'consumerUpkeep',
  /** External event of the watch: look at the hub now. */
  lookEvent: 'look',
} as const;

/** Instance ids with `/`, `#`, `?` or control characters are not valid; a hub's name has none of them, whatever else it is made of. */
const encodeHub = (hub: string): string => encodeURIComponent(hub.toLowerCase()).replaceAll('%', '_');

export const watchInstanceId = (hub: string): string => `watch-${encodeHub(hub)}`;
/** One is used, and the next where upkeep of the one before was lost with its host. A hub's name has no `~`. */
export const upkeepInstanceIds = (hub: string): string[] =>
  ['', '~2', '~3'].map((more) => `upkeep-${encodeHub(hub)}${more}`);
