import { z } from 'zod';
import { consumersDocumentSchema, type EventHubEndpoint, type Generation } from '../consumers-document.js';

const { schemaVersion, hub, revision, stage, since, generations } = consumersDocumentSchema.shape;

/** What the processes that follow ARM agree on: one blob. */
export const armStateSchema = z.object({
  schemaVersion,
  hub,
  revision,
  stage,
  since,
  generations,
  /** In this failover the hub was seen not Active: only then does Active mean its end. */
  sawInactive: z.boolean(),
  /** `host/name` of each endpoint that was a generation's. */
  seen: z.array(z.string()),
  /** An endpoint that was left, seen again once: believed when it is seen twice in a row, for a late answer looks the same. */
  doubt: z.string().optional(),
});
export type ArmState = z.infer<typeof armStateSchema>;

/** One look at the hub's ARM resource. */
export interface ArmReading {
  /** `properties.state` is `Active`. No other value has a meaning of its own. */
  active: boolean;
  endpoint: EventHubEndpoint;
}

export interface ArmTimes {
  drainLimitInMs: number;
  /** Without a look that showed the hub not Active, the failover counts as ended only so long after the endpoint changed. */
  unseenLimitInMs: number;
}

const keptGenerations = 6;

const textOf = ({ hostName, eventHubName }: EventHubEndpoint): string => `${hostName}/${eventHubName}`.toLowerCase();

export function firstArmState(hubName: string, { active, endpoint }: ArmReading, now: Date): ArmState {
  const at = now.toISOString();
  return {
    schemaVersion: 1,
    hub: hubName,
    revision: 1,
    stage: active ? 'steady' : 'failoverStarted',
    since: at,
    generations: [{ number: 1, endpoint, state: 'running', seenBefore: false, startedAt: at }],
    sawInactive: !active,
    seen: [textOf(endpoint)],
  };
}

/** The state after a look; the same object when nothing changed. */
export function nextArmState(state: ArmState, reading: ArmReading, now: Date, times: ArmTimes): ArmState {
  const { doubt, ...rest } = state;
  const changed = (more: Partial<ArmState>): ArmState => ({
    ...rest,
    revision: state.revision + 1,
    since: now.toISOString(),
    ...more,
  });
  const text = textOf(reading.endpoint);
  const newest = state.generations.at(-1);
  if (newest !== undefined && text !== textOf(newest.endpoint)) {
    if (state.seen.includes(text) && doubt !== text) return { ...state, doubt: text };
    return changed(withNext(state, reading, newest.number + 1, now));
  }
  const sawInactive = state.sawInactive || !reading.active;
  if (doubt !== undefined) return nextArmState(rest, reading, now, times);

  switch (state.stage) {
    case 'failoverStarted':
      return reading.active ? changed({ stage: 'steady', sawInactive: false }) : state;
    case 'endpointChanged': {
      const waitedInMs = now.getTime() - Date.parse(state.since);
      if (reading.active && (sawInactive || waitedInMs >= times.unseenLimitInMs))
        return changed({ stage: 'failoverEnded', generations: drained(state.generations, now, times.drainLimitInMs) });
      return sawInactive === state.sawInactive ? state : { ...state, sawInactive };
    }
    default:
      return laterState(state, reading.active, now, changed);
  }
}

function withNext({ generations, seen }: ArmState, reading: ArmReading, number: number, now: Date): Partial<ArmState> {
  const text = textOf(reading.endpoint);
  const next: Generation = {
    number,
    endpoint: reading.endpoint,
    state: 'running',
    seenBefore: seen.includes(text),
    startedAt: now.toISOString(),
  };
  return {
    stage: 'endpointChanged',
    generations: [...generations, next].slice(-keptGenerations),
    seen: [...seen.filter((one) => one !== text), text],
    sawInactive: !reading.active,
  };
}

const drained = (all: readonly Generation[], now: Date, limitInMs: number): Generation[] =>
  all.map((generation, index) =>
    index === all.length - 1 || generation.state !== 'running'
      ? generation
      : { ...generation, state: 'draining', drainUntil: new Date(now.getTime() + limitInMs).toISOString() },
  );

/** Steady, or drained until the limit. */
function laterState(
  state: ArmState,
  active: boolean,
  now: Date,
  changed: (more: Partial<ArmState>) => ArmState,
): ArmState {
  if (!active) return state.stage === 'steady' ? changed({ stage: 'failoverStarted', sawInactive: true }) : state;
  const isOver = ({ state: one, drainUntil }: Generation): boolean =>
    one === 'draining' && drainUntil !== undefined && now >= new Date(drainUntil);
  const generations = state.generations.map((one): Generation => (isOver(one) ? { ...one, state: 'stopped' } : one));
  const isStopped = generations.some((one, index) => one !== state.generations[index]);
  if (isStopped) return changed({ stage: 'steady', generations, sawInactive: false });
  return state;
}
