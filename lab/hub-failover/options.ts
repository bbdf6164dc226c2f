import { z } from 'zod';
import type { FailoverMoment, FailoverTimeline, HubFailoverOptions } from './contract.js';

/** The measured course of an S3 hub's failover at time scale 1. */
const measured: FailoverTimeline = {
  endpointChangesInMs: 93_000,
  forwardingStopsInMs: 123_000,
  activeInMs: 483_000,
  dataFlowsInMs: 552_000,
};

const defaults: HubFailoverOptions = {
  timeScale: 0.1,
  timeline: {},
  forwardingStopsFirst: false,
  consumerGroupsLost: true,
  rollBackMinutes: 0,
  interimState: 'FailingOver',
  devicesBlackHoled: false,
  managementBlocks: true,
  failbackToOriginal: true,
  offsetsRestart: true,
  polling: 'azureAsyncOperation',
  limits: false,
};

const isInOrder = (timeline: HubFailoverOptions['timeline']): boolean => {
  const { endpointChangesInMs, forwardingStopsInMs, activeInMs, dataFlowsInMs } = { ...measured, ...timeline };
  return Math.max(endpointChangesInMs, forwardingStopsInMs) <= activeInMs && activeInMs <= dataFlowsInMs;
};

const momentInMs = z.number().min(0).max(86_400_000).exactOptional();

/** `Partial<HubFailoverOptions>`, as the control API takes it. */
export const failoverOptionsSchema = z.strictObject({
  timeScale: z.number().positive().max(100).exactOptional(),
  timeline: z
    .strictObject({
      endpointChangesInMs: momentInMs,
      forwardingStopsInMs: momentInMs,
      activeInMs: momentInMs,
      dataFlowsInMs: momentInMs,
    })
    .refine(isInOrder, 'first the endpoint changes and forwarding stops, then activeInMs, then dataFlowsInMs')
    .exactOptional(),
  forwardingStopsFirst: z.boolean().exactOptional(),
  consumerGroupsLost: z.boolean().exactOptional(),
  rollBackMinutes: z.number().min(0).max(5).exactOptional(),
  interimState: z
    .string()
    .min(1)
    .max(64)
    .refine((state) => state !== 'Active', 'Active is the state before and after')
    .exactOptional(),
  devicesBlackHoled: z.boolean().exactOptional(),
  managementBlocks: z.boolean().exactOptional(),
  failbackToOriginal: z.boolean().exactOptional(),
  offsetsRestart: z.boolean().exactOptional(),
  polling: z.enum(['location', 'azureAsyncOperation']).exactOptional(),
  limits: z.boolean().exactOptional(),
});

/** The moments in their order, in real milliseconds after the start. */
export const courseOf = (
  options: Pick<HubFailoverOptions, 'timeline' | 'timeScale' | 'forwardingStopsFirst'>,
): { moment: FailoverMoment; inMs: number }[] => {
  const { endpointChangesInMs, forwardingStopsInMs, activeInMs, dataFlowsInMs } = { ...measured, ...options.timeline };
  const [first, second]: [FailoverMoment, FailoverMoment] = options.forwardingStopsFirst
    ? ['forwardingStopped', 'endpointChanged']
    : ['endpointChanged', 'forwardingStopped'];
  const course: { moment: FailoverMoment; inMs: number }[] = [
    { moment: first, inMs: endpointChangesInMs },
    { moment: second, inMs: forwardingStopsInMs },
    { moment: 'active', inMs: activeInMs },
    { moment: 'dataFlows', inMs: dataFlowsInMs },
  ];
  return course.map(({ moment, inMs }) => ({ moment, inMs: inMs * options.timeScale })).sort((a, b) => a.inMs - b.inMs);
};

/** Parses what a user of the laboratory gave, the later over the earlier and all over the defaults. Throws ZodError. */
export const failoverOptions = (...given: (Partial<HubFailoverOptions> | undefined)[]): HubFailoverOptions => {
  let options = defaults;
  for (const each of given) options = { ...options, ...failoverOptionsSchema.parse(each ?? {}) };
  return options;
};
